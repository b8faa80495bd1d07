"""What a resource module declares: its routes, each with a function from a request to an answer.

A module offers ``routes(...) -> tuple[Route, ...]``, which `tocsin.http_api` lists. What a route declares is checked
before its handler runs, in the order of rest-api.md 1.4: path, caller, body, headers, query, schema of the body, need.
So a handler sees parsed values, calls one operation, and lets its errors pass: `engine.api.errors` makes answers of
them.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypedDict, TypeVar

import orjson
from pydantic import BaseModel

from engine.model.jsonvalue import JsonValue
from engine.model.rule import DEFAULT_SPACE
from engine.security.caller import ANYBODY, Caller, ClusterNeed, Need

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Query = TypeVar("Query", bound=BaseModel)

PUBLIC_VERSION = "2023-10-31"
"""The only version of the public routes (rest-api.md 1.2)."""


OPAQUE_ID = "x-opaque-id"
"""The header by which clients name their requests (rest-api.md 1.2)."""


class ByCaller(TypedDict):
    """What operations that change something are told of a request: where, when, by whom."""

    space: str
    at: datetime
    actor: str | None


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose route was found and whose declared parts were checked.

    ``parts``: the path's parameters, percent-decoded. ``body``: the JSON as sent, None if there was none or the route
    declares none. ``at``: the instant of its arrival. ``id``: what log lines call it.
    """

    method: str
    path: str
    at: datetime
    parts: Mapping[str, str] = field(default_factory=dict)
    space: str = DEFAULT_SPACE
    query: BaseModel | None = None
    body: JsonValue = None
    caller: Caller = ANYBODY
    headers: Mapping[str, str] = field(default_factory=dict)
    id: str = ""

    def query_as(self, model: type[Query]) -> Query:
        """The query string as the model that the route declares."""
        if not isinstance(self.query, model):
            raise TypeError(f"{self.method} {self.path} declares no query of {model.__name__}")
        return self.query

    @property
    def opaque_id(self) -> str | None:
        """What the client calls this request."""
        return self.headers.get(OPAQUE_ID)

    @property
    def by_caller(self) -> ByCaller:
        """Where, when and by whom something is to be changed: ``operation(..., **request.by_caller)``."""
        return {"space": self.space, "at": self.at, "actor": self.caller.name}


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back; `answer_json`, `NO_CONTENT` and `answer_text` make most of them."""

    status: int = 200
    content: bytes = b""
    media_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


NO_CONTENT = Answer(204)
EMPTY = Answer(200)
"""200 without a body, as deleting a data view is answered."""


def answer_json(value: JsonValue, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer that holds a JSON value."""
    return Answer(status, orjson.dumps(value), headers=headers or {})


def answer_text(text: str, media_type: str = "text/plain; charset=utf-8", status: int = 200) -> Answer:
    """An answer that holds text."""
    return Answer(status, text.encode(), media_type)


Handler = Callable[[Request], Awaitable[Answer]]
"""Answers a request. Runs on the engine's event loop; raises the errors of the operations that it calls."""


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path.

    ``path``: from the space on, parameters as ``{name}``; each stands for one segment, which may hold encoded slashes.
    ``query``: a model of strict types from `engine.api.query`; None = the query string is ignored. ``body``: the model
    that a JSON body must satisfy (a ``RootModel`` for arrays); None = a body is ignored. ``body_is_optional``: none and
    null are taken without a check. ``needs``: a right that is judged before the handler runs; rule routes
    have none, since what they need depends on the rule. ``judges_need_first``: that comes before query and body,
    too. ``is_open``: answers callers without credentials, too, who are
    `NOBODY` then. ``is_apart``: handled by the server alone and not on the engine's loop, without asking who comes.
    ``in_spaces``: also under ``/s/{space}``. ``summary`` and ``examples`` are
    for the reference.
    """

    method: Method
    path: str
    handle: Handler
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    body_is_optional: bool = False
    needs: Need | ClusterNeed | None = None
    judges_need_first: bool = False
    is_open: bool = False
    is_apart: bool = False
    in_spaces: bool = True
    summary: str = ""
    examples: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_internal(self) -> bool:
        """Whether it is one of Kibana's internal routes, which have a version of their own."""
        return self.path.startswith("/internal/")

    @property
    def is_public(self) -> bool:
        """Whether it is one of Kibana's public routes, whose answers name their version."""
        return self.path.startswith("/api/") and not self.path.startswith(("/api/tocsin/", "/api/v1/"))
