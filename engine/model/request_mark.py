"""What a client calls the request under way, so that what it changes can be found by that name (rest-api.md 1.2)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_MOST_CHARS = 256
_mark: ContextVar[str | None] = ContextVar("tocsin_request_mark", default=None)


def current_mark() -> str | None:
    """The mark of the request that this task handles; None outside of requests, and for requests without one."""
    return _mark.get()


@contextmanager
def marked(mark: str | None) -> Iterator[None]:
    """Let everything that this task does inside know the mark, cut to a bounded length."""
    token = _mark.set(None if mark is None else mark[:_MOST_CHARS])
    try:
        yield
    finally:
        _mark.reset(token)
