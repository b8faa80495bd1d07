"""What was planned by a wall clock that was set since: runs, leases and attempts, put right by the clock as it is now.

Rows are compared with bounds that nothing keeps to but what was written before the clock was set, so that doing this
twice, or without need, changes nothing.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, or_, select, update

from engine.model.instant import to_ms
from engine.ports.store import ClockChange, Replanned
from engine.store.tables import outbox, rule_runtime, rules
from engine.timing.durations import is_duration, parse_duration

_MS = timedelta(milliseconds=1)
_runtime = rule_runtime.c
_sent = outbox.c

# A run under way does not put its schedule over this one: it may have looked at a window of the wrong time.
_RUN_NOW = (
    update(rule_runtime)
    .where(_runtime.next_run > bindparam("latest"))
    .where(_runtime.rule_no.in_(select(rules.c.no).where(rules.c.interval == bindparam("with_interval"))))
    .values(
        next_run=bindparam("now"),
        shown_next_run=None,
        is_next_run_hidden=False,
        schedule_version=_runtime.schedule_version + 1,
    )
)


def replan(connection: Connection, change: ClockChange) -> Replanned:
    """See `Store.replan`."""
    return Replanned(
        rules=_run_rules_now(connection, change),
        leases=_bound_leases(connection, change),
        notifications=_bound_sends(connection, change) + _hasten_attempts(connection, change),
    )


def _run_rules_now(connection: Connection, change: ClockChange) -> int:
    """Rules that run later than their interval allows; a statement for each of the few intervals that there are."""
    intervals = connection.execute(select(rules.c.interval).where(rules.c.enabled).distinct()).scalars().all()
    now, hastened = to_ms(change.at), 0
    for interval in filter(is_duration, intervals):
        latest = now + parse_duration(interval) // _MS
        values = {"latest": latest, "with_interval": interval, "now": now}
        hastened += connection.execute(_RUN_NOW, values).rowcount
    return hastened


def _bound_leases(connection: Connection, change: ClockChange) -> int:
    until = to_ms(change.lease_until)
    held = update(rule_runtime).where(_is_off(_runtime.lease_until, until, change))
    return connection.execute(held.values(lease_until=until)).rowcount


def _bound_sends(connection: Connection, change: ClockChange) -> int:
    until = to_ms(change.send_until)
    sending = update(outbox).where(_sent.due_at.is_not(None), _sent.state == "sending")
    return connection.execute(sending.where(_is_off(_sent.due_at, until, change)).values(due_at=until)).rowcount


def _is_off(lease_end: ColumnElement[int], until: int, change: ClockChange) -> ColumnElement[bool]:
    """A lease that lasts too long, or that a step forward has ended: whoever lives renews a fresh one in time."""
    if not change.is_forward:
        return lease_end > until
    was_valid_after = to_ms(change.at - change.step)
    return or_(lease_end > until, and_(lease_end > was_valid_after, lease_end <= to_ms(change.at)))


def _hasten_attempts(connection: Connection, change: ClockChange) -> int:
    """Notifications wait as much longer as they would have; without a known step, no longer than any may."""
    now, latest = to_ms(change.at), to_ms(change.attempt_until)
    due_at = _sent.due_at + min(change.step // _MS, 0)
    is_untried = and_(_sent.attempts == 0, _sent.created_at > now)
    due_now = or_(is_untried, due_at < now)
    waiting = update(outbox).where(_sent.state == "pending", _sent.due_at > now)
    if not change.is_back:
        waiting = waiting.where(or_(is_untried, _sent.due_at > latest))
    bounded = case((due_now, now), (due_at > latest, latest), else_=due_at)
    return connection.execute(waiting.values(due_at=bounded)).rowcount
