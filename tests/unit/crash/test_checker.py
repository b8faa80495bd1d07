"""The checker of the kill test finds every kind of fault, and none where there is none."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.crash.checker import find_faults, missed_slots, repeats, transitions, unused_answers
from tests.crash.history import Arrival, Document, History, Interval, Message, Search


def kinds(history: History) -> list[str]:
    return sorted({fault.kind for fault in find_faults(history)})


def arrival(key: str, alert: str, kind: str, **members: Any) -> Arrival:
    told = {"rule": "rule", "episode": key.split("-")[0], "is_accepted": True} | members
    return Arrival(key=key, alert=alert, kind=kind, **told)  # type: ignore[arg-type]


def again(history: History, **members: Any) -> Message:
    """The first message, queued once more under another key."""
    return replace(history.messages[0], **({"key": "other"} | members))


def test_a_faultless_history_has_no_faults(history: History) -> None:
    assert find_faults(history) == []
    assert [(due.execution, due.alert, due.kind) for due in transitions(history)] == [
        ("run-1", "a", "start"),
        ("run-2", "b", "start"),
        ("run-3", "a", "end"),
        ("run-4", "a", "start"),
        ("run-5", "a", "end"),
    ]
    assert (missed_slots(history), repeats(history)) == (0, 0)


FAULTY: list[tuple[str, Callable[[Any], History], list[str]]] = [
    ("a failed run", lambda f: f.changed("runs", 2, failure="no answer"), ["failed"]),
    ("a start that was never queued", lambda f: f.without("messages", 1), ["invented", "lost"]),
    ("an end that was never queued", lambda f: f.without("messages", 4), ["invented", "lost"]),
    ("delivered and never arrived", lambda f: f.without("arrivals", 4), ["lost"]),
    ("delivered, though it was refused", lambda f: f.changed("arrivals", 4, is_accepted=False), ["lost"]),
    (
        "one message under two keys, both arrived",
        lambda f: replace(
            f.with_more("messages", again(f.history)),
            arrivals=(*f.history.arrivals, arrival("other", "a", "start", episode="a1")),
        ),
        ["duplicate"],
    ),
    ("one message queued twice", lambda f: f.with_more("messages", again(f.history, state="pending")), ["duplicate"]),
    (
        "an episode begun a second time by a run that forgot",
        lambda f: f.with_more("messages", again(f.history, state="pending", episode="a9", execution="run-2")),
        ["duplicate", "state"],
    ),
    ("due and not delivered", lambda f: replace(f.history, next_delivery=9000), ["left"]),
    ("being sent by nobody", lambda f: f.changed("messages", 4, state="sending"), ["left"]),
    ("arrived and never queued", lambda f: f.with_more("arrivals", arrival("x-1", "c", "start")), ["invented"]),
    ("arrived in other words", lambda f: f.changed("arrivals", 1, alert="c"), ["altered"]),
    ("committed without an answer", lambda f: f.changed("searches", 3, is_answered=False), ["invented"]),
    ("a recovery before its alert", lambda f: f.reordered("arrivals", 2, 0, 1, 3, 4), ["order"]),
    ("the next alert before the last recovery", lambda f: f.reordered("arrivals", 0, 1, 3, 2, 4), ["order"]),
    (
        "a recovery before its alert was accepted",
        lambda f: replace(
            f.changed("arrivals", 0, is_accepted=False),
            arrivals=(
                replace(f.history.arrivals[0], is_accepted=False),
                *f.history.arrivals[1:3],
                f.history.arrivals[0],
                *f.history.arrivals[3:],
            ),
        ),
        ["order"],
    ),
    (
        "a recovery whose alert still waits",
        lambda f: replace(f.changed("messages", 3, state="pending"), arrivals=f.without("arrivals", 3).arrivals),
        ["order"],
    ),
    (
        "a search while another of the rule is under way",
        lambda f: f.with_more("searches", Search("rule", 3500, 3.05, 3.2, False)),
        ["overlap"],
    ),
    ("a run before the last one ended", lambda f: f.changed("runs", 2, ended=3050), ["overlap"]),
    ("two runs for a slot", lambda f: f.changed("runs", 3, planned=2000), ["overlap"]),
    ("an alert that is still tracked", lambda f: f.tracking("a", "b"), ["state"]),
    ("an alert that is not tracked any more", lambda f: f.tracking(), ["state"]),
    ("a document that is active for ever", lambda f: f.changed("documents", 0, is_active=True), ["state"]),
    ("a document that ended too early", lambda f: f.changed("documents", 1, is_active=False), ["state"]),
    ("a document that is missing", lambda f: f.without("documents", 0), ["state"]),
    (
        "a document of nothing",
        lambda f: f.with_more("documents", Document("rule", "c", "c1", is_active=False)),
        ["state"],
    ),
    ("a message of an alert without document", lambda f: f.changed("documents", 0, episode="other"), ["state"]),
    ("a gap where there is none", lambda f: f.changed("runs", 2, gap=Interval(1, 2)), ["gap"]),
]


@pytest.mark.parametrize(("make", "expected"), [pytest.param(make, kind, id=name) for name, make, kind in FAULTY])
def test_each_kind_of_fault_is_found(faulty: Any, make: Callable[[Any], History], expected: list[str]) -> None:
    assert kinds(make(faulty)) == expected


class TestWhatIsAllowed:
    def test_a_message_may_arrive_again_under_its_key(self, faulty: Any) -> None:
        history = faulty.with_more("arrivals", arrival("a1-start", "a", "start"), arrival("a1-start", "a", "start"))
        assert (find_faults(history), repeats(history)) == ([], 2)

    @pytest.mark.parametrize("state", ["pending", "dead"])
    def test_a_message_may_wait_or_be_dead(self, faulty: Any, state: str) -> None:
        history = faulty.changed("messages", 4, state=state)
        assert find_faults(replace(history, arrivals=history.arrivals[:4], next_delivery=9001)) == []

    def test_a_recovery_may_follow_an_alert_whose_message_is_dead(self, faulty: Any) -> None:
        history = faulty.changed("messages", 3, state="dead")
        assert find_faults(replace(history, arrivals=faulty.without("arrivals", 3).arrivals)) == []

    def test_one_window_may_be_asked_for_twice(self, faulty: Any) -> None:
        assert find_faults(faulty.with_more("searches", Search("rule", 3020, 3.05, 3.2, False))) == []

    def test_searches_of_runs_that_were_cut_off_leave_nothing(self, faulty: Any) -> None:
        history = faulty.with_more("searches", Search("rule", 9020, 9.0, 9.1, True))
        assert (find_faults(history), unused_answers(history)) == ([], 1)


class TestDownTime:
    def later(self, faulty: Any, by_ms: int, gap: Interval | None) -> History:
        """The last run that much later."""
        run = faulty.history.runs[-1]
        moved = {name: getattr(run, name) + by_ms for name in ("planned", "started", "ended")}
        history: History = faulty.changed("runs", 5, gap=gap, **moved)
        search = Search("rule", moved["started"], 99.0, 99.1, True)
        return replace(history, searches=(*history.searches, search))

    def test_slots_without_a_run_are_counted(self, faulty: Any) -> None:
        assert missed_slots(self.later(faulty, 2000, None)) == 2

    def test_what_no_window_covers_is_a_gap_from_three_seconds_on(self, faulty: Any) -> None:
        assert kinds(self.later(faulty, 4000, None)) == []
        assert kinds(self.later(faulty, 5000, None)) == ["gap"]
        assert kinds(self.later(faulty, 5000, Interval(4020, 8020))) == []
        assert kinds(self.later(faulty, 5000, Interval(4020, 8000))) == ["gap"]
