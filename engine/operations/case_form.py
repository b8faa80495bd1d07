"""Cases as answers show them, and the body that changes their status (rest-api.md 7.2)."""

import base64
from datetime import datetime
from typing import Annotated

import orjson
from pydantic import Field

from engine.model.case import AlertAttachment, Case, CaseComment, CaseStatus, UserComment
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.operations.values import Strict

NO_CONNECTOR: JsonObject = {"id": "none", "name": "none", "type": ".none", "fields": None}
_MOST_SHOWN = 10_000
_MOST_CHANGED = 100


class CaseChangeBody(Strict):
    """``version``: the one that was read; another one by now is a conflict."""

    id: str
    version: str
    status: CaseStatus


class CaseChangesBody(Strict):
    """The body of PATCH: of all that Kibana changes by it, the status can be changed here."""

    cases: Annotated[list[CaseChangeBody], Field(min_length=1, max_length=_MOST_CHANGED)]


def version_text(version: int) -> str:
    """A version as callers see it; they may only send it back."""
    return base64.b64encode(orjson.dumps([version, 1])).decode()


def case_to_json(case: Case) -> JsonObject:
    """The case as GET answers it; `totalComment` counts what users wrote, `totalAlerts` each alert once."""
    comments = [comment for comment in case.comments if isinstance(comment.content, UserComment)]
    return {
        "id": case.id,
        "version": version_text(case.version),
        "owner": case.owner,
        "title": case.title,
        "description": case.description,
        "status": case.status,
        "severity": case.severity,
        "tags": list(case.tags),
        "settings": {"syncAlerts": case.sync_alerts},
        "connector": NO_CONNECTOR,
        "assignees": [],
        "category": None,
        "customFields": [],
        "comments": [comment_to_json(comment, case) for comment in case.comments[:_MOST_SHOWN]],
        "totalAlerts": len(case.alert_ids),
        "totalComment": len(comments),
        "created_at": iso(case.created_at),
        "created_by": _user(case.created_by),
        "updated_at": _time(case.updated_at),
        "updated_by": _user_at(case.updated_by, case.updated_at),
        "closed_at": _time(case.closed_at),
        "closed_by": _user_at(case.closed_by, case.closed_at),
        "duration": None if case.closed_at is None else int((case.closed_at - case.created_at).total_seconds()),
        "external_service": None,
    }


def comment_to_json(comment: CaseComment, case: Case) -> JsonObject:
    """A comment or an attachment of a case; nothing is ever pushed anywhere."""
    return {
        "id": comment.id,
        "version": version_text(comment.version),
        "owner": case.owner,
        "created_at": iso(comment.created_at),
        "created_by": _user(comment.created_by),
        "updated_at": _time(comment.updated_at),
        "updated_by": _user_at(comment.updated_by, comment.updated_at),
        "pushed_at": None,
        "pushed_by": None,
        **_content(comment.content),
    }


def _content(content: UserComment | AlertAttachment) -> JsonObject:
    if isinstance(content, UserComment):
        return {"type": "user", "comment": content.text}
    return {
        "type": "alert",
        "alertId": list(content.alert_ids),
        "index": list(content.indices),
        "rule": {"id": content.rule_id, "name": content.rule_name},
    }


def _user(name: str | None) -> JsonObject:
    return {"email": None, "full_name": None, "username": name}


def _user_at(name: str | None, at: datetime | None) -> JsonValue:
    return None if at is None else _user(name)


def _time(at: datetime | None) -> str | None:
    return None if at is None else iso(at)
