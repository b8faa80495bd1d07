"""What a Jira connector is configured with, and the params of its sub-actions (connectors-incident.md 2)."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict

from connectors.incident.push import Comment
from connectors.incident.sub_action import Nothing
from connectors.shape import ObjectOrText, Shape

_MOST_OTHER_FIELDS = 20


class Config(Shape):
    api_url: str
    project_key: str


class Secrets(Shape):
    email: str
    api_token: str


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _check_label(label: str) -> str:
    if any(character.isspace() for character in label):
        raise ValueError("holds white space, which labels must not")
    return label


def _check_other_fields(fields: dict[str, Any]) -> dict[str, Any]:
    if len(fields) > _MOST_OTHER_FIELDS:
        raise ValueError(f"has {len(fields)} members, more than {_MOST_OTHER_FIELDS}")
    own = [name for name in fields if name in _OWN_FIELDS]
    if own:
        raise ValueError(f"has the member {own[0]}, which the incident has a field of its own for")
    return fields


TextOrInteger = Annotated[str, BeforeValidator(_as_text)]
"""The published document has integers where ids are texts."""


class Incident(Shape):
    summary: str
    description: str | None = None
    external_id: TextOrInteger | None = None
    issue_type: TextOrInteger | None = None
    priority: str | None = None
    parent: str | None = None
    labels: list[Annotated[str, AfterValidator(_check_label)]] | None = None
    other_fields: Annotated[ObjectOrText, AfterValidator(_check_other_fields)] | None = None


_OWN_FIELDS = frozenset(field.alias or name for name, field in Incident.model_fields.items())


class PushToService(Shape):
    incident: Incident
    comments: list[Comment] | None = None


class GetIncident(Shape):
    external_id: str


class ById(Shape):
    id: str


class ByTitle(Shape):
    title: str


class GetFields(Shape):
    """An open object: nothing of it is used."""

    model_config = ConfigDict(extra="ignore")


class Handshake(GetFields):
    """Known to Jira's own schema, and never answered."""


SUB_ACTIONS: dict[str, type[Shape]] = {
    "pushToService": PushToService,
    "getIncident": GetIncident,
    "issueTypes": Nothing,
    "fieldsByIssueType": ById,
    "getFields": GetFields,
    "issues": ByTitle,
    "issue": ById,
    "handshake": Handshake,
}
