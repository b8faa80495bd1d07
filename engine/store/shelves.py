"""What history is kept: by age and by size, oldest first, in steps short enough to stand between commits."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, Connection, Table, delete, func, select, true

from engine.model.instant import to_ms
from engine.model.settings import RetentionSettings
from engine.store.tables import alerts, events, executions, outbox

STEP_ROWS = 500


@dataclass(frozen=True, slots=True)
class Shelf:
    """A table of history. Rows without ``age`` are in use; ``may_go`` tells which of the others may be deleted."""

    table: Table
    age: Column[int]
    may_go: ColumnElement[bool]
    keep_from_ms: int
    keep_bytes: int


def shelves_of(at: datetime, retention: RetentionSettings) -> Iterator[Shelf]:
    """The tables of history with the bounds that hold at an instant."""

    def before(days: int) -> int:
        return to_ms(at - timedelta(days=days))

    yield Shelf(events, events.c.at, true(), before(retention.events_days), retention.events_bytes)
    yield Shelf(executions, executions.c.at, true(), before(retention.events_days), retention.events_bytes)
    yield Shelf(alerts, alerts.c.ended, true(), before(retention.documents_days), retention.documents_bytes)
    # A dead letter is undelivered: it stays until it is sent again.
    is_done = outbox.c.state != "dead"
    yield Shelf(
        outbox, outbox.c.finished_at, is_done, before(retention.notifications_days), retention.notifications_bytes
    )


def measure_excess(connection: Connection, shelf: Shelf) -> int:
    """By how many bytes a table is too large (not above 0: it is not)."""
    total = connection.execute(select(func.coalesce(func.sum(shelf.table.c.size), 0))).scalar_one()
    return int(total) - shelf.keep_bytes


def delete_step(connection: Connection, shelf: Shelf, excess: int) -> tuple[int, int]:
    """Delete the oldest rows that are too old, or too much by ``excess`` bytes; at most `STEP_ROWS`.

    Returns how many rows went and how many bytes they were. Fewer rows than `STEP_ROWS`: nothing is left to delete.
    """
    columns = shelf.table.c
    oldest = (
        select(columns.seq, columns.size, shelf.age.label("age"))
        .where(shelf.age.is_not(None), shelf.may_go)
        .order_by(shelf.age, columns.seq)
        .limit(STEP_ROWS)
    )
    doomed: list[int] = []
    freed = 0
    for row in connection.execute(oldest):
        if row.age >= shelf.keep_from_ms and freed >= excess:
            break
        doomed.append(row.seq)
        freed += row.size
    if doomed:
        connection.execute(delete(shelf.table).where(columns.seq.in_(doomed)))
    return len(doomed), freed
