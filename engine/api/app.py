"""The HTTP API as an ASGI application: each request through the checks in the order of rest-api.md 1.4."""

import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from engine.api.body import Incoming, check_length, parse_body, read_body
from engine.api.errors import ApiError, Misplaced, Place, answer_of, error_answer, internal_error
from engine.api.headers import SAFE_METHODS, answer_headers, check_headers
from engine.api.query import parse_query
from engine.api.rate_limit import RateLimit
from engine.api.route import OPAQUE_ID, Answer, Request, Route
from engine.api.routing import Found, RouteTable
from engine.api.settings import ApiSettings
from engine.model.errors import InvalidInput, Problem, StoreUnavailable, TocsinError
from engine.model.jsonvalue import JsonValue
from engine.model.request_mark import marked
from engine.model.rule import DEFAULT_SPACE
from engine.operations.validation import parse_model
from engine.ports.clock import Ids
from engine.security.caller import ANYBODY, NOBODY, Caller

_log = logging.getLogger("tocsin.api")

_MOST_QUERY_MEMBERS = 2000
T = TypeVar("T")


class Authenticate(Protocol):
    """Finds out who asks."""

    async def __call__(self, headers: Mapping[str, str], peer: str | None, *, is_open: bool) -> Caller:
        """The caller whom the headers (names in lower case) stand for; ``peer`` is the client's address.

        ``is_open``: a caller without credentials is `NOBODY`. Runs on the engine's loop. Raises Unauthorized.
        """
        ...


async def let_in_anybody(headers: Mapping[str, str], peer: str | None, *, is_open: bool) -> Caller:
    """While security is off everybody may do everything (rest-api.md 1.7)."""
    return ANYBODY


class HandOver(Protocol):
    """Runs a coroutine where the engine lives, and waits for it."""

    def __call__(self, work: Coroutine[Any, Any, T], /) -> Awaitable[T]: ...


def stay(work: Coroutine[Any, Any, T], /) -> Awaitable[T]:
    """The engine lives on this very loop."""
    return work


SpaceExists = Callable[[str], Awaitable[bool]]
"""Whether there is a space of that id; not asked for the default one."""


async def only_default_space(space: str) -> bool:
    """For servers that have no other space."""
    return space == DEFAULT_SPACE


def ignore_changes() -> None:
    """For engines that run nothing by themselves."""


OnAnswer = Callable[[str, int, float], None]
"""Told of each answer, on the server's loop: the request's method, the status, and the seconds that it took."""


def ignore_answers(method: str, status: int, duration_s: float) -> None:
    """For servers that nobody watches."""


class Api:
    """The application. ``hand_over`` brings what touches the engine onto its loop; parsing and checking stay here.

    ``on_change`` is called on the engine's loop after each request that may have changed something.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        *,
        now: Callable[[], datetime],
        new_id: Ids,
        settings: ApiSettings | None = None,
        authenticate: Authenticate = let_in_anybody,
        space_exists: SpaceExists = only_default_space,
        hand_over: HandOver = stay,
        on_change: Callable[[], None] = ignore_changes,
        on_answer: OnAnswer = ignore_answers,
    ) -> None:
        self._table = RouteTable(routes)
        self._now, self._new_id = now, new_id
        self._settings = settings or ApiSettings()
        self._rate = None if self._settings.rate_limit is None else RateLimit(self._settings.rate_limit)
        self._authenticate = authenticate
        self._space_exists = space_exists
        self._hand_over, self._on_change, self._on_answer = hand_over, on_change, on_answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"only HTTP is served here, not {scope['type']}")
        request_id, started = self._new_id(), time.monotonic()
        incoming = Incoming(receive)
        http = HttpRequest(scope, incoming)
        mark = _mark_of(http)
        route, answer = await self._answer(http, request_id, mark)
        headers = {**answer_headers(route, self._settings), **answer.headers}
        if answer.status >= HTTPStatus.BAD_REQUEST and incoming.is_left(http.headers):
            await incoming.skip_rest()
            if incoming.is_left(http.headers):
                # Whoever was refused would send the rest of the body all the same, for as long as it liked.
                headers["connection"] = "close"
        await _send(http, answer, headers, scope, receive, send)
        took_s = time.monotonic() - started
        self._on_answer(http.method, answer.status, took_s)
        _log.log(
            logging.INFO if _is_worth_a_line(http.method, answer.status) else logging.DEBUG,
            "%s %s %d",
            http.method,
            scope["path"],
            answer.status,
            extra=_told(
                request_id,
                duration_ms=round(took_s * 1000),
                **mark,
            ),
        )

    async def _answer(self, http: HttpRequest, request_id: str, mark: Mapping[str, str]) -> tuple[Route | None, Answer]:
        """The route, if one was found, and the answer: never an exception."""
        route: Route | None = None
        try:
            found = self._table.find(http.method, _raw_path(http.scope))
            if found is None:
                return None, error_answer(HTTPStatus.NOT_FOUND, "Not Found")
            route = found.route
            return route, await self._run(found, http, request_id)
        except TocsinError as error:
            answer = answer_of(error, _place_of(route))
            if answer is None:
                _log.error("request failed: %s", error, extra=_told(request_id, **mark))
            return route, answer or internal_error(request_id)
        except Exception:  # noqa: BLE001 - whatever it is, the caller gets an answer and the log the cause
            _log.exception("request failed", extra=_told(request_id, **mark))
            return route, internal_error(request_id)

    async def _run(self, found: Found, http: HttpRequest, request_id: str) -> Answer:
        """Everything from the caller to the handler, in the order of 1.4."""
        route, headers = found.route, _headers(http.scope)
        peer = None if http.client is None else http.client.host
        if self._rate is not None:
            self._rate.take(peer or "")
        caller = NOBODY if route.is_apart else await self._caller(route, headers, peer)
        check_length(headers, self._settings)
        body = await self._body(route, http)
        check_headers(route, http.method, http.scope["path"], headers, self._settings)
        await self._check_space(found.space)
        if route.judges_need_first:
            _check_need(route, caller, found.space)
        query = None if route.query is None else _query(route.query, http.scope["query_string"])
        _check_body(route, body)
        _check_need(route, caller, found.space)
        request = Request(
            method=http.method,
            path=http.scope["path"],
            parts=found.parts,
            space=found.space,
            query=query,
            body=body,
            caller=caller,
            at=self._now(),
            headers=headers,
            id=request_id,
        )
        return await (route.handle(request) if route.is_apart else self._hand_over(self._handled(route, request)))

    async def _caller(self, route: Route, headers: Mapping[str, str], peer: str | None) -> Caller:
        try:
            return await self._hand_over(self._authenticate(headers, peer, is_open=route.is_open))
        except StoreUnavailable:
            if not route.is_open:
                raise
            # Open routes tell strangers that the store does not answer.
            return NOBODY

    async def _handled(self, route: Route, request: Request) -> Answer:
        with marked(request.opaque_id):
            answer = await route.handle(request)
        if route.method != "GET":
            self._on_change()
        return answer

    async def _body(self, route: Route, http: HttpRequest) -> JsonValue:
        if route.body is None:
            return None
        body = await read_body(http.stream(), self._settings)
        return parse_body(body, http.headers.get("content-type"))

    async def _check_space(self, space: str) -> None:
        if space != DEFAULT_SPACE and not await self._hand_over(_asked(self._space_exists, space)):
            raise ApiError(HTTPStatus.NOT_FOUND, f"space [{space[:100]}] not found")


async def _asked(space_exists: SpaceExists, space: str) -> bool:
    return await space_exists(space)


def _query(model: type[BaseModel], raw: bytes) -> BaseModel:
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_QUERY_MEMBERS
        )
    except ValueError:
        remedy = f"percent-encode its UTF-8 form, and send at most {_MOST_QUERY_MEMBERS} members"
        raise Misplaced("request query", InvalidInput([Problem("", "cannot be read", remedy)])) from None
    try:
        return parse_query(model, pairs)
    except InvalidInput as error:
        raise Misplaced("request query", error) from None


def _check_body(route: Route, body: JsonValue) -> None:
    """Judge the schema here already: before rights, and where it takes no time of the engine's."""
    if route.body is None or (body is None and route.body_is_optional):
        return
    try:
        parse_model(route.body, body)
    except InvalidInput as error:
        raise Misplaced("request body", error) from None


def _check_need(route: Route, caller: Caller, space: str) -> None:
    if route.needs is not None:
        route.needs.check(caller, space)


def _place_of(route: Route | None) -> Place | None:
    """Where the paths of what an operation refuses start."""
    if route is None or route.body is not None:
        return "request body"
    return None if route.query is None else "request query"


def _raw_path(scope: Scope) -> str:
    """The path as sent. Servers that keep none give the decoded one."""
    raw = scope.get("raw_path")
    return str(scope["path"]) if raw is None else bytes(raw).partition(b"?")[0].decode("latin-1")


def _headers(scope: Scope) -> dict[str, str]:
    """By name, the first of each; Starlette's own mapping looks through all of them for each one that is asked for."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}


def _is_worth_a_line(method: str, status: int) -> bool:
    """Changes are, and whoever was not let in; what was only wrong is known to whoever sent it."""
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return True
    return method not in SAFE_METHODS and status < HTTPStatus.BAD_REQUEST


def _mark_of(http: HttpRequest) -> dict[str, str]:
    """What the client calls the request, as log lines have it."""
    mark = http.headers.get(OPAQUE_ID)
    return {} if mark is None else {"opaque_id": mark}


def _told(request_id: str, **more: object) -> dict[str, object]:
    return {"fields": {"request_id": request_id, **more}}


async def _send(
    http: HttpRequest, answer: Answer, headers: Mapping[str, str], scope: Scope, receive: Receive, send: Send
) -> None:
    is_empty = answer.status == HTTPStatus.NO_CONTENT
    content = b"" if is_empty or http.method == "HEAD" else answer.content
    response = Response(content, answer.status, media_type=None)
    if not is_empty:
        response.headers["content-length"] = str(len(answer.content))
        response.headers["content-type"] = answer.media_type
    for name, value in headers.items():
        response.headers[name] = value
    await response(scope, receive, send)
