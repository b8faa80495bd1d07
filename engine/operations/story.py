"""The story of a rule or an alert, told from the store: runs, transitions, and every decision with its reason."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from engine.model.errors import NotFound
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.model.notification import RunLedger, StoredNotification
from engine.model.rule import Rule
from engine.model.trace import AlertMention, RunTrace
from engine.notify.explanation import explain
from engine.ports.store import Store
from engine.timing.durations import parse_duration

_MOST_RUNS = 100_000
_MOST_NAMES = 20


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a notification: ``state`` as in the outbox, the last error if an attempt failed."""

    state: str
    attempts: int
    error: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """Why an action fired for an alert or did not; ``action`` and ``alert`` None = all of them.

    ``delivery`` belongs to ``notified``; None if the outbox has forgotten the notification.
    """

    action: str | None
    alert: str | None
    reason: str
    facts: JsonObject
    text: str
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """One run: what happened to the alerts, and what was decided."""

    at: datetime
    happened: tuple[str, ...]
    decisions: tuple[Decision, ...]

    def as_json(self) -> JsonObject:
        """The chapter for programs."""
        return {
            "at": iso(self.at),
            "happened": list(self.happened),
            "decisions": [asdict(decision) for decision in self.decisions],
        }


@dataclass(frozen=True, slots=True)
class Story:
    """The chapters worth telling, oldest first; runs like the one before are left out.

    ``first`` and ``last`` are the earliest and the newest of the ``runs``; ``status`` is what the newest one found.
    """

    rule: Rule
    alert_id: str | None
    chapters: tuple[Chapter, ...]
    runs: int
    status: str
    first: datetime | None = None
    last: datetime | None = None

    def as_json(self) -> JsonObject:
        """The story for programs."""
        return {
            "rule": {"id": self.rule.id, "name": self.rule.name},
            "alert": self.alert_id,
            "status": self.status,
            "runs": self.runs,
            "first": self.first and iso(self.first),
            "last": self.last and iso(self.last),
            "chapters": [chapter.as_json() for chapter in self.chapters],
        }


class UnknownAlert(NotFound):
    """No recorded run of a rule saw an alert of that id; the text names those that there are."""

    def __init__(self, rule_id: str, alert_id: str, known: Sequence[str]) -> None:
        super().__init__("alert", alert_id)
        others = f"its alerts: {_some(known) or 'none'}"
        self.args = (f"no recorded run of rule [{rule_id}] saw an alert {alert_id!r} ({others})",)


async def tell_story(
    store: Store, rule: Rule, *, alert: str | None, last: str | None, most_runs: int = _MOST_RUNS
) -> Story:
    """The story of a rule's newest ``most_runs``, or of those of the ``last`` 30m, 2h ... up to the newest.

    Raises UnknownAlert, StoreUnavailable.
    """
    every = [
        trace
        for trace in await store.traces(rule.space, rule_id=rule.id, limit=most_runs)
        if isinstance(trace, RunTrace)
    ]
    since = every[-1].started_at - parse_duration(last) if every and last else None
    traces = [trace for trace in every if since is None or trace.started_at >= since]
    ledgers = await store.ledger(rule.space, rule_id=rule.id, since=since, limit=most_runs)
    _check_alert(rule, alert, every, ledgers)
    sent = await store.notifications(rule.space, rule_id=rule.id, since=since, limit=_MOST_RUNS)
    chapters = _Narrator(alert, ledgers, sent).tell(traces)
    ends = (traces[0].started_at, traces[-1].started_at) if traces else (None, None)
    return Story(rule, alert, tuple(chapters), len(traces), _status(traces, alert), *ends)


def _check_alert(rule: Rule, alert: str | None, traces: Sequence[RunTrace], ledgers: Sequence[RunLedger]) -> None:
    known = {mention.id: None for trace in traces for mention in (*trace.new, *trace.active, *trace.recovered)}
    known |= {alert_id: None for ledger in ledgers for entry in ledger.entries for alert_id in entry.alert_ids}
    if alert is not None and alert not in known:
        raise UnknownAlert(rule.id, alert, list(known))


def _status(traces: Sequence[RunTrace], alert: str | None) -> str:
    if not traces:
        return "no run is recorded"
    newest = traces[-1]
    if newest.outcome == "failure":
        return f"the last run failed ({newest.reason})"
    active = [mention.id for mention in newest.active]
    if alert is not None:
        return "active" if alert in active else "not active"
    return f"{len(active)} active: {_some(active)}" if active else "no alert is active"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


@dataclass(slots=True)
class _Narrator:
    """Goes through the runs and remembers of the run before what need not be told again."""

    alert: str | None
    ledgers: Sequence[RunLedger]
    sent: Sequence[StoredNotification]
    _failure: str | None = None
    _flapping: set[str] = field(default_factory=set)
    _gist: set[tuple[object, ...]] = field(default_factory=set)

    def tell(self, traces: Sequence[RunTrace]) -> Iterator[Chapter]:
        """The chapters."""
        decided = {ledger.execution_uuid: ledger for ledger in self.ledgers}
        outbox = {stored.notification.id: stored for stored in self.sent}
        for trace in traces:
            happened = tuple(self._happened(trace))
            ledger = decided.get(trace.execution_uuid)
            decisions = () if ledger is None else tuple(self._decisions(ledger, _deliveries(trace, outbox)))
            gist: set[tuple[object, ...]] = {
                (decision.action, decision.alert, decision.reason) for decision in decisions
            }
            if happened or (decisions and gist != self._gist):
                yield Chapter(trace.started_at, happened, decisions)
            self._gist = gist

    def _happened(self, trace: RunTrace) -> Iterator[str]:
        failure = f"the run failed ({trace.reason}): {trace.error_message}" if trace.outcome == "failure" else None
        if failure != self._failure:
            yield failure or "the run succeeded again"
        self._failure = failure
        if trace.gap is not None:
            yield f"nobody looked at {iso(trace.gap.start)} to {iso(trace.gap.end)}"
        if failure is not None:
            return
        for mention in self._ours(trace.new):
            yield f"alert {mention.id} is new"
        for mention in self._ours(trace.recovered):
            yield f"alert {mention.id} recovered after {timedelta(microseconds=mention.duration_ns // 1000)}"
        flapping = {mention.id for mention in self._ours(trace.active) if mention.flapping}
        for alert_id in sorted(flapping - self._flapping):
            yield f"alert {alert_id} is flapping: kept active until it stays away"
        self._flapping = flapping

    def _ours(self, mentions: Sequence[AlertMention]) -> Iterator[AlertMention]:
        return (mention for mention in mentions if self.alert is None or mention.id == self.alert)

    def _decisions(
        self, ledger: RunLedger, deliveries: Mapping[tuple[str, str | None], Delivery]
    ) -> Iterator[Decision]:
        for entry in ledger.entries:
            text = explain(entry.reason, entry.facts)
            for alert_id in entry.alert_ids or (None,):
                if self.alert in (None, alert_id) or alert_id is None:
                    delivery = deliveries.get((entry.action_uuid or "", alert_id))
                    told = delivery if entry.reason == "notified" else None
                    yield Decision(entry.action_uuid, alert_id, entry.reason, entry.facts, text, told)


def _deliveries(trace: RunTrace, outbox: Mapping[str, StoredNotification]) -> dict[tuple[str, str | None], Delivery]:
    """What became of the run's notifications, by action and alert."""
    return {
        (action.action_uuid, action.alert_id): Delivery(stored.state, stored.attempts, stored.last_error)
        for action in trace.actions
        if (stored := outbox.get(action.notification_id)) is not None
    }
