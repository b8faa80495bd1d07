"""Search port: what the engine and its rule types ask of a search backend."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

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
    """``_field_caps`` for the given field patterns. ``include_hidden``: wildcards mean hidden indices, too."""

    index: tuple[str, ...]
    fields: tuple[str, ...] = ("*",)
    ignore_unavailable: bool = False
    allow_no_indices: bool = True
    include_hidden: bool = False


@dataclass(frozen=True, slots=True)
class EsqlRequest:
    """``POST /_query``: an ES|QL text, and a filter in query DSL that its indices are read through.

    ``index``: the index expressions that the text reads, which decide the backend; they stand at ``index_span`` of it.
    ``params``: named parameters, one object each.
    """

    query: str
    filter: JsonObject
    index: tuple[str, ...] = ()
    index_span: tuple[int, int] = (0, 0)
    params: tuple[JsonObject, ...] = ()

    @property
    def body(self) -> JsonObject:
        """As it is sent."""
        body: JsonObject = {"query": self.query, "filter": self.filter}
        return body | {"params": list(self.params)} if self.params else body


@dataclass(frozen=True, slots=True)
class BulkItem:
    """One document to be written. ``id`` None: the backend chooses one.

    ``is_replacing``: put it, or replace the one that has its id (op ``index``); False: an id that is taken is a
    conflict, status 409 (op ``create``).
    """

    source: JsonObject
    id: str | None = None
    is_replacing: bool = False


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """``POST <index>/_bulk``, in order. ``refresh``: what was written can be searched when the call returns."""

    index: str
    items: tuple[BulkItem, ...]
    refresh: bool = False


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

    async def esql(self, request: EsqlRequest) -> JsonObject:
        """The answer's body: ``columns`` (name, type), ``values`` (rows), ``is_partial``.

        SearchError 400 where the backend knows no ES|QL.
        """
        ...

    async def ensure_index(self, index: str, mappings: JsonObject) -> bool:
        """Make an index with these mappings, unless something of that name is there; whether it was made.

        ``mappings`` as Elasticsearch writes them. Raises as searches do.
        """
        ...

    async def bulk(self, request: BulkRequest) -> JsonObject:
        """The answer's body: ``took``, ``errors`` (of any item), ``items`` (op -> result, in the request's order).

        A missing index is made. What is wrong with single documents stands in their items; an answer that refuses the
        call as a whole raises SearchError. No items: nothing is asked. Cancelling leaves open what was written.
        """
        ...

    async def close(self) -> None:
        """Release connections; afterwards nothing may be called."""
        ...


@runtime_checkable
class NamesBackends(Protocol):
    """What a search port may offer besides, so that figures can tell its searches from those of others."""

    def backend_of(self, index: tuple[str, ...]) -> str:
        """The name of the backend that these index expressions mean: one of few, since it is a label of figures."""
        ...


EMBEDDED_BACKEND = "embedded"
"""What the engine over files and documents of this process is called among backends."""


@dataclass(slots=True)
class SearchFigures:
    """What the searches of one run cost, kept by the engine around the port."""

    searches: int = 0
    duration_ms: float = 0.0
    es_duration_ms: float = 0.0
    indices: Sequence[str] = field(default_factory=tuple)
