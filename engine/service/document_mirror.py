"""Alert documents in an index of the operator's choice: the store is the truth, the index a mirror that follows it.

What the mirror lacks, the store tells (`Store.document_changes`), so no run does anything for it, or waits for it. At
least once: the place up to which documents were written is remembered after they were, and writing one again changes
nothing, since its id is the alert's uuid.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from engine.model.document_mapping import document_mapping
from engine.model.errors import SearchError, SearchUnavailable, TocsinError
from engine.model.jsonvalue import JsonObject
from engine.ports.search import BulkItem, BulkRequest, SearchPort
from engine.ports.store import DocumentChanges, MirrorPlace, Store

_log = logging.getLogger("tocsin.service.documents")

_PAUSE = timedelta(seconds=2)
"""What is committed within it is written together."""
_FIRST_BACKOFF, _LONGEST_BACKOFF = timedelta(seconds=5), timedelta(minutes=5)
_DOCUMENTS_AT_ONCE = 200
_MOST_STEPS = 20
"""In one go; what is left follows after a breath, so that no tick takes long."""
_BREATH = timedelta(milliseconds=100)
_TIMEOUT_S = 10.0
_TELL_REFUSED_EVERY = timedelta(minutes=10)
_UUID = "kibana.alert.uuid"
_NOT_ALLOWED = frozenset({400, 403})
"""400: an index template wants a data stream of that name."""
_BAD_REQUEST, _CONTENT_TOO_LONG, _FIRST_ERROR = 400, 413, 300


class DocumentMirror:
    """Writes changed alert documents to ``index`` of a search backend, one request at a time.

    ``name`` is that of its place in the store: a mirror of a new name begins with a copy of everything that is kept.
    """

    def __init__(self, *, store: Store, search: SearchPort, index: str, name: str) -> None:
        self._store, self._search, self._index, self._name = store, search, index, name
        self._place: MirrorPlace | None = None
        self._is_prepared = False
        self._writing = asyncio.Lock()
        self._rests_until: datetime | None = None
        self._is_wanted = False
        self._failures = 0
        self._refusals = _Refusals(index)

    @property
    def due(self) -> datetime | None:
        """The instant at which `follow` has something to do again that was left; None = nothing was left."""
        return self._rests_until if self._is_wanted else None

    def expect(self, at: datetime) -> datetime:
        """Something was committed: the instant at which `follow` is to be called for it."""
        # What is due stays due: rules that run all the time must not put it off for ever.
        if self._rests_until is None or not (self._is_wanted or self._is_resting(at)):
            self._rests_until = at + _PAUSE
        self._is_wanted = True
        return self._rests_until

    async def follow(self, at: datetime) -> None:
        """Write what has changed, unless it is written just now or the mirror rests: then it is due later.

        What fails is told in the log and tried again, ever more rarely; nothing is raised but CancelledError.
        """
        if self._writing.locked() or self._is_resting(at):
            self._is_wanted = True
            return
        async with self._writing:
            self._is_wanted = False
            try:
                is_all_written = await self._catch_up(at)
            except Exception as error:  # noqa: BLE001 - whatever it is, the rules go on
                self._note_failure(at, error)
            else:
                self._note_success()
                self._rests_until = at + (_PAUSE if is_all_written else _BREATH)
                self._is_wanted = self._is_wanted or not is_all_written

    async def finish(self, at: datetime, longest_s: float = 5.0) -> None:
        """Write what is left, once and not for long; the next start goes on with what remains."""
        try:
            async with asyncio.timeout(longest_s), self._writing:
                while not await self._catch_up(at):
                    pass
        except Exception as error:  # noqa: BLE001 - the end must not depend on it
            _log.warning(
                "alert documents were not all written to index [%s]; the next start goes on: %s",
                self._index,
                _text(error),
            )

    def _is_resting(self, at: datetime) -> bool:
        # A rest longer than any means that the clock was set back.
        return self._rests_until is not None and at < self._rests_until <= at + _LONGEST_BACKOFF

    async def _catch_up(self, at: datetime) -> bool:
        """Write step by step; whether nothing is left."""
        if not self._is_prepared:
            if await self._ensure_index():
                # Into an index that was just made, everything is to be copied, whatever was in one before.
                await self._store.put_mirror_place(self._name, None)
            self._place = await self._store.mirror_place(self._name)
            self._is_prepared = True
        for _ in range(_MOST_STEPS):
            changes = await self._store.document_changes(self._place, _DOCUMENTS_AT_ONCE)
            await self._write(changes, at)
            if changes.is_last:
                return True
        return False

    async def _ensure_index(self) -> bool:
        """Whether the index was made. Where that is not allowed, the cluster makes and maps it as it sees fit."""
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                return await self._search.ensure_index(self._index, document_mapping())
        except TimeoutError:
            raise SearchUnavailable(f"no answer within {_TIMEOUT_S:g} s") from None
        except SearchError as error:
            if error.status not in _NOT_ALLOWED:
                raise
            _log.warning("index [%s] was not looked for, or not made with a mapping of its own: %s", self._index, error)
            return False

    async def _write(self, changes: DocumentChanges, at: datetime) -> None:
        documents = changes.documents
        for begin in range(0, len(documents), _DOCUMENTS_AT_ONCE):
            await self._put(documents[begin : begin + _DOCUMENTS_AT_ONCE], at)
        if changes.place != self._place:
            await self._store.put_mirror_place(self._name, changes.place)
            self._place = changes.place

    async def _put(self, documents: Sequence[JsonObject], at: datetime) -> None:
        """Write documents; halves of them where they are too much at once."""
        items = tuple(BulkItem(document, str(document[_UUID]), is_replacing=True) for document in documents)
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                answer = await self._search.bulk(BulkRequest(self._index, items))
        except TimeoutError:
            raise SearchUnavailable(f"no answer within {_TIMEOUT_S:g} s") from None
        except SearchError as error:
            if error.status != _CONTENT_TOO_LONG:
                raise
            if len(documents) == 1:
                self._refusals.note(at, items[0].id, error.reason)
                return
            half = len(documents) // 2
            await self._put(documents[:half], at)
            await self._put(documents[half:], at)
        else:
            self._judge(answer, items, at)

    def _judge(self, answer: JsonObject, items: Sequence[BulkItem], at: datetime) -> None:
        """A document that cannot be mapped is left out, or it would hold up all others for ever; all else is a failure
        of the index, and tried again."""
        results = answer.get("items")
        if not isinstance(results, list) or len(results) != len(items):
            raise SearchUnavailable("the answer does not tell what became of each document")
        for item, result in zip(items, results, strict=True):
            told = result.get("index") if isinstance(result, dict) else None
            status = told.get("status") if isinstance(told, dict) else None
            if isinstance(status, int) and status < _FIRST_ERROR:
                continue
            error = told.get("error") if isinstance(told, dict) else None
            reason = f"{error.get('type')}: {error.get('reason')}" if isinstance(error, dict) else str(error or result)
            if status != _BAD_REQUEST:
                raise SearchUnavailable(f"[{item.id}] {status} {reason}")
            self._refusals.note(at, item.id, reason)

    def _note_failure(self, at: datetime, error: Exception) -> None:
        if not isinstance(error, TocsinError):
            _log.error("writing alert documents failed unexpectedly", exc_info=error)
        if self._failures == 0:
            _log.warning(
                "alert documents cannot be written to index [%s]; they are kept and follow later: %s",
                self._index,
                _text(error),
            )
        rest = min(_FIRST_BACKOFF * 2 ** min(self._failures, 10), _LONGEST_BACKOFF)
        self._failures += 1
        self._rests_until = at + rest
        self._is_wanted = True

    def _note_success(self) -> None:
        if self._failures:
            _log.info("alert documents are written to index [%s] again", self._index)
        self._failures = 0


class _Refusals:
    """Tells of documents that the index does not take, with one line for many."""

    def __init__(self, index: str) -> None:
        self._index = index
        self._untold = 0
        self._quiet_until: datetime | None = None

    def note(self, at: datetime, uuid: str | None, reason: str) -> None:
        self._untold += 1
        if self._quiet_until is not None and at < self._quiet_until <= at + _TELL_REFUSED_EVERY:
            return
        _log.warning(
            "index [%s] does not take %d alert documents, which are left out; the last is that of alert %s: %s",
            self._index,
            self._untold,
            uuid,
            reason,
        )
        self._untold = 0
        self._quiet_until = at + _TELL_REFUSED_EVERY


def _text(error: Exception) -> str:
    return str(error) or type(error).__name__
