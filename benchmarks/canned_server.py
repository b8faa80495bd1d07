"""A search server that answers without searching, in a process of its own: its work is not the engine's.

``python -m benchmarks.canned_server`` prints its port and serves until its standard input ends, so that it never
outlives the program that measures.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import orjson

ABOVE = "above"
"""Indices whose names begin so have more documents than a rule of `benchmarks.rules` allows."""

LARGEST_BATCH = "/largest-batch"
"""Gives the lines of the largest ``_msearch`` so far, as the member ``lines``."""

_HEAD_END = b"\r\n\r\n"
_ABOVE_HEADER = b'{"index":["' + ABOVE.encode()


def _answer(count: int) -> bytes:
    return orjson.dumps(
        {
            "took": 1,
            "timed_out": False,
            "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
            "hits": {"total": {"value": count, "relation": "eq"}, "max_score": None, "hits": []},
            "aggregations": {"dateAgg": {"buckets": [{"key": "window", "doc_count": count}]}},
            "status": 200,
        }
    )


_ANSWERS = {True: _answer(42), False: _answer(3)}


class _Exchange(asyncio.Protocol):
    """One connection. Of a request it reads its length, and of a batch how many searches it holds and of what."""

    largest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(_HEAD_END)) >= 0:
            head, start = self._received[:end], end + len(_HEAD_END)
            stop = start + _length_of(head)
            if len(self._received) < stop:
                return
            body, self._received = self._received[start:stop], self._received[stop:]
            self._reply(_respond(head.split(b" ", 2)[1], body))

    def _reply(self, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


def _length_of(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def _respond(target: bytes, body: bytes) -> bytes:
    if target == LARGEST_BATCH.encode():
        return orjson.dumps({"lines": _Exchange.largest.decode()})
    if not target.startswith(b"/_msearch"):
        return _ANSWERS[target.startswith(b"/" + ABOVE.encode())]
    if len(body) > len(_Exchange.largest):
        _Exchange.largest = body
    answers = [_ANSWERS[header.startswith(_ABOVE_HEADER)] for header in body.split(b"\n")[:-1:2]]
    return b'{"took":1,"responses":[' + b",".join(answers) + b"]}"


@contextmanager
def canned_server() -> Iterator[str]:
    """The URL of a server that runs until the block ends."""
    command = [sys.executable, "-m", "benchmarks.canned_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Exchange, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.buffer.read)


if __name__ == "__main__":
    asyncio.run(_serve())
