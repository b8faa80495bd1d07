"""The outbox: notifications on their way to connectors.

Notifications for the same connector, rule and alert form a *lane* and are sent one after the other. ``due_at`` is set
as long as another attempt may follow: when it is due while pending, the end of the lease while sending.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, exists, func, insert, literal_column, select, tuple_, update

from engine.model.instant import from_ms, to_ms
from engine.model.notification import Notification, NotificationState, StoredNotification
from engine.ports.store import ClaimedNotification, ConnectorKey, DeliveryReport
from engine.store.bulk import execute_rows
from engine.store.encoding import decode_json, encode_json, instant_or_none
from engine.store.executions import insert_executions
from engine.store.tables import is_dead, outbox

_ROW_BYTES = 500
"""About what a row takes beside its params, index entries included."""

_INSERT = insert(outbox)
_older = outbox.alias("older")
_IS_BLOCKED = exists(
    select(literal_column("1")).where(
        _older.c.lane == outbox.c.lane, _older.c.seq < outbox.c.seq, _older.c.due_at.is_not(None)
    )
)
_DUE = (
    select(outbox)
    .where(outbox.c.due_at <= bindparam("at"), ~_IS_BLOCKED)
    .order_by(outbox.c.due_at, outbox.c.seq)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True, of=outbox)
)
_CLAIM = (
    update(outbox)
    .where(outbox.c.seq.in_(bindparam("numbers", expanding=True)))
    .values(
        state="sending",
        due_at=bindparam("lease_end"),
        attempts=outbox.c.attempts + 1,
        lease_owner=bindparam("owner"),
        fence=outbox.c.fence + 1,
    )
)
_NEXT = select(outbox.c.due_at).where(outbox.c.due_at.is_not(None), ~_IS_BLOCKED).order_by(outbox.c.due_at).limit(1)
_BEING_SENT = (
    select(outbox.c.id, outbox.c.seq, outbox.c.lane, outbox.c.fence)
    .where(outbox.c.lane.in_(bindparam("lanes", expanding=True)))
    .where(outbox.c.due_at.is_not(None), outbox.c.state == "sending")
    .with_for_update()
)
_FINISH = update(outbox).where(outbox.c.seq == bindparam("of_seq"))
_DEFER_LANE = update(outbox).where(
    outbox.c.lane == bindparam("of_lane"), outbox.c.due_at < bindparam("until"), outbox.c.due_at.is_not(None)
)


def pack_notification(notification: Notification) -> dict[str, Any]:
    """The row of a new notification. Raises TypeError if its params are not JSON."""
    params = encode_json(notification.params)
    created_at = to_ms(notification.created_at)
    return {
        "id": notification.id,
        "space": notification.space,
        "rule_id": notification.rule_id,
        "rule_type_id": notification.rule_type_id,
        "execution_uuid": notification.execution_uuid,
        "consumer": notification.consumer,
        "action_uuid": notification.action_uuid,
        "connector_id": notification.connector_id,
        "connector_type_id": notification.connector_type_id,
        "action_group": notification.group,
        "alert_id": notification.alert_id,
        "alert_uuid": notification.alert_uuid,
        "created_at": created_at,
        "lane": _lane(notification),
        "state": "dry" if notification.dry else "pending",
        "due_at": None if notification.dry else created_at,
        "attempts": 0,
        "fence": 0,
        "finished_at": created_at if notification.dry else None,
        "size": _ROW_BYTES + len(params),
        "params": params,
    }


def insert_notifications(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Queue rows of `pack_notification`, in this order."""
    if rows:
        execute_rows(connection, _INSERT, rows)


def claim_notifications(
    connection: Connection,
    at: datetime,
    limit: int,
    owner: str,
    lease_until: datetime,
    busy_connectors: Collection[ConnectorKey] = (),
) -> list[ClaimedNotification]:
    """Claim what is due and first of its lane, longest due first if there are more; the claimed ones oldest first."""
    due = _DUE
    if busy_connectors:
        due = due.where(tuple_(outbox.c.space, outbox.c.connector_id).not_in(sorted(busy_connectors)))
    rows = sorted(connection.execute(due, {"at": to_ms(at), "at_most": limit}).mappings(), key=lambda row: row["seq"])
    if rows:
        numbers = [row["seq"] for row in rows]
        connection.execute(_CLAIM, {"numbers": numbers, "owner": owner, "lease_end": to_ms(lease_until)})
    return [ClaimedNotification(_unpack(row), row["attempts"] + 1, row["fence"] + 1) for row in rows]


def finish_notifications(connection: Connection, reports: Sequence[DeliveryReport]) -> None:
    """Record attempts; reports under an outdated fence are ignored."""
    if not reports:
        return
    lanes = [_lane(report.claimed.notification) for report in reports]
    rows = {(row.id, row.fence): row for row in connection.execute(_BEING_SENT, {"lanes": lanes})}
    found = [(report, rows.get((report.claimed.notification.id, report.claimed.fence))) for report in reports]
    accepted = [(report, row) for report, row in found if row is not None]
    if not accepted:
        return
    connection.execute(_FINISH, [{"of_seq": row.seq, **_pack_report(report)} for report, row in accepted])
    insert_executions(connection, [report.trace for report, _ in accepted if report.trace is not None])
    # Those waiting behind one that is tried again later cannot go before it: keep them out of the way until then.
    deferred = [
        {"of_lane": row.lane, "until": until, "due_at": until}
        for report, row in accepted
        if report.state == "pending" and (until := _next_attempt(report)) > to_ms(report.at)
    ]
    if deferred:
        connection.execute(_DEFER_LANE, deferred)


def end_leases(connection: Connection, owner: str, at: datetime) -> int:
    """Make all notifications that are being sent under a name pending again, due at ``at``; how many.

    The attempt that was begun counts: one that ends its process each time must end, too.
    """
    sent = update(outbox).where(
        outbox.c.due_at.is_not(None), outbox.c.state == "sending", outbox.c.lease_owner == owner
    )
    return connection.execute(sent.values(state="pending", due_at=to_ms(at), lease_owner=None)).rowcount


def next_delivery(connection: Connection) -> datetime | None:
    """The earliest instant at which a notification may be claimed."""
    return instant_or_none(connection.execute(_NEXT).scalar())


def count_pending(connection: Connection) -> int:
    """How many notifications wait for an attempt or its end."""
    return connection.execute(select(func.count()).where(outbox.c.due_at.is_not(None))).scalar_one()


def read_notifications(
    connection: Connection,
    space: str,
    rule_id: str | None,
    connector_id: str | None,
    ids: Collection[str] | None,
    state: NotificationState | None,
    since: datetime | None,
    limit: int,
) -> list[StoredNotification]:
    """The newest ``limit`` notifications created at ``since`` or later, oldest first."""
    query = select(outbox).where(outbox.c.space == space).order_by(outbox.c.seq.desc()).limit(limit)
    if rule_id is not None:
        query = query.where(outbox.c.rule_id == rule_id)
    if connector_id is not None:
        query = query.where(outbox.c.connector_id == connector_id)
    if ids is not None:
        query = query.where(outbox.c.id.in_(ids))
    if state is not None:
        query = query.where(is_dead if state == "dead" else outbox.c.state == state)
    if since is not None:
        query = query.where(outbox.c.created_at >= to_ms(since))
    rows = connection.execute(query).mappings().all()
    return [_unpack_stored(row) for row in reversed(rows)]


def _lane(notification: Notification) -> int:
    """A number for connector, rule and alert; should two lanes share one, they wait for each other needlessly."""
    names = [notification.space, notification.connector_id, notification.rule_id, notification.alert_id]
    return int.from_bytes(blake2b(encode_json(names), digest_size=8).digest(), "big", signed=True)


def _next_attempt(report: DeliveryReport) -> int:
    return to_ms(report.next_attempt_at or report.at)


def _pack_report(report: DeliveryReport) -> dict[str, Any]:
    is_pending = report.state == "pending"
    return {
        "state": report.state,
        "attempts": report.claimed.attempt if report.is_attempt else report.claimed.attempt - 1,
        "due_at": _next_attempt(report) if is_pending else None,
        "finished_at": None if is_pending else to_ms(report.at),
        "lease_owner": None,
        "last_error": report.error,
    }


def _unpack(row: RowMapping) -> Notification:
    return Notification(
        id=row["id"],
        space=row["space"],
        rule_id=row["rule_id"],
        rule_type_id=row["rule_type_id"],
        execution_uuid=row["execution_uuid"],
        consumer=row["consumer"],
        action_uuid=row["action_uuid"],
        connector_id=row["connector_id"],
        connector_type_id=row["connector_type_id"],
        group=row["action_group"],
        alert_id=row["alert_id"],
        alert_uuid=row["alert_uuid"],
        params=decode_json(row["params"]),
        created_at=from_ms(row["created_at"]),
        dry=row["state"] == "dry",
    )


def _unpack_stored(row: RowMapping) -> StoredNotification:
    state: NotificationState = row["state"]
    return StoredNotification(
        notification=_unpack(row),
        state=state,
        attempts=row["attempts"],
        next_attempt_at=from_ms(row["due_at"]) if state == "pending" else None,
        finished_at=None if state == "dry" else instant_or_none(row["finished_at"]),
        last_error=row["last_error"],
    )
