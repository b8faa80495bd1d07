"""What a command asks: routes of the HTTP API, wherever they are answered."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias
from urllib.parse import quote

from engine.api.route import Method
from engine.model.errors import InvalidInput, Problem, TocsinError, TooManyRequests
from engine.model.jsonvalue import JsonValue

Query: TypeAlias = Mapping[str, str | bool | int | Sequence[str] | None]
"""Members of a query string. None: left out; several texts: given several times."""

_BAD_REQUEST, _CONFLICT, _INTERNAL, _UNAVAILABLE = 400, 409, 500, 503
_EXIT_CODES = {_CONFLICT: 1, TooManyRequests.http_status: TooManyRequests.exit_code, _UNAVAILABLE: 3}


class Api(Protocol):
    """The API in one space. ``kind``: what answers, in a word for people."""

    @property
    def kind(self) -> Literal["store", "server"]: ...

    async def ask(self, method: Method, path: str, *, query: Query | None = None, body: JsonValue = None) -> Any:
        """The JSON that a request is answered with, None if there is none; ``path`` as `path_of` makes it.

        Raises TocsinError; its ``http_status`` is that of the answer.
        """
        ...


class Refused(TocsinError):
    """A request was refused with that status; the exit code is that of the same error on a store."""

    code = "TOC1508"

    def __init__(self, status: int, message: str) -> None:
        self.http_status = status
        self.exit_code = _EXIT_CODES.get(status, 2 if status < _INTERNAL else 70)
        super().__init__(message)


def path_of(template: str, **parts: str) -> str:
    """The path of a route with its parameters encoded: ``/api/alerting/rule/{id}``. Raises InvalidInput for ``''``."""
    for name, part in parts.items():
        if not part:
            raise InvalidInput([Problem(name, "is empty", "name what is meant")])
    return template.format(**{name: quote(part, safe="") for name, part in parts.items()})


def pairs_of(query: Query | None) -> list[tuple[str, str]]:
    """A query as names and texts."""
    pairs = []
    for name, value in (query or {}).items():
        if value is None:
            continue
        values = [value] if isinstance(value, str | bool | int) else value
        pairs += [(name, str(each).lower() if isinstance(each, bool) else str(each)) for each in values]
    return pairs
