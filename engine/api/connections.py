"""Connections of HTTP clients, bounded in number and in how long they may take to ask for something.

uvicorn bounds what a request holds and how long a connection idles between two. It waits without end for the first
request, and for a head that comes byte by byte; and each connection costs one of the files that the process may open.
"""

import asyncio
from typing import cast

import h11
import orjson
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

MOST_CONNECTIONS = 500
"""More are closed as soon as they are opened."""
HEAD_TIMEOUT_S = 15.0
"""From the beginning of a connection, or the first byte of a further request, to the end of the head."""
MOST_HEAD_BYTES = 65_536

_PIECE_BYTES = 4_096
"""What h11 is given at once. It measures a head only while that is incomplete, so one that comes whole could be longer
than allowed by as much as this."""

_REFUSAL = orjson.dumps({"statusCode": 400, "error": "Bad Request", "message": "this is no valid HTTP request"})


class BoundedConnection(H11Protocol):
    """A connection that is closed when there are too many, or nothing is asked for in time."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), _PIECE_BYTES):
            if self.transport.is_closing():
                return
            super().data_received(data[start : start + _PIECE_BYTES])
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_watch()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be understood like every other error, if nothing else is being answered."""
        if self._is_answering:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self.transport.abort()
            return
        if self.conn.our_state is h11.IDLE:
            headers = [
                (b"content-type", b"application/json; charset=utf-8"),
                (b"content-length", str(len(_REFUSAL)).encode()),
                (b"connection", b"close"),
            ]
            for event in (
                h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
                h11.Data(data=_REFUSAL),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    @property
    def _is_answering(self) -> bool:
        """Whether a request has come whose answer has not gone out whole."""
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None before the first request
        return cycle is not None and not cycle.response_complete

    def _watch(self) -> None:
        """Begin to wait for a head, unless it is waited for already; end it once a request is being answered."""
        if self._is_answering:
            self._end_watch()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_TIMEOUT_S, self._give_up)

    def _end_watch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if not self._is_answering:
            self.transport.abort()
