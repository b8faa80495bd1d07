"""The requests to Jira and what comes of them (connectors-incident.md 2)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.incident.push import Comment, PushedItem, read_back
from connectors.incident.remote import Remote, RemoteFailure, encode_component, path_segment
from connectors.jira.shapes import Incident
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject, JsonValue

_NOT_FOUND = 404
_LINE_ENDS = re.compile(r"[\r\n]")
_ESCAPED_IN_JQL = re.compile(r"[-!^+&*()\[\]/{}|:?~]")


def describe_error(answer: JsonValue) -> str | None:
    """``errorMessages`` joined, else the texts of ``errors``."""
    if not isinstance(answer, dict):
        return None
    messages, errors = answer.get("errorMessages"), answer.get("errors")
    if isinstance(messages, list) and messages:
        return ", ".join(str(message) for message in messages)
    return " ".join(str(text) for text in errors.values()) if isinstance(errors, dict) and errors else None


@dataclass(frozen=True, slots=True)
class JiraService:
    """One Jira project. ``base_url`` has no final slash. All raise RemoteFailure."""

    remote: Remote
    base_url: str
    project_key: str

    # incidents

    async def create(self, incident: Incident) -> PushedItem:
        issue_type = incident.issue_type or await self._first_issue_type()
        fields = self._fields(incident, issue_type)
        created = await self.remote.ask(
            "create the issue", "POST", self._api("issue"), {"fields": fields}, needs=["id"]
        )
        issue_id, key = str(created["id"]), created.get("key")
        issue = await read_back(self._read(issue_id)) or {"key": key or issue_id}
        return self._pushed(issue, issue_id, "created")

    async def update(self, item_id: str, incident: Incident) -> PushedItem:
        url = self._api("issue", item_id)
        await self.remote.ask("update the issue", "PUT", url, {"fields": self._fields(incident, incident.issue_type)})
        issue = await read_back(self._read(item_id)) or {"key": item_id}
        return self._pushed(issue, item_id, "updated")

    async def add_comment(self, item: PushedItem, comment: Comment) -> str | None:
        if not comment.comment:
            return None
        url, body = self._api("issue", item.id, "comment"), {"body": comment.comment}
        answer = await self.remote.ask("add a comment", "POST", url, body, needs=["id", "created"])
        return str(answer["created"])

    async def get_incident(self, issue_id: str) -> JsonObject:
        issue = await self._read(issue_id)
        fields = issue.get("fields")
        fields = fields if isinstance(fields, dict) else {}
        named = {name: fields.get(name) for name in ("created", "updated")}
        return {"id": issue["id"], "key": issue["key"], **named, **fields}

    async def issue(self, issue_id: str) -> JsonObject:
        return _in_brief(await self.remote.ask("read the issue", "GET", self._api("issue", issue_id)))

    async def issues(self, title: str) -> list[JsonValue]:
        """Those whose summary is like the title."""
        jql = f'project="{self.project_key}" and summary ~"{_escape_in_jql(title)}"'
        query = f"jql={encode_component(jql)}&fields=summary,key"
        try:
            answer = await self.remote.ask("search issues", "GET", f"{self._api('search', 'jql')}?{query}")
        except RemoteFailure as failure:
            if failure.status != _NOT_FOUND:
                raise
            # Jira Data Center has the search at its former place only.
            answer = await self.remote.ask("search issues", "GET", f"{self._api('search')}?{query}")
        return [_in_brief(issue) for issue in _objects(answer.get("issues"))]

    # what issues are made of

    async def issue_types(self) -> list[JsonValue]:
        return [{"id": one.get("id"), "name": one.get("name")} for one in await self._issue_types()]

    async def fields_of_type(self, issue_type: str) -> JsonObject:
        """Field id -> what it takes."""
        url = self._api("issue", "createmeta", self.project_key, "issuetypes", issue_type)
        answer = await self.remote.ask("list the fields of an issue type", "GET", url)
        return {str(field.get("fieldId")): _described(field) for field in _listed(answer, "fields")}

    async def common_fields(self) -> JsonObject:
        """The fields that every issue type has, as the first one describes them."""
        maps = [await self.fields_of_type(str(one.get("id"))) for one in await self._issue_types()]
        first = maps[0] if maps else {}
        return {name: field for name, field in first.items() if all(name in others for others in maps)}

    # parts

    async def _first_issue_type(self) -> str | None:
        types = await self._issue_types()
        return str(types[0]["id"]) if types and types[0].get("id") is not None else None

    async def _issue_types(self) -> list[JsonObject]:
        url = self._api("issue", "createmeta", self.project_key, "issuetypes")
        return _listed(await self.remote.ask("list the issue types", "GET", url), "issueTypes")

    async def _read(self, issue_id: str) -> JsonObject:
        return await self.remote.ask("read the issue", "GET", self._api("issue", issue_id), needs=["id", "key"])

    def _api(self, *segments: str) -> str:
        return "/".join([f"{self.base_url}/rest/api/2", *map(path_segment, segments)])

    def _fields(self, incident: Incident, issue_type: str | None) -> JsonObject:
        """What is not given is left out; the other fields may replace any."""
        fields: JsonObject = {"summary": clean_summary(incident.summary), "project": {"key": self.project_key}}
        if issue_type:
            fields["issuetype"] = {"id": issue_type}
        if incident.description:
            fields["description"] = incident.description
        if incident.labels is not None:
            fields["labels"] = list(incident.labels)
        if incident.priority:
            fields["priority"] = {"name": incident.priority}
        if incident.parent:
            fields["parent"] = {"key": incident.parent}
        return fields | (incident.other_fields or {})

    def _pushed(self, issue: JsonObject, issue_id: str, date_field: str) -> PushedItem:
        fields = issue.get("fields")
        date = fields.get(date_field) if isinstance(fields, dict) else None
        key = str(issue["key"])
        pushed_date = str(date) if date else iso(self.remote.execution.at)
        return PushedItem(str(issue.get("id", issue_id)), key, f"{self.base_url}/browse/{key}", pushed_date)


def clean_summary(summary: str) -> str:
    """A summary is one line: those of the text, joined."""
    lines = (line.strip() for line in _LINE_ENDS.split(summary))
    return ", ".join(line for line in lines if line)


def _escape_in_jql(title: str) -> str:
    """Quotes are dropped; what JQL has a meaning for gets two backslashes, of which the text form takes one."""
    text = title.replace('"', "").replace("\\", "\\\\")
    return _ESCAPED_IN_JQL.sub(lambda match: rf"\\{match[0]}", text)


def _in_brief(issue: JsonObject) -> JsonObject:
    fields = issue.get("fields")
    title = fields.get("summary") if isinstance(fields, dict) else None
    return {"id": issue.get("id"), "key": issue.get("key"), "title": title}


def _described(field: JsonObject) -> JsonObject:
    return {
        "required": field.get("required"),
        "allowedValues": field.get("allowedValues", []),
        "defaultValue": field.get("defaultValue", {}),
        "schema": field.get("schema"),
        "name": field.get("name"),
    }


def _listed(answer: JsonObject, name: str) -> list[JsonObject]:
    """The list that Jira Cloud calls ``name``, and Jira Data Center ``values``."""
    return _objects(answer.get(name, answer.get("values")))


def _objects(value: JsonValue) -> list[JsonObject]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, Sequence) else []
