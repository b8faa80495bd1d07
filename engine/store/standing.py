"""What the store holds at the moment, counted."""

from collections import Counter

from sqlalchemy import Connection, func, select

from engine.model.instant import from_ms
from engine.ports.store import Standing
from engine.store.tables import is_dead, outbox, rule_runtime, rules

_RULES = (
    select(rules.c.enabled, rule_runtime.c.execution_status, func.count(), func.sum(rule_runtime.c.active_alerts))
    .join(rule_runtime, rule_runtime.c.rule_no == rules.c.no)
    .group_by(rules.c.enabled, rule_runtime.c.execution_status)
)
_QUEUED = select(func.count(), func.min(outbox.c.created_at)).where(outbox.c.due_at.is_not(None))
_DEAD = select(func.count()).select_from(outbox).where(is_dead)


def read_standing(connection: Connection) -> Standing:
    """The counts, over all spaces."""
    by_state: Counter[str] = Counter()
    active = 0
    for enabled, status, count, alerts in connection.execute(_RULES):
        by_state[status if enabled else "disabled"] += count
        active += (alerts or 0) if enabled else 0
    queued, oldest = connection.execute(_QUEUED).one()
    return Standing(
        rules=dict(by_state),
        active_alerts=active,
        queued=queued,
        oldest_queued=None if oldest is None else from_ms(oldest),
        dead=connection.execute(_DEAD).scalar_one(),
    )
