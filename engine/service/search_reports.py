"""What a single search came to, for those who watch the service: where it went, how it ended, how long it took."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal, TypeAlias

from engine.model.errors import RunError, SearchError, SearchUnavailable
from engine.model.jsonvalue import JsonObject
from engine.ports.search import NamesBackends, SearchPort

SearchOutcome: TypeAlias = Literal["success", "partial", "error", "timeout", "unavailable", "cancelled"]

OTHER_BACKEND = "other"
"""What backends are called that do not tell their names."""


@dataclass(frozen=True, slots=True)
class SearchReport:
    """One search of a rule. ``backend``: the cluster's name, or ``embedded``; ``duration_s`` has waiting in it."""

    backend: str
    outcome: SearchOutcome
    duration_s: float


def names_of(search: SearchPort) -> Callable[[tuple[str, ...]], str]:
    """What tells to which backend a search of some index expressions goes. Made once: looking is not cheap."""
    return search.backend_of if isinstance(search, NamesBackends) else lambda index: OTHER_BACKEND


def outcome_of_answer(answer: JsonObject) -> SearchOutcome:
    """Partial: shards failed, or the search ended before it had seen everything."""
    shards = answer.get("_shards")
    has_failed = isinstance(shards, dict) and bool(shards.get("failed"))
    return "partial" if has_failed or answer.get("timed_out") or answer.get("is_partial") else "success"


def outcome_of_error(error: BaseException) -> SearchOutcome:
    """Cancelled: nobody waits for the search any more, as when its run exceeds its time or the service ends."""
    if isinstance(error, SearchUnavailable):
        return "unavailable"
    if isinstance(error, RunError):
        # The only one that a search ends with: it took longer than any search may.
        return "timeout"
    if isinstance(error, SearchError):
        return "timeout" if error.status == HTTPStatus.REQUEST_TIMEOUT else "error"
    return "error" if isinstance(error, Exception) else "cancelled"
