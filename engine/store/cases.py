"""Cases and what is attached to them."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from engine.model.case import AlertAttachment, Case, CaseComment, UserComment
from engine.model.instant import from_ms, to_ms
from engine.model.jsonvalue import JsonObject
from engine.ports.store import AuditEntry
from engine.store.encoding import instant_or_none, ms_or_none
from engine.store.tables import case_comments, cases
from engine.store.versioned import insert_object, replace_object


def insert_case(connection: Connection, case: Case, audit: AuditEntry | None) -> bool:
    """Store a new case with its comments; False if the id is taken in its space."""
    if not insert_object(connection, cases, _pack(case), audit):
        return False
    _insert_comments(connection, case, case.comments)
    return True


def load_case(connection: Connection, space: str, case_id: str) -> Case | None:
    """The case, None if unknown."""
    query = select(cases).where(cases.c.space == space, cases.c.id == case_id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    comments = (
        select(case_comments)
        .where(case_comments.c.space == space, case_comments.c.case_id == case_id)
        .order_by(case_comments.c.no)
    )
    return _unpack(row, connection.execute(comments).mappings())


def change_case(connection: Connection, case: Case, expected_version: int, audit: AuditEntry | None) -> bool:
    """Replace a case, but for its comments; False if it has not the expected version any more."""
    row = _pack(case) | {"version": expected_version + 1}
    return replace_object(connection, cases, row, expected_version, audit)


def add_comment(
    connection: Connection, case: Case, comment: CaseComment, expected_version: int, audit: AuditEntry | None
) -> bool:
    """Attach a comment and replace the case; False if it has not the expected version any more."""
    if not change_case(connection, case, expected_version, audit):
        return False
    _insert_comments(connection, case, [comment])
    return True


def _insert_comments(connection: Connection, case: Case, comments: Iterable[CaseComment]) -> None:
    rows = [{"space": case.space, "case_id": case.id, **_pack_comment(comment)} for comment in comments]
    if rows:
        connection.execute(insert(case_comments), rows)


def _pack(case: Case) -> dict[str, Any]:
    return {
        "space": case.space,
        "id": case.id,
        "version": case.version,
        "title": case.title,
        "description": case.description,
        "owner": case.owner,
        "status": case.status,
        "severity": case.severity,
        "tags": list(case.tags),
        "sync_alerts": case.sync_alerts,
        "created_at": to_ms(case.created_at),
        "created_by": case.created_by,
        "updated_at": ms_or_none(case.updated_at),
        "updated_by": case.updated_by,
        "closed_at": ms_or_none(case.closed_at),
        "closed_by": case.closed_by,
    }


def _unpack(row: RowMapping, comments: Iterable[RowMapping]) -> Case:
    return Case(
        id=row["id"],
        title=row["title"],
        description=row["description"],
        owner=row["owner"],
        created_at=from_ms(row["created_at"]),
        space=row["space"],
        status=row["status"],
        severity=row["severity"],
        tags=tuple(row["tags"]),
        sync_alerts=row["sync_alerts"],
        created_by=row["created_by"],
        updated_at=instant_or_none(row["updated_at"]),
        updated_by=row["updated_by"],
        closed_at=instant_or_none(row["closed_at"]),
        closed_by=row["closed_by"],
        comments=tuple(map(_unpack_comment, comments)),
        version=row["version"],
    )


def _pack_comment(comment: CaseComment) -> dict[str, Any]:
    return {
        "id": comment.id,
        "version": comment.version,
        "content": _pack_content(comment.content),
        "created_at": to_ms(comment.created_at),
        "created_by": comment.created_by,
        "updated_at": ms_or_none(comment.updated_at),
        "updated_by": comment.updated_by,
    }


def _pack_content(content: UserComment | AlertAttachment) -> JsonObject:
    if isinstance(content, UserComment):
        return {"text": content.text}
    return {
        "alert_ids": list(content.alert_ids),
        "indices": list(content.indices),
        "rule_id": content.rule_id,
        "rule_name": content.rule_name,
    }


def _unpack_comment(row: RowMapping) -> CaseComment:
    return CaseComment(
        id=row["id"],
        content=_unpack_content(row["content"]),
        created_at=from_ms(row["created_at"]),
        created_by=row["created_by"],
        updated_at=instant_or_none(row["updated_at"]),
        updated_by=row["updated_by"],
        version=row["version"],
    )


def _unpack_content(packed: JsonObject) -> UserComment | AlertAttachment:
    if "text" in packed:
        return UserComment(packed["text"])
    return AlertAttachment(tuple(packed["alert_ids"]), tuple(packed["indices"]), packed["rule_id"], packed["rule_name"])
