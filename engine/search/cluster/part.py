"""One request on its way: everyone who waits for its answer, and the exchange that carries it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.model.jsonvalue import JsonObject


@dataclass(frozen=True, slots=True)
class Query:
    """A request as it is sent alone. ``header`` is its line in a ``_msearch``; empty: it cannot travel in one.

    Equal queries have equal answers: a write has a ``write_number`` of its own, so that no other is taken for it.
    ``is_lines``: the body is NDJSON. ``is_repeatable`` False: sending it twice may write twice.
    """

    method: str
    target: str
    body: bytes = b""
    header: bytes = b""
    write_number: int = 0
    is_lines: bool = False
    is_repeatable: bool = True

    @property
    def lines(self) -> bytes:
        """What it adds to a ``_msearch``."""
        return b"%b\n%b\n" % (self.header, self.body)

    @property
    def line_bytes(self) -> int:
        return len(self.header) + len(self.body) + 2


@dataclass(slots=True, eq=False)
class Part:
    """A query, its shape in the history (None: it has none), and its expected cost (None: unproven)."""

    query: Query
    shape: int | None
    cost_ms: float | None
    waiters: "set[asyncio.Future[JsonObject]]" = field(default_factory=set)
    on_left: Callable[[], None] | None = None
    """Called when somebody gives up waiting for an answer that is under way."""
    refusal: "Refusal | None" = None
    """The refused batch that it was in."""

    @property
    def is_wanted(self) -> bool:
        return bool(self.waiters)

    async def wait(self) -> JsonObject:
        """The answer, or the error raised. Cancelling only means that this caller no longer wants it."""
        waiter: asyncio.Future[JsonObject] = asyncio.get_running_loop().create_future()
        self.waiters.add(waiter)
        try:
            return await waiter
        finally:
            self.waiters.discard(waiter)
            if self.on_left is not None and (waiter.cancelled() or not waiter.done()):
                self.on_left()

    def give(self, answer: JsonObject) -> None:
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(answer)

    def fail(self, error: BaseException) -> None:
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_exception(error)


@dataclass(slots=True, eq=False)
class Refusal:
    """A batch that was refused as a whole: its parts are sent singly, which shows whose fault it was."""

    pending: int
    is_explained: bool = False
