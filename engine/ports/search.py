"""Search port: what the engine and its rule types ask of a search backend."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from engine.model.jsonvalue import JsonObject


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """``POST <index>/_search``: index expressions, the body in Elasticsearch's form, and two URL options."""

    index: tuple[str, ...]
    body: JsonObject
    ignore_unavailable: bool = False
    allow_no_indices: bool = True


@dataclass(frozen=True, slots=True)
class FieldCapsRequest:
    """``_field_caps`` for the given field patterns."""

    index: tuple[str, ...]
    fields: tuple[str, ...] = ("*",)
    ignore_unavailable: bool = False
    allow_no_indices: bool = True


class SearchPort(Protocol):
    """A search backend. Cancelling an awaited call stops the search.

    Errors: `SearchError` for any answer with an error status (400 for malformed or unsupported requests, 404 for
    missing indices), `SearchUnavailable` when the backend cannot be reached or is overloaded.
    """

    async def search(self, request: SearchRequest) -> JsonObject:
        """The answer's body as Elasticsearch gives it (embedded-search.md 10). The caller may not modify it."""
        ...

    async def field_caps(self, request: FieldCapsRequest) -> JsonObject:
        """The answer's body: ``indices`` and ``fields`` (name -> type -> capabilities)."""
        ...

    async def close(self) -> None:
        """Release connections; afterwards nothing may be called."""
        ...


@dataclass(slots=True)
class SearchFigures:
    """What the searches of one run cost, kept by the engine around the port."""

    searches: int = 0
    duration_ms: float = 0.0
    es_duration_ms: float = 0.0
    indices: Sequence[str] = field(default_factory=tuple)
