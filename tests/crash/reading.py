"""From the stopped daemon's store, and from what the servers saw, to the history that is checked."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from engine.model.instant import to_ms
from engine.model.notification import StoredNotification
from engine.model.outcome import Gap
from engine.model.rule import DEFAULT_SPACE
from engine.model.trace import RunTrace
from engine.ports.store import RuleKey, Store
from engine.store.connections import sqlite_url
from engine.store.sqlite import open_store
from tests.crash.history import Arrival, Document, History, Interval, Message, RuleFacts, Run, Search
from tests.crash.rules import RULES_BY_ID, TESTED_RULES, TestedRule
from tests.crash.truth import Truth

_ALL = 10_000_000
_INTERVAL_MS = 1000


async def read_history(
    path: Path, at: int, truth: Truth, arrivals: Sequence[Arrival], searches: Sequence[Search]
) -> History:
    """Everything that happened up to ``at``, when the daemon had been stopped."""
    store = open_store(sqlite_url(path))
    await store.open()
    try:
        traces = await store.traces(DEFAULT_SPACE, limit=_ALL)
        notifications = await store.notifications(DEFAULT_SPACE, limit=_ALL)
        documents = await store.documents(DEFAULT_SPACE, limit=_ALL)
        next_delivery = await store.next_delivery()
        return History(
            rules={rule.id: await _facts(store, rule) for rule in TESTED_RULES},
            runs=tuple(_run(trace, truth) for trace in traces if isinstance(trace, RunTrace)),
            messages=tuple(_message(stored) for stored in notifications),
            arrivals=tuple(arrivals),
            searches=tuple(searches),
            documents=tuple(
                Document(
                    document["kibana.alert.rule.uuid"],
                    document["kibana.alert.instance.id"],
                    document["kibana.alert.uuid"],
                    document["kibana.alert.status"] == "active",
                )
                for document in documents
            ),
            at=at,
            next_delivery=None if next_delivery is None else to_ms(next_delivery),
        )
    finally:
        await store.close()


def count_open_messages(path: Path) -> int | None:
    """How many messages wait or are being sent, while the daemon works; None if the store cannot tell yet."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as store:
            (count,) = store.execute("SELECT count(*) FROM outbox WHERE due_at IS NOT NULL").fetchone()
            return int(count)
    except sqlite3.OperationalError:
        return None


def find_damage(path: Path) -> str | None:
    """What SQLite's own check finds wrong with the file."""
    with closing(sqlite3.connect(path)) as store:
        found = "\n".join(row[0] for row in store.execute("PRAGMA integrity_check"))
    return None if found == "ok" else found


async def _facts(store: Store, rule: TestedRule) -> RuleFacts:
    stored = await store.load_state(RuleKey(DEFAULT_SPACE, rule.id))
    tracked = frozenset() if stored is None else frozenset(stored.state.active)
    return RuleFacts(interval=_INTERVAL_MS, window=rule.window_s * 1000, tracked=tracked)


def _run(trace: RunTrace, truth: Truth) -> Run:
    rule = RULES_BY_ID[trace.rule.id]
    started = to_ms(trace.started_at)
    # `.es-query` looks at its window's last instant, too.
    end = started + (1 if rule.type == ".es-query" else 0)
    held = [
        alert
        for alert in rule.alerts
        if truth.count(rule.condition(alert), started - rule.window_s * 1000, end) > rule.threshold
    ]
    return Run(
        rule=rule.id,
        execution=trace.execution_uuid,
        planned=to_ms(trace.scheduled_at),
        started=started,
        ended=to_ms(trace.ended_at),
        held=frozenset(held),
        gap=_interval(trace.gap),
        failure=(trace.error_message or trace.message) if trace.outcome == "failure" else None,
    )


def _interval(gap: Gap | None) -> Interval | None:
    return None if gap is None else Interval(to_ms(gap.start), to_ms(gap.end))


def _message(stored: StoredNotification) -> Message:
    notification = stored.notification
    return Message(
        key=notification.id,
        connector=notification.connector_id,
        rule=notification.rule_id,
        alert=notification.alert_id or "",
        episode=notification.alert_uuid or "",
        kind="end" if notification.group == "recovered" else "start",
        execution=notification.execution_uuid,
        state=stored.state,
    )
