"""The story of a rule or an alert, told from the store: runs, transitions, and every decision with its reason."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.model.errors import InvalidInput, NotFound, Problem, StoreUnavailable
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.model.notification import RunLedger
from engine.model.rule import DEFAULT_SPACE, Rule
from engine.model.trace import AlertMention, RunTrace
from engine.notify.explanation import explain
from engine.ports.store import RuleKey, RuleQuery, Store
from engine.store.connections import file_of
from engine.store.sqlite import open_store
from engine.timing.durations import is_duration, parse_duration

_MOST_RUNS = 100_000


@dataclass(frozen=True, slots=True)
class Chapter:
    """One run: what happened to the alerts, and what was decided."""

    at: datetime
    happened: tuple[str, ...]
    decisions: tuple[JsonObject, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """The chapters worth telling, oldest first; runs like the one before are left out."""

    rule: Rule
    alert_id: str | None
    chapters: tuple[Chapter, ...]
    runs: int


async def read_story(url: str, *, rule: str, alert: str | None, last: str | None) -> Story:
    """Read the story. ``rule`` is an id or a name. Raises NotFound, InvalidInput, StoreUnavailable."""
    if last is not None and not is_duration(last):
        raise InvalidInput([Problem("--last", f"{last!r} is no duration", "write it like 30m, 2h or 1d")])
    store = _existing_store(url)
    await store.open()
    try:
        found = await _find_rule(store, rule)
        traces = [
            trace
            for trace in await store.traces(DEFAULT_SPACE, rule_id=found.id, limit=_MOST_RUNS)
            if isinstance(trace, RunTrace)
        ]
        since = traces[-1].started_at - parse_duration(last) if traces and last else None
        traces = [trace for trace in traces if since is None or trace.started_at >= since]
        ledgers = await store.ledger(DEFAULT_SPACE, rule_id=found.id, since=since, limit=_MOST_RUNS)
        return Story(found, alert, tuple(_tell(traces, ledgers, alert)), len(traces))
    finally:
        await store.close()


def _existing_store(url: str) -> Store:
    """Reading must not make an empty store where none is."""
    file = file_of(url)
    if file is None or not file.exists():
        raise StoreUnavailable(f"there is no store at [{file or url}]; name the one to read with --store FILE")
    return open_store(url)


async def _find_rule(store: Store, text: str) -> Rule:
    key = RuleKey(DEFAULT_SPACE, text)
    if stored := (await store.load_rules([key])).get(key):
        return stored.rule
    page = await store.find_rules(DEFAULT_SPACE, RuleQuery(name_contains=text, limit=None))
    named = [stored.rule for stored in page.rules if stored.rule.name.casefold() == text.casefold()]
    if len(named) > 1:
        ids = ", ".join(rule.id for rule in named)
        raise InvalidInput([Problem("RULE", f"{len(named)} rules are named {text!r}", f"give an id: {ids}")])
    if not named:
        raise NotFound("rule", text)
    return named[0]


def _tell(traces: Sequence[RunTrace], ledgers: Sequence[RunLedger], alert: str | None) -> Iterator[Chapter]:
    decided = {ledger.execution_uuid: ledger for ledger in ledgers}
    before: Sequence[JsonObject] = ()
    for trace in traces:
        happened = tuple(_happened(trace, alert))
        ledger = decided.get(trace.execution_uuid)
        decisions = tuple(_decisions(ledger, alert)) if ledger else ()
        if happened or (decisions and _gist(decisions) != _gist(before)):
            yield Chapter(trace.started_at, happened, decisions)
        before = decisions


def _gist(decisions: Sequence[JsonObject]) -> list[tuple[object, ...]]:
    return [(decision["action"], decision["alert"], decision["reason"]) for decision in decisions]


def _happened(trace: RunTrace, alert: str | None) -> Iterator[str]:
    def ours(mentions: Sequence[AlertMention]) -> Iterator[AlertMention]:
        return (mention for mention in mentions if alert is None or mention.id == alert)

    if trace.outcome == "failure":
        yield f"the run failed ({trace.reason}): {trace.error_message}"
    if trace.gap is not None:
        yield f"nobody looked at {iso(trace.gap.start)} to {iso(trace.gap.end)}"
    for mention in ours(trace.new):
        yield f"alert {mention.id} is new" + (" (flapping)" if mention.flapping else "")
    for mention in ours(trace.recovered):
        yield f"alert {mention.id} recovered after {timedelta(microseconds=mention.duration_ns // 1000)}"


def _decisions(ledger: RunLedger, alert: str | None) -> Iterator[JsonObject]:
    for entry in ledger.entries:
        for alert_id in entry.alert_ids or (None,):
            if alert is None or alert_id is None or alert_id == alert:
                yield {
                    "action": entry.action_uuid,
                    "alert": alert_id,
                    "reason": entry.reason,
                    "facts": entry.facts,
                    "text": explain(entry.reason, entry.facts),
                }
