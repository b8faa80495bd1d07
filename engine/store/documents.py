"""Alert documents (rule-run.md 10).

While an alert is active its document is derived: the stored rule fields joined with the changing part in the run state.
Its last changing part is written when it ends. An ended document never changes again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, select, update

from engine.model.document import join_document
from engine.model.instant import from_ms, iso, to_ms
from engine.model.jsonvalue import JsonObject
from engine.ports.store import ClosedDocument, NewDocument, RuleKey, UntrackedDocument
from engine.store.bulk import execute_rows
from engine.store.dialect import insert_unless_present
from engine.store.encoding import decode_json, encode_json
from engine.store.state_codec import decode_documents, is_tracked
from engine.store.tables import alerts, rule_runtime, rules

_ROW_BYTES = 400
"""About what a row takes beside its blobs, index entries included."""

_UUIDS_AT_ONCE = 1000

_CLOSE = (
    update(alerts)
    .where(alerts.c.uuid == bindparam("closed_uuid"), alerts.c.status == "active")
    .values(size=alerts.c.size + bindparam("growth"))
)
_UNTRACK = _CLOSE.where(alerts.c.space == bindparam("of_space"), alerts.c.rule_id == bindparam("of_rule"))
_REFRESH = update(alerts).where(
    alerts.c.space == bindparam("of_space"), alerts.c.rule_id == bindparam("of_rule"), alerts.c.status == "active"
)


def pack_new(key: RuleKey, document: NewDocument) -> dict[str, Any]:
    """The row of a document that became visible."""
    rule_fields = encode_json(document.rule_fields)
    changing = None if document.document is None else encode_json(document.document)
    return {
        "uuid": document.uuid,
        "space": key.space,
        "rule_id": key.id,
        "alert_id": document.alert_id,
        "status": "active",
        "started": to_ms(document.start),
        "ended": None,
        "size": _ROW_BYTES + len(rule_fields) + len(changing or b""),
        "rule_fields": rule_fields,
        "document": changing,
    }


def insert_documents(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Add rows of `pack_new`; a document that exists stays as it is."""
    if rows:
        execute_rows(connection, insert_unless_present(connection, alerts, ["uuid"]), rows)


def pack_refreshed(key: RuleKey, rule_fields: JsonObject) -> dict[str, Any]:
    """The change that `refresh_documents` makes to a rule's active documents."""
    return {"of_space": key.space, "of_rule": key.id, "rule_fields": encode_json(rule_fields)}


def refresh_documents(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Replace the rule's own fields in all active documents of rules."""
    if rows:
        connection.execute(_REFRESH, rows)


def pack_closed(document: ClosedDocument) -> dict[str, Any]:
    """The change that `close_documents` makes."""
    final = encode_json(document.document)
    return {
        "closed_uuid": document.uuid,
        "growth": len(final),
        "status": "recovered",
        "ended": to_ms(document.end),
        "document": final,
    }


def close_documents(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """End active documents; one that was untracked meanwhile stays so."""
    if rows:
        execute_rows(connection, _CLOSE, rows)


def untrack_documents(
    connection: Connection, key: RuleKey, state: bytes, untracked: Sequence[UntrackedDocument]
) -> None:
    """Set active documents of a rule to ``untracked``; ``state`` holds their last changing parts."""
    if not untracked:
        return
    changing = decode_documents(state)
    rows = [_pack_untracked(key, document, changing.get(document.uuid, {})) for document in untracked]
    connection.execute(_UNTRACK, rows)


def read_documents(
    connection: Connection,
    space: str,
    rule_id: str | None,
    alert_ids: Sequence[str] | None,
    status: str | None,
    limit: int,
) -> list[JsonObject]:
    """The newest ``limit`` documents, oldest start first."""
    query = (
        select(alerts)
        .where(alerts.c.space == space)
        .order_by(alerts.c.started.desc(), alerts.c.seq.desc())
        .limit(limit)
    )
    if rule_id is not None:
        query = query.where(alerts.c.rule_id == rule_id)
    if alert_ids is not None:
        query = query.where(alerts.c.alert_id.in_(alert_ids))
    if status is not None:
        query = query.where(alerts.c.status == status)
    rows = connection.execute(query).mappings().all()
    return _whole_documents(connection, rows[::-1])


def read_ended_documents(connection: Connection, since: Mapping[RuleKey, datetime]) -> dict[RuleKey, list[JsonObject]]:
    """The final documents of each rule's alerts that ended after its instant, oldest end first."""
    if not since:
        return {}
    query = (
        select(alerts)
        .where(alerts.c.ended > min(map(to_ms, since.values())))
        .where(alerts.c.space.in_({key.space for key in since}), alerts.c.rule_id.in_({key.id for key in since}))
        .order_by(alerts.c.ended, alerts.c.seq)
    )
    found: dict[RuleKey, list[JsonObject]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        key = RuleKey(row["space"], row["rule_id"])
        if key in since and row["ended"] > to_ms(since[key]):
            found[key].append(_whole_document(row, {}))
    return found


def read_documents_by_uuid(connection: Connection, uuids: Sequence[str]) -> tuple[JsonObject, ...]:
    """The documents of alerts, as far as they have one."""
    documents: list[JsonObject] = []
    for begin in range(0, len(uuids), _UUIDS_AT_ONCE):
        query = select(alerts).where(alerts.c.uuid.in_(uuids[begin : begin + _UUIDS_AT_ONCE]))
        documents += _whole_documents(connection, connection.execute(query).mappings().all())
    return tuple(documents)


def read_copied_documents(connection: Connection, after: int, limit: int) -> tuple[tuple[JsonObject, ...], int]:
    """The next documents in the order in which they were made, and the number of the last of them."""
    query = select(alerts).where(alerts.c.seq > after).order_by(alerts.c.seq).limit(limit)
    rows = connection.execute(query).mappings().all()
    return tuple(_whole_documents(connection, rows)), rows[-1]["seq"] if rows else after


def read_tracked_uuids(connection: Connection, space: str, rule_ids: Iterable[str]) -> list[str]:
    """The uuids of the alerts that are active in the run states of rules."""
    return list(_changing_parts(connection, space, rule_ids))


def has_alert(connection: Connection, key: RuleKey, alert_id: str) -> bool:
    """Whether the rule tracks or ever recorded an alert of that id (a delayed one has no document yet)."""
    recorded = select(alerts.c.seq).where(
        alerts.c.space == key.space, alerts.c.rule_id == key.id, alerts.c.alert_id == alert_id
    )
    if connection.execute(recorded.limit(1)).first() is not None:
        return True
    states = _states(connection, key.space, [key.id])
    return any(is_tracked(state, alert_id) for state in states)


def _pack_untracked(key: RuleKey, document: UntrackedDocument, changing: JsonObject) -> dict[str, Any]:
    end = iso(document.end)
    final = encode_json(
        changing
        | {
            "kibana.alert.status": "untracked",
            "kibana.alert.end": end,
            "kibana.alert.time_range": (changing.get("kibana.alert.time_range") or {}) | {"lte": end},
        }
    )
    return {
        "of_space": key.space,
        "of_rule": key.id,
        "closed_uuid": document.uuid,
        "growth": len(final),
        "status": "untracked",
        "ended": to_ms(document.end),
        "document": final,
    }


def _whole_documents(connection: Connection, rows: Sequence[RowMapping]) -> list[JsonObject]:
    """The documents of rows of `alerts`, in their order."""
    running: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row["status"] == "active":
            running[row["space"]].add(row["rule_id"])
    changing: dict[str, JsonObject] = {}
    for space, rule_ids in running.items():
        changing |= _changing_parts(connection, space, rule_ids)
    return [_whole_document(row, changing) for row in rows]


def _whole_document(row: RowMapping, changing: dict[str, JsonObject]) -> JsonObject:
    stored: JsonObject = {} if row["document"] is None else decode_json(row["document"])
    # The document of an active alert is in the run state, unless it was published after a time-out, without state.
    last = changing.get(row["uuid"], stored) if row["status"] == "active" else stored
    return join_document(_known_fields(row) | decode_json(row["rule_fields"]), last)


def _known_fields(row: RowMapping) -> JsonObject:
    """What the columns tell about an alert, should its run state be lost."""
    return {
        "kibana.alert.uuid": row["uuid"],
        "kibana.alert.instance.id": row["alert_id"],
        "kibana.alert.status": row["status"],
        "kibana.alert.start": iso(from_ms(row["started"])),
    }


def _changing_parts(connection: Connection, space: str, rule_ids: Iterable[str]) -> dict[str, JsonObject]:
    parts: dict[str, JsonObject] = {}
    for state in _states(connection, space, sorted(rule_ids)):
        parts.update(decode_documents(state))
    return parts


def _states(connection: Connection, space: str, rule_ids: Sequence[str]) -> Sequence[bytes]:
    if not rule_ids:
        return []
    query = select(rule_runtime.c.state).join_from(rules, rule_runtime, rules.c.no == rule_runtime.c.rule_no)
    return connection.execute(query.where(rules.c.space == space, rules.c.id.in_(rule_ids))).scalars().all()
