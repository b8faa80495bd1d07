"""A one-shot run: rules from files into a store, one run of each, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from engine.model.errors import StoreLocked
from engine.model.jsonvalue import JsonObject
from engine.model.notification import StoredNotification
from engine.model.rule import DEFAULT_SPACE, Rule
from engine.model.trace import RunTrace
from engine.ports.clock import Clock
from engine.ports.store import RuleKey, Store
from engine.service.clocks import ManualClock, SystemClock
from engine.service.delivery import DeliverySummary
from engine.service.run_result import run_as_json
from engine.service.runs import RunReport
from engine.store.connections import file_of
from engine.store.lock import hold
from tocsin.command_engine import open_engine
from tocsin.composition import Parts
from tocsin.guest import Guest
from tocsin.session import Session
from tocsin.view_files import apply_data_views
from tocsin.window_settings import apply_windows

_DOCUMENTS_S = 30.0
"""What is to be written into an index of alert documents may take this long; the next command goes on."""


@dataclass(frozen=True, slots=True)
class OneShotResult:
    """One rule's run. ``report`` None: another process was running the rule. ``sent``: its notifications by id."""

    rule: Rule
    report: RunReport | None
    sent: Mapping[str, StoredNotification] = field(default_factory=dict)

    @property
    def trace(self) -> RunTrace | None:
        return self.report.record.trace if self.report else None


@dataclass(frozen=True, slots=True)
class OneShotOutcome:
    """What one command did. ``delivery`` None: nothing was to be sent."""

    results: list[OneShotResult]
    delivery: DeliverySummary | None = None


async def run_once(
    session: Session,
    *,
    at: datetime | None,
    store: str,
    data: Mapping[str, Sequence[str]],
    is_sending: bool,
    es: str | None = None,
    guest: Guest | None = None,
) -> OneShotOutcome:
    """Bring the session's rules into the store and run each of them once, at ``at`` or now.

    ``guest``: the store is a daemon's. Raises InvalidInput, StoreUnavailable, StoreLocked, SearchUnavailable.
    """
    clock = SystemClock() if at is None else ManualClock(at)
    async with open_engine(
        session, clock=clock, store=store, data=data, is_dry=not is_sending, es=es, is_guest=guest is not None
    ) as parts:
        if guest is None:
            await apply_windows(parts, session.config.windows)
            await apply_data_views(parts, session.data_views)
        rules = await _rules_of_files(parts, session, clock) if guest is None else await guest.rules(parts, session)
        now = clock.now()
        reports = {
            report.claim.key.id: report
            for report in await parts.service.run_rules([RuleKey(DEFAULT_SPACE, rule.id) for rule in rules], now)
        }
        delivery = await parts.service.deliver(now)
        await _write_documents(parts, store)
        results = [
            OneShotResult(
                rule, reports.get(rule.id), await _sent(parts.store, reports.get(rule.id)) if delivery else {}
            )
            for rule in rules
        ]
        return OneShotOutcome(results, delivery)


async def _rules_of_files(parts: Parts, session: Session, clock: Clock) -> list[Rule]:
    return [
        (await parts.rules.apply(definition.body, rule_id=definition.id, at=clock.now(), actor=None)).rule
        for definition in session.rules
    ]


async def _write_documents(parts: Parts, store: str) -> None:
    """Alert documents for an index, if one is configured; where a daemon holds the store, it writes them."""
    file = file_of(store)
    if parts.mirror is None or file is None:
        return
    try:
        with hold(file):
            await parts.mirror.finish(parts.clock.now(), _DOCUMENTS_S)
    except StoreLocked:
        # Two that write could leave an older document over a newer one.
        return


async def _sent(store: Store, report: RunReport | None) -> dict[str, StoredNotification]:
    if report is None or not report.record.notifications:
        return {}
    ours = {sent.id for sent in report.record.notifications}
    stored = await store.notifications(
        report.claim.key.space,
        rule_id=report.claim.key.id,
        since=min(sent.created_at for sent in report.record.notifications),
        limit=2 * len(ours) + 1000,
    )
    return {each.notification.id: each for each in stored if each.notification.id in ours}


def outcome_as_json(outcome: OneShotOutcome) -> JsonObject:
    """The outcome for programs: docs/output.md is its promise."""
    return {
        "version": 1,
        "rules": [result_as_json(result) for result in outcome.results],
        "delivery": None if outcome.delivery is None else asdict(outcome.delivery),
    }


def result_as_json(result: OneShotResult) -> JsonObject:
    """One rule's result."""
    return run_as_json(result.rule, result.report, result.sent)
