"""What happened in a kill test, as the checker sees it: plain values, wherever they were observed.

Instants of the store are epoch milliseconds of the wall clock; those of the servers are seconds of a monotonic clock.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["start", "end"]


class Interval(NamedTuple):
    """From, to; in milliseconds."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Run:
    """A run that the store says was committed. ``held``: the alerts whose condition in truth held in its window.

    ``gap`` is the time before it that the store says nobody looked at; ``failure`` why it found nothing out.
    """

    rule: str
    execution: str
    planned: int
    started: int
    ended: int
    held: frozenset[str]
    gap: Interval | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A notification as the store has it. ``episode`` is the uuid of the alert: one from its start to its end."""

    key: str
    connector: str
    rule: str
    alert: str
    episode: str
    kind: Kind
    execution: str
    state: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as the receiver read it, whole. ``is_accepted``: it was answered with success, or was going to be."""

    key: str
    rule: str
    alert: str
    episode: str
    kind: Kind
    is_accepted: bool


@dataclass(frozen=True, slots=True)
class Search:
    """A search as the server saw it. ``window_end`` is the instant of the run it belongs to.

    ``until``: when it was answered, or when the process that asked it had died.
    """

    rule: str
    window_end: int
    asked: float
    until: float
    is_answered: bool


@dataclass(frozen=True, slots=True)
class Document:
    """An alert document of the store."""

    rule: str
    alert: str
    episode: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """What is known of a rule: interval and window in milliseconds, and what its stored state tracks as active."""

    interval: int
    window: int
    tracked: frozenset[str]


@dataclass(frozen=True, slots=True)
class History:
    """Everything. ``runs`` of a rule are in the order they were committed, ``messages`` in the order they were queued,
    ``arrivals`` in the order they came in. ``next_delivery`` is when the store, read at the instant ``at``, has
    something to deliver.
    """

    rules: dict[str, RuleFacts]
    runs: tuple[Run, ...]
    messages: tuple[Message, ...]
    arrivals: tuple[Arrival, ...]
    searches: tuple[Search, ...]
    documents: tuple[Document, ...]
    at: int
    next_delivery: int | None = None

    def runs_of(self, rule: str) -> list[Run]:
        return [run for run in self.runs if run.rule == rule]
