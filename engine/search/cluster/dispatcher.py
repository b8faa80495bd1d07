"""What is sent to a cluster, and when: batches, lone searches, the breaker (DECISIONS 11).

Searches issued in the same turn of the event loop travel in one ``_msearch``, as far as their shapes have shown to be
fast. An unproven, slow or once faulty search travels alone. When a batch is refused as a whole, or takes too long, its
searches are sent one by one: each caller gets its own answer, and the one at fault never travels with others again.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Protocol

from engine.model.errors import SearchError
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.ports.clock import Clock
from engine.search.cluster.breaker import Breaker
from engine.search.cluster.failures import ClusterUnavailable, error_of_json
from engine.search.cluster.history import ShapeHistory, shape_of
from engine.search.cluster.lanes import Lane
from engine.search.cluster.part import Part, Query, Refusal
from engine.search.cluster.settings import ClusterSettings

_log = logging.getLogger("tocsin.search")

_UNAUTHORIZED = 401
_REQUEST_TIMEOUT = 408
_OK = 200
_BAD_REQUEST = 400


class Exchanges(Protocol):
    """What the dispatcher needs of a connection."""

    async def exchange(
        self, method: str, target: str, body: bytes = b"", *, is_lines: bool = False, is_repeatable: bool = True
    ) -> JsonObject: ...


class Dispatcher:
    """Requests of all callers to one cluster."""

    def __init__(self, connection: Exchanges, settings: ClusterSettings, clock: Clock) -> None:
        self._connection, self._clock = connection, clock
        self._name, self._limits, self._timeouts = settings.name, settings.limits, settings.timeouts
        self._breaker = Breaker(settings.limits, clock.monotonic)
        self._history = ShapeHistory()
        self._fast = Lane(settings.limits.concurrent_batches)
        self._unproven = Lane(settings.limits.concurrent_singles)
        self._slow = Lane(settings.limits.concurrent_slow)
        self._waiting: dict[Query, Part] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._trial: asyncio.Task[None] | None = None
        self._is_flush_planned = False
        self._most_in_batch = settings.limits.batch_searches
        self._handing_out = asyncio.Lock()

    async def ask(self, query: Query) -> JsonObject:
        """The answer. Raises SearchError, ClusterUnavailable. Equal queries that wait at the same time are one."""
        part = self._waiting.get(query)
        if part is None:
            self._breaker.check()
            part = self._waiting[query] = self._admit(query)
            self._plan_flush()
        try:
            return await part.wait()
        except asyncio.CancelledError:
            if not part.is_wanted and self._waiting.get(query) is part:
                # It is never sent now: nobody may join it.
                del self._waiting[query]
            raise

    async def close(self) -> None:
        """Break off everything: whoever still waits gets ClusterUnavailable."""
        self._fail_waiting(self._closed())
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _admit(self, query: Query) -> Part:
        shape = shape_of(query.header, query.body) if query.header else None
        cost_ms = None if shape is None else self._history.expected_ms(shape)
        part = Part(query, shape, cost_ms)
        if cost_ms is None:
            self._unproven.waiting.append(part)
        elif cost_ms <= self._limits.fast_ms:
            self._fast.waiting.append(part)
        else:
            self._slow.waiting.append(part)
        return part

    def _plan_flush(self) -> None:
        if not self._is_flush_planned:
            self._is_flush_planned = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        """Start what may start."""
        self._is_flush_planned = False
        while self._may_start(self._fast):
            parts = self._fast.take_batch(self._limits, self._most_in_batch)
            patience_s = self._timeouts.batch_s
            self._start(
                self._fast,
                parts,
                self._send_batch(parts) if len(parts) > 1 else self._send_alone(parts[0], patience_s, is_last=False),
            )
        for lane in (self._unproven, self._slow):
            while self._may_start(lane):
                part = lane.waiting.popleft()
                self._start(lane, [part], self._send_alone(part, self._timeouts.search_s))

    def _may_start(self, lane: Lane) -> bool:
        """There is work and room for it. A cluster that may have recovered is tried with one exchange at a time."""
        return lane.has_work and not (self._breaker.is_trying and self._trial is not None)

    def _start(self, lane: Lane, parts: list[Part], sending: Coroutine[object, object, None]) -> None:
        lane.under_way += 1
        began = self._clock.monotonic()
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(sending)
        self._tasks.add(task)
        if self._breaker.is_trying:
            self._trial = task

        def abandon_unwanted() -> None:
            if not any(part.is_wanted for part in parts):
                task.cancel()

        def finish(_: object) -> None:
            lane.under_way -= 1
            self._tasks.discard(task)
            self._trial = None if self._trial is task else self._trial
            for part in parts:
                if part.on_left is abandon_unwanted:
                    part.on_left = None  # a part would keep its task and its whole batch until garbage is looked for
            if task.cancelled():
                self._note_abandoned(parts, (self._clock.monotonic() - began) * 1000)
            elif (bug := task.exception()) is not None:
                for part in parts:
                    part.fail(bug)
            self._flush()

        task.add_done_callback(finish)
        for part in parts:
            self._waiting.pop(part.query, None)
            part.on_left = abandon_unwanted

    async def _send_alone(self, part: Part, patience_s: float, *, is_last: bool = True) -> None:
        """``is_last`` False: when patience ends, it is sent again with the patience that slow ones get."""
        query, began = part.query, self._clock.monotonic()
        try:
            async with asyncio.timeout(patience_s):
                answer = await self._connection.exchange(
                    query.method, query.target, query.body, is_lines=query.is_lines, is_repeatable=query.is_repeatable
                )
        except TimeoutError:
            self._note_cost(part, {}, patience_s * 1000)
            if not is_last:
                self._send_singly([part], Refusal(1, is_explained=True))
                return
            reason = f"cluster [{self._name}] gave no answer within {patience_s:g} s"
            part.fail(SearchError(_REQUEST_TIMEOUT, "timeout", reason))
        except ClusterUnavailable as error:
            self._doubt(part)
            part.fail(error)
            self._note_failure(error)
        except SearchError as error:
            self._breaker.note_success()
            self._note_fault(part, error)
            part.fail(error)
        else:
            self._breaker.note_success()
            self._note_cost(part, answer, (self._clock.monotonic() - began) * 1000)
            part.give(answer)
        if part.refusal is not None:
            self._count_down(part.refusal)

    async def _send_batch(self, parts: list[Part]) -> None:
        try:
            async with asyncio.timeout(self._timeouts.batch_s):
                lines = b"".join([part.query.lines for part in parts])
                answer = await self._connection.exchange("POST", "/_msearch", lines, is_lines=True)
        except TimeoutError:
            self._send_singly(parts, Refusal(len(parts), is_explained=True))
        except ClusterUnavailable as error:
            for part in parts:
                part.fail(ClusterUnavailable(str(error)))
            self._note_failure(error)
        except SearchError as error:
            self._breaker.note_success()
            if error.status == _UNAUTHORIZED:
                for part in parts:
                    part.fail(SearchError(error.status, error.error_type, error.reason, error.body))
            else:
                self._send_singly(parts, Refusal(len(parts)))
        else:
            self._breaker.note_success()
            # One batch a turn of the loop: what its callers do with their answers must not add up to a long one.
            async with self._handing_out:
                self._hand_out(parts, answer)
                await asyncio.sleep(0)

    def _hand_out(self, parts: list[Part], answer: JsonObject) -> None:
        responses: JsonValue = answer.get("responses")
        if not _is_one_each(responses, parts):
            self._send_singly(parts, Refusal(len(parts)))
            return
        self._most_in_batch = min(self._most_in_batch + 1, self._limits.batch_searches)
        for part, response in zip(parts, responses, strict=True):
            if "error" in response:
                self._doubt(part)
                part.fail(error_of_json(self._name, response.get("status", 500), response))
            else:
                self._note_cost(part, response, 0.0)
                part.give(response)

    def _send_singly(self, parts: list[Part], refusal: Refusal) -> None:
        """All of them, before anything else that waits; each shape has to prove itself again."""
        for part in reversed(parts):
            self._doubt(part)
            part.refusal = refusal
            self._unproven.waiting.appendleft(part)

    def _count_down(self, refusal: Refusal) -> None:
        """A refusal that no part explains is one of batches as such: too large, or not allowed. Make them smaller."""
        refusal.pending -= 1
        if refusal.pending == 0 and not refusal.is_explained:
            self._most_in_batch = max(1, self._most_in_batch // 2)
            text = "cluster [%s] refused a batch, and none of its searches alone: batches hold %d searches at most now"
            _log.warning(text, self._name, self._most_in_batch)

    def _note_cost(self, part: Part, answer: JsonObject, elapsed_ms: float) -> None:
        """The server's own time if the answer has it."""
        if part.shape is not None:
            took = answer.get("took")
            self._history.note_cost(part.shape, took if isinstance(took, int) else elapsed_ms)

    def _note_abandoned(self, parts: list[Part], elapsed_ms: float) -> None:
        """Nobody waited long enough: a search that has been under way for long counts as that slow."""
        for part in parts:
            if len(parts) == 1 and elapsed_ms > self._limits.fast_ms:
                self._note_cost(part, {}, elapsed_ms)
            else:
                self._doubt(part)
            part.fail(ClusterUnavailable(self._closed()))

    def _note_fault(self, part: Part, error: SearchError) -> None:
        """What fails alone, too, explains why its batch failed; a malformed search would make the next one fail."""
        self._doubt(part)
        if part.refusal is None:
            return
        part.refusal.is_explained = True
        if part.shape is not None and error.status == _BAD_REQUEST:
            self._history.exclude(part.shape)

    def _doubt(self, part: Part) -> None:
        if part.shape is not None:
            self._history.doubt(part.shape)

    def _note_failure(self, error: ClusterUnavailable) -> None:
        """A failure that opens the breaker is also that of everything that waits."""
        self._breaker.note_failure(error)
        try:
            self._breaker.check()
        except ClusterUnavailable as resting:
            self._fail_waiting(str(resting))

    def _fail_waiting(self, reason: str) -> None:
        for lane in (self._fast, self._unproven, self._slow):
            for part in lane.empty():
                part.fail(ClusterUnavailable(reason))
        self._waiting.clear()

    def _closed(self) -> str:
        return f"the connection to cluster [{self._name}] was closed"


def _is_one_each(responses: JsonValue, parts: list[Part]) -> bool:
    return (
        isinstance(responses, list)
        and len(responses) == len(parts)
        and all(isinstance(response, dict) for response in responses)
    )
