"""A history without faults, to be made faulty: one grouped rule, two episodes of one alert, another still active."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.crash.history import Arrival, Document, History, Message, RuleFacts, Run, Search

HELD = ((), ("a",), ("a", "b"), ("b",), ("a", "b"), ("b",))
"""What holds in the six runs: ``a`` starts, ends, starts and ends again; ``b`` goes on."""
TOLD = (
    ("a", "a1", "start", 1),
    ("b", "b1", "start", 2),
    ("a", "a1", "end", 3),
    ("a", "a2", "start", 4),
    ("a", "a2", "end", 5),
)
"""Alert, episode, kind and run of each message."""


def faultless() -> History:
    runs = tuple(
        Run("rule", f"run-{n}", planned=n * 1000, started=n * 1000 + 20, ended=n * 1000 + 90, held=frozenset(held))
        for n, held in enumerate(HELD)
    )
    messages = tuple(
        Message(f"{episode}-{kind}", "connector", "rule", alert, episode, kind, f"run-{n}", "delivered")  # type: ignore[arg-type]
        for alert, episode, kind, n in TOLD
    )
    return History(
        rules={"rule": RuleFacts(interval=1000, window=2000, tracked=frozenset("b"))},
        runs=runs,
        messages=messages,
        arrivals=tuple(Arrival(m.key, m.rule, m.alert, m.episode, m.kind, is_accepted=True) for m in messages),
        searches=tuple(Search("rule", run.started, run.started / 1000, run.ended / 1000, True) for run in runs),
        documents=(
            Document("rule", "a", "a1", is_active=False),
            Document("rule", "b", "b1", is_active=True),
            Document("rule", "a", "a2", is_active=False),
        ),
        at=9000,
    )


@dataclass
class Faulty:
    """Changes of a faultless history."""

    history: History

    def without(self, part: str, place: int) -> History:
        values = getattr(self.history, part)
        return replace(self.history, **{part: values[:place] + values[place + 1 :]})

    def changed(self, part: str, place: int, **members: Any) -> History:
        values = getattr(self.history, part)
        return replace(
            self.history, **{part: (*values[:place], replace(values[place], **members), *values[place + 1 :])}
        )

    def with_more(self, part: str, *values: object) -> History:
        return replace(self.history, **{part: (*getattr(self.history, part), *values)})

    def reordered(self, part: str, *places: int) -> History:
        values = getattr(self.history, part)
        return replace(self.history, **{part: tuple(values[place] for place in places)})

    def tracking(self, *alerts: str) -> History:
        facts = {"rule": replace(self.history.rules["rule"], tracked=frozenset(alerts))}
        return replace(self.history, rules=facts)


@pytest.fixture
def history() -> History:
    return faultless()


@pytest.fixture
def faulty(history: History) -> Faulty:
    return Faulty(history)
