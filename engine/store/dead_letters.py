"""Sending notifications again, and dropping them: what users may do to what did not arrive.

A dead trigger holds nobody up, so the message that its alert has recovered may be out already: sent again after that,
the trigger would open an incident that nothing closes. So one that was overtaken stays dead unless a user insists.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from engine.model.instant import to_ms
from engine.ports.store import AuditEntry, Dropped, LaterNotification, Requeued
from engine.store.audit_log import record_audits
from engine.store.tables import is_dead, outbox

_VALUES_A_QUERY = 500
_COLUMNS = [outbox.c[name] for name in ("seq", "id", "lane", "execution_uuid", "state", "due_at")]
_SETTLED = ("sending", "delivered", "dead", "dropped")
"""States in which one does not wait for an older one of its lane that becomes pending again."""

_Row = Row[Any]


@dataclass(frozen=True, slots=True)
class Survey:
    """Notifications that users named, and by what dead ones were overtaken, by number.

    Rows below ``seen_until`` will not change this any more, those from there on may.
    """

    numbers: Sequence[int]
    overtaken: Mapping[int, _Row]
    seen_until: int


def survey(connection: Connection, space: str, ids: Collection[str]) -> Survey:
    """Find the notifications, and look through the whole outbox for what came after them."""
    rows = _named(connection, space, ids)
    dead = [row for row in rows if row.state == "dead"]
    first = min((row.seq for row in dead), default=0)
    return Survey([row.seq for row in rows], _overtaken(connection, dead, first), _first_unsettled(connection, dead))


def requeue(
    connection: Connection, survey: Survey, at: datetime, audit: Mapping[str, AuditEntry], is_forced: bool
) -> list[Requeued]:
    """Make dead ones pending, unless they were overtaken, and waiting ones due; oldest first."""
    rows = list(_numbered(connection, survey.numbers))
    dead = [row for row in rows if row.state == "dead"]
    overtaken = {} if is_forced else {**survey.overtaken, **_overtaken(connection, dead, survey.seen_until)}
    queued = [row for row in dead if row.seq not in overtaken]
    again = {"state": "pending", "due_at": to_ms(at), "attempts": 0, "finished_at": None}
    for numbers in _portions([row.seq for row in queued]):
        connection.execute(update(outbox).where(outbox.c.seq.in_(numbers)).values(again))
    waiting = [row for row in rows if row.state == "pending"]
    _hasten_lanes(connection, [row.lane for row in waiting], at)
    record_audits(connection, [audit[row.id] for row in (*queued, *waiting) if row.id in audit])
    changed = {row.seq for row in queued}
    return [_requeued(row, overtaken.get(row.seq), is_queued=row.seq in changed) for row in rows]


def drop(
    connection: Connection, space: str, ids: Collection[str], at: datetime, audit: Mapping[str, AuditEntry]
) -> list[Dropped]:
    """Give up dead and waiting ones, and one whose lease has ended; oldest first."""
    rows = _named(connection, space, ids)
    doomed = [row for row in rows if row.state == "dead" or (row.due_at is not None and not _is_sent(row, at))]
    # The fence rises: should a process that was taken for dead report on one of them, it is ignored.
    gone = {"state": "dropped", "due_at": None, "finished_at": to_ms(at), "lease_owner": None}
    for numbers in _portions([row.seq for row in doomed]):
        connection.execute(update(outbox).where(outbox.c.seq.in_(numbers)).values(gone | {"fence": outbox.c.fence + 1}))
    _hasten_lanes(connection, [row.lane for row in doomed if row.due_at is not None], at)
    record_audits(connection, [audit[row.id] for row in doomed if row.id in audit])
    dropped = {row.seq for row in doomed}
    return [Dropped(row.id, row.seq in dropped, "dropped" if row.seq in dropped else row.state) for row in rows]


def _named(connection: Connection, space: str, ids: Collection[str]) -> list[_Row]:
    """Those among the ids that are dead or on their way, oldest first; each kind by its own index."""
    found: list[_Row] = []
    for portion in _portions(list(ids)):
        named = select(*_COLUMNS).where(outbox.c.space == space, outbox.c.id.in_(portion)).with_for_update()
        found += connection.execute(named.where(is_dead))
        found += connection.execute(named.where(outbox.c.due_at.is_not(None)))
    return sorted(found, key=lambda row: row.seq)


def _numbered(connection: Connection, numbers: Sequence[int]) -> Iterator[_Row]:
    for portion in _portions(numbers):
        in_portion = select(*_COLUMNS).where(outbox.c.seq.in_(portion)).order_by(outbox.c.seq).with_for_update()
        yield from connection.execute(in_portion)


def _overtaken(connection: Connection, dead: Sequence[_Row], from_number: int) -> dict[int, _Row]:
    """Of dead ones, the number of each that was overtaken, and the newest by which it was."""
    named = {row.id for row in dead}
    later: defaultdict[int, list[_Row]] = defaultdict(list)
    for lanes in _portions(sorted({row.lane for row in dead})):
        settled = select(*_COLUMNS).where(
            outbox.c.seq >= from_number, outbox.c.lane.in_(lanes), outbox.c.state.in_(_SETTLED)
        )
        for row in connection.execute(settled.order_by(outbox.c.seq)):
            if row.id not in named:
                later[row.lane].append(row)
    overtaken = {}
    for row in dead:
        # What the same run queued says nothing newer: an alert may have several actions of one connector.
        by = [each for each in later[row.lane] if each.seq > row.seq and each.execution_uuid != row.execution_uuid]
        if by:
            overtaken[row.seq] = by[-1]
    return overtaken


def _first_unsettled(connection: Connection, dead: Sequence[_Row]) -> int:
    """The number of the first row in the lanes whose state may still change by itself, those to come included."""
    newest = connection.execute(select(func.max(outbox.c.seq))).scalar() or 0
    numbers = [newest + 1]
    for lanes in _portions(sorted({row.lane for row in dead})):
        unsettled = select(func.min(outbox.c.seq)).where(outbox.c.lane.in_(lanes), outbox.c.due_at.is_not(None))
        first = connection.execute(unsettled).scalar()
        numbers += [] if first is None else [first]
    return min(numbers)


def _hasten_lanes(connection: Connection, lanes: Sequence[int], at: datetime) -> None:
    """Let what waits in the lanes be due: the first is what everything behind it waits for."""
    for portion in _portions(sorted(set(lanes))):
        waiting = update(outbox).where(
            outbox.c.lane.in_(portion), outbox.c.due_at.is_not(None), outbox.c.state == "pending"
        )
        connection.execute(waiting.where(outbox.c.due_at > to_ms(at)).values(due_at=to_ms(at)))


def _is_sent(row: _Row, at: datetime) -> bool:
    return bool(row.state == "sending" and row.due_at > to_ms(at))


def _requeued(row: _Row, by: _Row | None, *, is_queued: bool) -> Requeued:
    if is_queued:
        return Requeued(row.id, "queued", "pending")
    if row.state == "pending":
        return Requeued(row.id, "hastened", "pending")
    if by is not None and row.state == "dead":
        return Requeued(row.id, "overtaken", "dead", LaterNotification(by.id, by.state))
    return Requeued(row.id, "left", row.state)


def _portions(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Values in lists short enough for one statement."""
    for start in range(0, len(values), _VALUES_A_QUERY):
        yield values[start : start + _VALUES_A_QUERY]
