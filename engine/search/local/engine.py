"""The in-process search engine: documents from memory and files, searched as a cluster would (embedded-search.md)."""

import asyncio
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import count
from threading import Lock
from typing import TypeVar

import duckdb
import orjson

from engine.model.instant import to_ms
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.ports.search import EMBEDDED_BACKEND, BulkRequest, EsqlRequest, FieldCapsRequest, SearchRequest
from engine.search.local.bulk import write_bulk
from engine.search.local.database import Database, Run
from engine.search.local.documents.memory import read_mappings
from engine.search.local.documents.sources import FileSource, OnBadDocument
from engine.search.local.errors import answer
from engine.search.local.executor import PlanExecutor
from engine.search.local.field_caps import describe_fields
from engine.search.local.in_flight import SearchesInFlight
from engine.search.local.index import Index
from engine.search.local.mapping import parse_mapping
from engine.search.local.report import LoadReport
from engine.search.local.request import parse_request
from engine.search.local.resolution import check_index_name, resolve_indices

_T = TypeVar("_T")
_INTERRUPT_EVERY_S = 0.02
_pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="tocsin-search")


class LocalSearch:
    """A search backend on documents of this process. ``now`` is asked once a request.

    ``threads`` and ``memory_limit`` (like ``"4GB"``) give the engine a database of its own; without them all engines of
    the process share one, each seeing only its own indices. Methods may be called from any thread.
    """

    def __init__(
        self, now: Callable[[], datetime], *, threads: int | None = None, memory_limit: str | None = None
    ) -> None:
        self._now = now
        self._database = Database(threads, memory_limit)
        self._indices: dict[str, Index] = {}
        self._sources: list[tuple[Index, FileSource]] = []
        self._table_numbers = count()
        self._lock = Lock()
        self._in_flight = SearchesInFlight()

    def backend_of(self, index: tuple[str, ...]) -> str:
        """The same name for all indices: there is one engine like this in a process."""
        return EMBEDDED_BACKEND

    def create_index(self, name: str, mapping: JsonObject | None = None) -> None:
        """Create an empty index. Raises SearchError 400 if it exists or the mapping cannot be."""
        self._obtain(name, mapping or {})

    def _obtain(self, name: str, mapping: JsonObject | None) -> Index:
        """The index, created if it is missing. One that exists can be given no mapping."""
        with self._lock:
            known = self._indices.get(name)
            if known is not None and mapping is None:
                return known
            check_index_name(name)
            parsed = parse_mapping(mapping)
            if known is not None:
                raise answer(400, "resource_already_exists_exception", f"index [{name}] already exists", index=name)
            table = f"{self._database.schema}.t{next(self._table_numbers)}"
            index = self._indices[name] = Index(name, self._database, table, parsed)
            return index

    async def add_documents(
        self, index: str, documents: Iterable[Mapping[str, JsonValue]], mapping: JsonObject | None = None
    ) -> LoadReport:
        """`add_documents_now` in a worker thread."""
        return await asyncio.wrap_future(_pool.submit(self.add_documents_now, index, documents, mapping))

    def add_documents_now(
        self, index: str, documents: Iterable[Mapping[str, JsonValue]], mapping: JsonObject | None = None
    ) -> LoadReport:
        """Append documents; the index is created if it is missing, with the mapping if one is given.

        A document may carry ``_id``, alone or (as in a hit) beside ``_source``; one whose id is taken replaces the
        older document. Those that cannot be mapped are told in the report, the others are visible to the next search.
        """
        target = self._obtain(index, mapping)
        report = LoadReport(index)
        found = read_mappings(documents)
        while target.append(found, report):
            pass
        return report

    def add_files(
        self,
        name: str,
        globs: Sequence[str],
        *,
        mapping: JsonObject | None = None,
        follow: bool = False,
        on_bad_document: OnBadDocument = "skip",
    ) -> None:
        """Feed an index from files (``.ndjson .jsonl .json .csv .parquet``, all but the last also ``.gz``).

        They are read at the first use of the engine, or by `refresh`. ``follow``: `refresh` reads on where a growing
        NDJSON or CSV file ended. ``on_bad_document`` = ``fail``: InvalidInput at the first bad document, then and at
        every later use. Raises SearchError 400 for a mapping that cannot be.
        """
        self._sources.append((self._obtain(name, mapping), FileSource(tuple(globs), follow, on_bad_document)))

    async def refresh(self) -> list[LoadReport]:
        """Read files not read yet, and what followed ones have grown by: a report for each `add_files`, in order."""
        loading = asyncio.wrap_future(_pool.submit(lambda: [source.load(index) for index, source in self._sources]))
        return await asyncio.shield(loading)

    async def search(self, request: SearchRequest) -> JsonObject:
        """See the port. Raises SearchError; InvalidInput when a file source cannot be loaded."""
        await self._load_sources()
        now = to_ms(self._now()) * 1_000_000
        indices = self._resolve(request, now)
        question = self._question(request, indices, now)
        return await self._in_flight.answer(question, lambda: self._search(request, indices, now))

    def _question(self, request: SearchRequest, indices: list[Index], now: int) -> Hashable:
        """What two requests have in common that have one answer. The documents of any index may have a part in it, and
        the time where the request speaks of it."""
        try:
            text = orjson.dumps(request.body)
        except TypeError:
            # Too deep, or with numbers that only Python has: one of its kind.
            return object()
        stored = sum(index.next_ordinal for index in list(self._indices.values()))
        return text, tuple(index.name for index in indices), stored, now if b"now" in text else None

    async def _search(self, request: SearchRequest, indices: list[Index], now: int) -> JsonObject:
        started = time.monotonic()
        plan = parse_request(request.body)
        body = await self._call(lambda run: PlanExecutor(run, indices, self._indices.get, now).execute(plan))
        return {"took": int((time.monotonic() - started) * 1000), "timed_out": False, **body}

    async def field_caps(self, request: FieldCapsRequest) -> JsonObject:
        """See the port. Raises SearchError; InvalidInput when a file source cannot be loaded."""
        await self._load_sources()
        views = []
        for index in self._resolve(request, to_ms(self._now()) * 1_000_000):
            with index.lock:
                views.append(index.view())
        return describe_fields(views, request.fields)

    async def esql(self, request: EsqlRequest) -> JsonObject:
        """SearchError 400: this engine does not know the language yet."""
        raise answer(400, "illegal_argument_exception", "ES|QL is not supported by the local backend: a cluster of "
                     "Elasticsearch can answer it")  # fmt: skip

    async def ensure_index(self, index: str, mappings: JsonObject) -> bool:
        """See the port. Raises SearchError 400 for a mapping that this engine does not know."""
        if index in self._indices:
            return False
        self.create_index(index, mappings)
        return True

    async def bulk(self, request: BulkRequest) -> JsonObject:
        """See the port; the mapping of a new index is dynamic. Raises SearchError 400 for an index fed from files."""
        return await asyncio.wrap_future(_pool.submit(self._bulk_now, request))

    def _bulk_now(self, request: BulkRequest) -> JsonObject:
        if not request.items:
            return {"took": 0, "errors": False, "items": []}
        if any(index.name == request.index for index, _ in self._sources):
            reason = f"index [{request.index}] is made from files, into which nothing is written: name another index"
            raise answer(400, "illegal_argument_exception", reason, index=request.index)
        started = time.monotonic()
        items = write_bulk(self._obtain(request.index, None), request.items)
        failed = any("error" in result for item in items for result in item.values())
        return {"took": int((time.monotonic() - started) * 1000), "errors": failed, "items": items}

    async def close(self) -> None:
        """Forget all indices."""
        self._database.close()

    def _resolve(self, request: SearchRequest | FieldCapsRequest, now: int) -> list[Index]:
        names = resolve_indices(
            request.index,
            self._indices,
            now,
            ignore_unavailable=request.ignore_unavailable,
            allow_no_indices=request.allow_no_indices,
            include_hidden=isinstance(request, FieldCapsRequest) and request.include_hidden,
        )
        return [self._indices[name] for name in names]

    async def _load_sources(self) -> None:
        if any(not source.is_loaded for _, source in self._sources):
            await self.refresh()

    async def _call(self, work: Callable[[Run], _T]) -> _T:
        """Run the work on a cursor of its own in a worker thread; cancelling interrupts the running statement."""
        with self._database.open_run() as run:
            future = _pool.submit(work, run)
            waiting = asyncio.wrap_future(future)
            try:
                return await asyncio.shield(waiting)
            except asyncio.CancelledError:
                await _interrupt(run, future, waiting)
                raise
            except duckdb.OutOfMemoryException as error:
                raise answer(429, "circuit_breaking_exception", f"the search needs too much memory: {error}") from error


async def _interrupt(run: Run, future: "Future[_T]", waiting: "asyncio.Future[_T]") -> None:
    """Wait until the worker has let go of the cursor."""
    future.cancel()
    while not future.done():
        run.cancel()
        await asyncio.wait([waiting], timeout=_INTERRUPT_EVERY_S)
    if not waiting.cancelled() and waiting.done():
        # Whatever came of the search, nobody waits for it any more.
        waiting.exception()
