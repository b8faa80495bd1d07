"""Finds what must never happen, whenever a daemon is killed: pure, from what was observed to a list of faults.

The truth is a function of the window that a search asks for. So it is known for every run that was committed which
alerts it had to find, and from one run of a rule to the next which of them had to start and to end.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from tests.crash.history import Arrival, History, Interval, Kind, Message, Run

GAP_TOLERANCE = 3000
"""Milliseconds that no run looked at and that are no gap yet (rule-run.md 9.4)."""


class Fault(NamedTuple):
    """``kind``: failed, lost, left, duplicate, invented, altered, order, overlap, state or gap."""

    kind: str
    text: str


class Transition(NamedTuple):
    """An alert that had to start or to end in a run."""

    execution: str
    rule: str
    alert: str
    kind: Kind


def find_faults(history: History) -> list[Fault]:
    """All faults; none of a history in which everything is as promised."""
    checks: tuple[Callable[[History], Iterable[Fault]], ...] = (
        _find_failed,
        _find_lost,
        _find_left,
        _find_duplicates,
        _find_invented,
        _find_misordered,
        _find_overlaps,
        _find_wrong_states,
        _find_untold_gaps,
    )
    return [fault for check in checks for fault in check(history)]


def transitions(history: History) -> list[Transition]:
    """What had to be told, by the truth of the windows that committed runs looked at."""
    found: list[Transition] = []
    for rule in history.rules:
        before: frozenset[str] = frozenset()
        for run in history.runs_of(rule):
            found += [Transition(run.execution, rule, alert, "start") for alert in sorted(run.held - before)]
            found += [Transition(run.execution, rule, alert, "end") for alert in sorted(before - run.held)]
            before = run.held
    return found


def missed_slots(history: History) -> int:
    """How many slots of rules went by without a run, because nobody was there."""
    return sum(
        max(0, round((later.planned - earlier.planned) / facts.interval) - 1)
        for rule, facts in history.rules.items()
        for earlier, later in pairwise(history.runs_of(rule))
    )


def unused_answers(history: History) -> int:
    """How many windows were answered whose run was never committed: the daemon was killed in between."""
    answered = {(search.rule, search.window_end) for search in history.searches if search.is_answered}
    return len(answered - {(run.rule, run.started) for run in history.runs})


def repeats(history: History) -> int:
    """How often a message was accepted again under the same key: allowed, since delivery is at least once."""
    accepted = Counter(arrival.key for arrival in history.arrivals if arrival.is_accepted)
    return sum(times - 1 for times in accepted.values())


def _find_failed(history: History) -> Iterator[Fault]:
    """The server answers every search; to kill whoever asked makes no failed run."""
    for run in history.runs:
        if run.failure is not None:
            yield Fault("failed", f"run {run.execution} of rule {run.rule}: {run.failure}")


def _find_lost(history: History) -> Iterator[Fault]:
    """Each transition has its message, and what the store says was delivered did arrive."""
    queued = {_transition_of(message) for message in history.messages}
    for due in transitions(history):
        if due not in queued:
            yield Fault("lost", f"the {due.kind} of alert {due.alert} of rule {due.rule} was never queued")
    accepted = {arrival.key for arrival in history.arrivals if arrival.is_accepted}
    for message in history.messages:
        if message.state == "delivered" and message.key not in accepted:
            yield Fault("lost", f"{_name(message)} counts as delivered and never arrived")


def _find_left(history: History) -> Iterator[Fault]:
    """A daemon that stopped as it should had time to deliver what was due, and has let go of everything."""
    if history.next_delivery is not None and history.next_delivery <= history.at:
        yield Fault("left", f"a message is due since {history.next_delivery} and was not delivered by {history.at}")
    for message in history.messages:
        if message.state == "sending":
            yield Fault("left", f"{_name(message)} is being sent by nobody")


def _find_duplicates(history: History) -> Iterator[Fault]:
    """One key for each message; and one message for each transition."""
    keys: defaultdict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    every: list[Message | Arrival] = [*history.messages, *history.arrivals]
    for told in every:
        keys[told.rule, told.alert, told.episode, told.kind].add(told.key)
    for (rule, alert, _, kind), several in keys.items():
        if len(several) > 1:
            yield Fault("duplicate", f"the {kind} of alert {alert} of rule {rule} has the keys {sorted(several)}")
    due = set(transitions(history))
    for message in history.messages:
        if _transition_of(message) not in due:
            yield Fault("duplicate", f"{_name(message)} tells what did not happen, or was told already")


def _find_invented(history: History) -> Iterator[Fault]:
    """What arrives was queued, and in these words; what was committed had been found in an answer of the server."""
    queued = {message.key: message for message in history.messages}
    for arrival in history.arrivals:
        message = queued.get(arrival.key)
        if message is None:
            yield Fault("invented", f"{_name(arrival)} arrived and was never queued")
        elif _content_of(message) != _content_of(arrival):
            yield Fault("altered", f"{_name(message)} arrived as {_name(arrival)}")
    answered = {(search.rule, search.window_end) for search in history.searches if search.is_answered}
    for run in history.runs:
        if (run.rule, run.started) not in answered:
            yield Fault("invented", f"run {run.execution} of rule {run.rule} was committed, its search never answered")


def _find_misordered(history: History) -> Iterator[Fault]:
    """Of one connector, rule and alert each message waits until the one before it was accepted, or was given up.

    So no recovery comes before its alert.
    """
    lanes: defaultdict[tuple[str, str, str], list[Message]] = defaultdict(list)
    for message in history.messages:
        lanes[message.connector, message.rule, message.alert].append(message)
    first, accepted = _first_places(history.arrivals)
    for lane in lanes.values():
        for earlier, later in pairwise(message for message in lane if message.state != "dead"):
            if later.key not in first:
                continue
            if earlier.key not in accepted or accepted[earlier.key] > first[later.key]:
                yield Fault("order", f"{_name(later)} arrived before {_name(earlier)}")


def _first_places(arrivals: Iterable[Arrival]) -> tuple[dict[str, int], dict[str, int]]:
    """By key: the place of its first arrival, and of the first one that was accepted."""
    first: dict[str, int] = {}
    accepted: dict[str, int] = {}
    for place, arrival in enumerate(arrivals):
        first.setdefault(arrival.key, place)
        if arrival.is_accepted:
            accepted.setdefault(arrival.key, place)
    return first, accepted


def _find_overlaps(history: History) -> Iterator[Fault]:
    """No two runs of a rule at the same time, by the server and by the store; no slot has two runs."""
    for rule in history.rules:
        spans: dict[int, tuple[float, float]] = {}
        for search in history.searches:
            if search.rule == rule:
                # A window may be asked for twice by one run: a batch that took too long is sent in parts.
                asked, until = spans.get(search.window_end, (search.asked, search.until))
                spans[search.window_end] = (min(asked, search.asked), max(until, search.until))
        by_time = sorted((asked, until, window) for window, (asked, until) in spans.items())
        for (_, until, one), (asked, _, other) in pairwise(by_time):
            if asked < until:
                yield Fault("overlap", f"rule {rule} searched at {other} while its search of {one} was under way")
        for earlier, later in pairwise(history.runs_of(rule)):
            if later.started < earlier.ended:
                yield Fault("overlap", f"rule {rule} ran at {later.started}, its run before ended at {earlier.ended}")
            if later.planned <= earlier.planned:
                yield Fault("overlap", f"rule {rule} has a second run for its slot of {later.planned}")


def _find_wrong_states(history: History) -> Iterator[Fault]:
    """In the end the stored state and the documents say what the last run of each rule saw, and all that was before."""
    due = transitions(history)
    for rule, facts in history.rules.items():
        runs = history.runs_of(rule)
        held = runs[-1].held if runs else frozenset()
        if facts.tracked != held:
            yield Fault("state", f"rule {rule} tracks {sorted(facts.tracked)}, and {sorted(held)} hold")
        documents = [document for document in history.documents if document.rule == rule]
        active = sorted(document.alert for document in documents if document.is_active)
        if active != sorted(held):
            yield Fault("state", f"rule {rule} has active documents of {active}, and {sorted(held)} hold")
        started = Counter(change.alert for change in due if change.rule == rule and change.kind == "start")
        documented = Counter(document.alert for document in documents)
        if started != documented:
            yield Fault("state", f"rule {rule}: alerts started {dict(started)}, documents {dict(documented)}")
    documented_episodes = {(document.rule, document.alert, document.episode) for document in history.documents}
    for message in history.messages:
        if (message.rule, message.alert, message.episode) not in documented_episodes:
            yield Fault("state", f"{_name(message)} is of an alert that has no document")


def _find_untold_gaps(history: History) -> Iterator[Fault]:
    """Time that no window of committed runs covers is told as the gap of the next run, and nothing else is."""
    for rule, facts in history.rules.items():
        for earlier, later in pairwise(history.runs_of(rule)):
            expected = _uncovered(earlier, later, interval=facts.interval, window=facts.window)
            if later.gap != expected:
                yield Fault("gap", f"run {later.execution} of rule {rule} tells the gap {later.gap}, not {expected}")


def _uncovered(earlier: Run, later: Run, *, interval: int, window: int) -> Interval | None:
    start = earlier.started + max(0, interval - window)
    end = later.started - window
    return Interval(start, end) if end - start > GAP_TOLERANCE else None


def _transition_of(message: Message) -> Transition:
    return Transition(message.execution, message.rule, message.alert, message.kind)


def _content_of(told: Message | Arrival) -> tuple[str, str, str, str]:
    return told.rule, told.alert, told.episode, told.kind


def _name(told: Message | Arrival) -> str:
    return f"message {told.key} ({told.kind} of alert {told.alert} of rule {told.rule})"
