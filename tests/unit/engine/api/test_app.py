"""The application before any resource: which check answers, and with what (rest-api.md 1)."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Literal

import pytest
from pydantic import Field

from engine.api.app import Api
from engine.api.body import read_body
from engine.api.errors import ApiError
from engine.api.query import QueryBool, QueryInteger, QueryTexts
from engine.api.route import EMPTY, NO_CONTENT, Answer, Request, Route, answer_json
from engine.api.settings import ApiSettings
from engine.model.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    Problem,
    StoreUnavailable,
    TooManyRequests,
    Unauthorized,
)
from engine.operations.values import Strict
from engine.security.caller import NOBODY, Caller, Need

NO_HEADERS: Mapping[str, str] = {}


class ThingBody(Strict):
    name: str
    parts: list[int] = Field(default_factory=list)


class ThingQuery(Strict):
    page: QueryInteger = 1
    deep: QueryBool = False
    order: Literal["asc", "desc"] = "asc"
    field: QueryTexts = Field(default_factory=list)


async def echo(request: Request) -> Answer:
    query = None if request.query is None else request.query.model_dump()
    return answer_json(
        {"space": request.space, "parts": dict(request.parts), "body": request.body, "query": query},
    )


FAILURES: dict[str, Exception] = {
    "refused": InvalidInput([Problem("tags.0", "is bad", "mend it"), Problem("", "and so on")]),
    "unknown": NotFound("rule", "r1"),
    "taken": Conflict("rule [r1] exists already"),
    "forbidden": Forbidden("you may not"),
    "stranger": Unauthorized("who are you?"),
    "hasty": TooManyRequests("wait", 7),
    "bug": RuntimeError("secret detail"),
    "store": StoreUnavailable("/path/of/the/store is gone"),
}


async def fail(request: Request) -> Answer:
    raise FAILURES[request.parts["how"]]


async def empty(request: Request) -> Answer:
    return NO_CONTENT if request.parts["id"] == "204" else EMPTY


ROUTES = (
    Route("GET", "/api/thing/{id}", echo),
    Route("POST", "/api/thing", echo, body=ThingBody),
    Route("POST", "/api/thing/{id}/_touch", echo),
    Route("POST", "/api/thing/{id}/_maybe", echo, body=ThingBody, body_is_optional=True),
    Route("GET", "/api/things/_find", echo, query=ThingQuery),
    Route("GET", "/api/things/{id}", echo),
    Route("GET", "/internal/thing", echo),
    Route("POST", "/internal/thing", echo, body=ThingBody),
    Route("GET", "/api/tocsin/v1/thing", echo),
    Route("GET", "/metrics", echo, in_spaces=False),
    Route("GET", "/api/fail/{how}", fail),
    Route("POST", "/api/fail/{how}", fail, body=ThingBody),
    Route("DELETE", "/api/thing/{id}", empty),
)


async def spaces(space: str) -> bool:
    return space == "ops"


@pytest.fixture
def send(client: Any) -> Any:
    return client(ROUTES, space_exists=spaces)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/thing/a", 200),
        ("HEAD", "/api/thing/a", 200),
        ("PUT", "/api/thing/a", 404),
        ("OPTIONS", "/api/thing/a", 404),
        ("GET", "/api/thing/", 404),
        ("GET", "/api/thing", 404),
        ("GET", "/api/thing/a/b", 404),
        ("GET", "//api/thing/a", 404),
        ("GET", "/", 404),
        ("GET", "/api/thing/a/", 200),
        ("GET", "/s/default/api/thing/a", 200),
        ("GET", "/s/ops/api/thing/a", 200),
        ("GET", "/s/other/api/thing/a", 404),
        ("GET", "/s/OPS/api/thing/a", 404),
        ("GET", "/s/ops", 404),
        ("GET", "/s//api/thing/a", 404),
        ("GET", "/metrics", 200),
        ("GET", "/s/ops/metrics", 404),
        ("GET", "/api/thing/%FF", 400),
        ("GET", "/api/../etc/passwd", 404),
    ],
)
async def test_paths_lead_to_routes(send: Any, method: str, path: str, status: int) -> None:
    answered = await send(method, path)
    assert answered.status == status
    if status == 404:
        assert set(answered.json) == {"statusCode", "error", "message"}
        assert (answered.json["statusCode"], answered.json["error"]) == (404, "Not Found")


@pytest.mark.parametrize(
    ("raw", "decoded"),
    [("host%20a%2Fb%2Cc", "host a/b,c"), ("a+b", "a+b"), ("%C3%A9", "é"), ("..", ".."), ("_find", "_find")],
)
async def test_path_parameters_are_decoded_after_the_path_was_taken_apart(send: Any, raw: str, decoded: str) -> None:
    assert (await send("GET", f"/api/thing/{raw}")).json["parts"] == {"id": decoded}


async def test_literal_segments_go_before_parameters(send: Any) -> None:
    assert (await send("GET", "/api/things/_find")).json["query"] is not None
    assert (await send("GET", "/api/things/other")).json["parts"] == {"id": "other"}


def test_two_routes_of_one_shape_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        Api([Route("GET", "/a/{x}", echo), Route("GET", "/a/{y}", echo)], now=lambda: None, new_id=str)  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/api/thing/a/_touch", {}, 400),
        ("POST", "/api/thing/a/_touch", {"kbn-xsrf": ""}, 200),
        ("POST", "/api/thing/a/_touch", {"kbn-version": "9.1.0"}, 200),
        ("POST", "/api/thing/a/_touch", {"kbn-version": "8.0.0"}, 400),
        ("POST", "/api/thing/a/_touch", {"kbn-xsrf": "x", "kbn-version": "8.0.0"}, 400),
        ("DELETE", "/api/thing/a", {}, 400),
        ("GET", "/api/thing/a", {}, 200),
        ("HEAD", "/api/thing/a", {}, 200),
        ("GET", "/api/thing/a", {"elastic-api-version": "2023-10-31"}, 200),
        ("GET", "/api/thing/a", {"elastic-api-version": "1"}, 400),
        ("GET", "/internal/thing", {"elastic-api-version": "1"}, 200),
        ("GET", "/internal/thing", {"elastic-api-version": "2"}, 400),
        ("GET", "/api/tocsin/v1/thing", {"elastic-api-version": "7"}, 200),
        ("GET", "/internal/thing", {}, 200),
        ("POST", "/nowhere", {}, 404),
    ],
)
async def test_headers_that_requests_need(
    send: Any, method: str, path: str, headers: Mapping[str, str], status: int
) -> None:
    assert (await send(method, path, headers=headers)).status == status


async def test_switches_of_the_header_checks(client: Any) -> None:
    lax = client(ROUTES, settings=ApiSettings(is_xsrf_checked=False))
    assert (await lax("POST", "/api/thing/a/_touch", headers=NO_HEADERS)).status == 200
    listed = client(ROUTES, settings=ApiSettings(xsrf_allowlist=frozenset({"/api/thing/a/_touch"})))
    assert (await listed("POST", "/api/thing/a/_touch", headers=NO_HEADERS)).status == 200
    assert (await listed("POST", "/api/thing/b/_touch", headers=NO_HEADERS)).status == 400
    strict = client(ROUTES, settings=ApiSettings(restricts_internal=True))
    assert (await strict("GET", "/internal/thing", headers=NO_HEADERS)).status == 400
    assert (await strict("GET", "/internal/thing", headers={"X-Elastic-Internal-Origin": "Kibana"})).status == 200


async def test_public_answers_name_their_version_also_when_they_refuse(send: Any) -> None:
    for path, version in {
        "/api/thing/a": "2023-10-31",
        "/api/fail/unknown": "2023-10-31",
        "/internal/thing": None,
        "/api/tocsin/v1/thing": None,
        "/nowhere": None,
    }.items():
        assert (await send("GET", path)).headers.get("elastic-api-version") == version, path


async def test_what_every_answer_carries(send: Any) -> None:
    answered = await send("GET", "/api/thing/a")
    assert answered.headers["content-type"] == "application/json; charset=utf-8"
    assert answered.headers["kbn-name"] == "tocsin"
    assert answered.headers["x-content-type-options"] == "nosniff"
    assert answered.headers["content-length"] == str(len(answered.content))


async def test_answers_without_a_body(send: Any) -> None:
    no_content, nothing = await send("DELETE", "/api/thing/204"), await send("DELETE", "/api/thing/200")
    assert (no_content.status, no_content.content) == (204, b"")
    assert "content-type" not in no_content.headers
    assert (nothing.status, nothing.content) == (200, b"")
    assert nothing.headers["content-type"].startswith("application/json")
    whole, head = await send("GET", "/api/thing/a"), await send("HEAD", "/api/thing/a")
    assert (head.content, head.headers["content-length"]) == (b"", whole.headers["content-length"])


JSON = {"kbn-xsrf": "x", "content-type": "application/json"}


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b'{"name": "n"}', JSON, 200),
        (b'{"name": "n"}', {**JSON, "content-type": "Application/JSON; charset=utf-8"}, 200),
        (b'{"name": "n"}', {"kbn-xsrf": "x"}, 200),
        (b'{"name": "n"}', {**JSON, "content-type": "text/plain"}, 415),
        (b"name=n", {**JSON, "content-type": "application/x-www-form-urlencoded"}, 415),
        (b"", {**JSON, "content-type": "text/plain"}, 400),
        (b"", JSON, 400),
        (b"{", JSON, 400),
        (b'{"name": "\xff"}', JSON, 400),
        (b'{"name": NaN}', JSON, 400),
        (b"[" * 100_000, JSON, 400),
        (b'{"a":' * 900 + b"1" + b"}" * 900, JSON, 400),
        (b"null", JSON, 400),
        (b'{"name": "n"}', {**JSON, "content-length": "99999999999999999999"}, 413),
        (b'{"name": "n"}', {**JSON, "content-length": "1048577"}, 413),
        (b" " * 1_048_576 + b"{", JSON, 413),
    ],
    ids=range(16),
)
async def test_bodies(send: Any, content: bytes, headers: Mapping[str, str], status: int) -> None:
    answered = await send("POST", "/api/thing", content=content, headers=headers)
    assert answered.status == status
    assert status == 200 or answered.json["statusCode"] == status


async def test_a_body_is_refused_as_soon_as_it_is_too_long(client: Any) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 1000

    answered = await client(ROUTES)("POST", "/api/thing", content=endless())
    assert (answered.status, answered.json["error"]) == (413, "Request Entity Too Large")
    assert sent <= 1050


@pytest.mark.parametrize(
    ("method", "path", "content", "is_closed"),
    [
        ("POST", "/api/thing", [b"{", b"}"], False),
        ("POST", "/api/thing", [b" " * 1_048_577, b" " * 65_536], True),
        ("POST", "/nowhere", [b" " * 65_536, b" "], True),
        ("POST", "/nowhere", [b"{", b"}"], False),
        ("POST", "/nowhere", [], False),
        ("POST", "/api/thing/a/_touch", [b"{", b"}"], False),
    ],
)
async def test_who_was_refused_is_not_listened_to_any_longer(
    send: Any, method: str, path: str, content: list[bytes], is_closed: bool
) -> None:
    headers = {"kbn-xsrf": "x", **({"transfer-encoding": "chunked"} if content else {})}
    answered = await send(method, path, content=content, headers=headers)
    assert (answered.headers.get("connection") == "close") is is_closed


async def test_a_body_that_does_not_arrive_in_time_is_given_up() -> None:
    async def stuck() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    with pytest.raises(ApiError) as raised:
        await read_body(stuck(), ApiSettings(body_timeout_s=0.01))
    assert raised.value.status == 408


async def test_routes_without_a_body_ignore_it(send: Any) -> None:
    for content in (b"{}", b"{", b"text"):
        answered = await send("POST", "/api/thing/a/_touch", content=content)
        assert (answered.status, answered.json["body"]) == (200, None)


async def test_an_optional_body_is_none_null_or_right(send: Any) -> None:
    path = "/api/thing/a/_maybe"
    assert (await send("POST", path)).status == 200
    assert (await send("POST", path, content=b"null")).status == 200
    assert (await send("POST", path, json={"name": "n"})).json["body"] == {"name": "n"}
    assert (await send("POST", path, json={})).message.startswith("[request body.name]: ")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"page": 1, "deep": False, "order": "asc", "field": []}),
        (
            "page=3&deep=true&order=desc&field=a&field=b",
            {"page": 3, "deep": True, "order": "desc", "field": ["a", "b"]},
        ),
        ("field=a%20b+c", {"page": 1, "deep": False, "order": "asc", "field": ["a b c"]}),
        ("page=three", "page"),
        ("page=", "page"),
        ("page=1e3", "page"),
        ("page=1&page=2", "page"),
        ("deep=1", "deep"),
        ("order=up", "order"),
        ("other=1", "other"),
        ("%FF=1", ""),
    ],
)
async def test_query_strings(send: Any, query: str, expected: Any) -> None:
    answered = await send("GET", f"/api/things/_find?{query}")
    if isinstance(expected, dict):
        assert answered.json["query"] == expected
    else:
        where = f"request query.{expected}" if expected else "request query"
        assert (answered.status, answered.message.split("]")[0]) == (400, f"[{where}")


async def test_routes_without_a_query_ignore_it(send: Any) -> None:
    assert (await send("GET", "/api/thing/a?what=ever&%FF")).status == 200


@pytest.mark.parametrize(
    ("method", "how", "status", "error", "message"),
    [
        ("POST", "refused", 400, "Bad Request", "[request body.tags.0]: is bad (mend it); [request body]: and so on"),
        ("GET", "refused", 400, "Bad Request", "[request body.tags.0]: is bad (mend it); and so on"),
        ("GET", "unknown", 404, "Not Found", "rule [r1] not found"),
        ("GET", "taken", 409, "Conflict", "rule [r1] exists already"),
        ("GET", "forbidden", 403, "Forbidden", "you may not"),
        ("GET", "stranger", 401, "Unauthorized", "who are you?"),
        ("GET", "hasty", 429, "Too Many Requests", "wait"),
    ],
)
async def test_errors_of_operations(send: Any, method: str, how: str, status: int, error: str, message: str) -> None:
    answered = await send(method, f"/api/fail/{how}", json={"name": "n"})
    assert answered.json == {"statusCode": status, "error": error, "message": message}


async def test_some_errors_say_in_a_header_how_to_go_on(send: Any) -> None:
    refused = await send("GET", "/api/fail/stranger")
    assert refused.headers["www-authenticate"] == 'Basic realm="Authorization Required", ApiKey'
    assert (await send("GET", "/api/fail/hasty")).headers["retry-after"] == "7"
    assert "www-authenticate" not in (await send("GET", "/api/fail/forbidden")).headers


@pytest.mark.parametrize("how", ["bug", "store"])
async def test_our_own_failures_are_told_to_the_log_alone(
    send: Any, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    with caplog.at_level(logging.ERROR, logger="tocsin.api"):
        answered = await send("GET", f"/api/fail/{how}")
    assert answered.json == {
        "statusCode": 500,
        "error": "Internal Server Error",
        "message": "something failed inside; the log tells more under [id-1]",
    }
    assert str(FAILURES[how]) in caplog.text
    assert caplog.records[0].__dict__["fields"] == {"request_id": "id-1"}


async def let_in_who_knows_the_word(headers: Mapping[str, str], peer: str | None, *, is_open: bool) -> Caller:
    if is_open and "authorization" not in headers:
        return NOBODY
    if headers.get("authorization") != "word":
        raise Unauthorized("that is not the word")
    return Caller("jo")


async def ask_who(request: Request) -> Answer:
    return answer_json(request.caller.name)


GUARDED = (
    Route("GET", "/api/guarded", ask_who),
    Route("POST", "/api/guarded", ask_who, body=ThingBody, needs=Need("things")),
    Route("GET", "/api/open", ask_who, is_open=True),
)


@pytest.mark.parametrize(
    ("method", "path", "headers", "content", "status"),
    [
        ("GET", "/nowhere", {}, b"", 404),
        ("GET", "/api/guarded", {}, b"", 401),
        ("GET", "/s/other/api/guarded", {}, b"", 401),
        ("POST", "/api/guarded", {}, b"{", 401),
        ("POST", "/api/guarded", {"authorization": "word"}, b"{", 400),
        ("POST", "/api/guarded", {"authorization": "word"}, b"{}", 400),
        ("POST", "/api/guarded", {"authorization": "word", "kbn-xsrf": "x"}, b"{}", 400),
        ("POST", "/s/other/api/guarded", {"authorization": "word", "kbn-xsrf": "x"}, b"{}", 404),
        ("POST", "/api/guarded", {"authorization": "word", "kbn-xsrf": "x"}, b'{"name": "n"}', 403),
        ("GET", "/api/guarded", {"authorization": "word"}, b"", 200),
        ("GET", "/api/open", {}, b"", 200),
        ("GET", "/api/open", {"authorization": "wrong"}, b"", 401),
    ],
)
async def test_who_may_come_in_is_judged_before_bodies_and_what_for_after_them(
    client: Any, method: str, path: str, headers: Mapping[str, str], content: bytes, status: int
) -> None:
    answered = await client(GUARDED, authenticate=let_in_who_knows_the_word)(
        method, path, headers=headers, content=content
    )
    assert answered.status == status
    assert ("www-authenticate" in answered.headers) is (status == 401)
    if status == 401:
        assert 'Basic realm="Authorization Required"' in answered.headers["www-authenticate"]
        assert "ApiKey" in answered.headers["www-authenticate"]


async def test_changes_are_logged_with_what_the_client_calls_them(
    client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    send = client(ROUTES)
    with caplog.at_level(logging.INFO, logger="tocsin.api"):
        await send("GET", "/api/thing/a")
        await send("POST", "/nowhere")
        await send("POST", "/api/thing/a/_touch", headers={"kbn-xsrf": "x", "x-opaque-id": "deploy 7"})
    (record,) = caplog.records
    assert record.getMessage() == "POST /api/thing/a/_touch 200"
    assert record.__dict__["fields"]["opaque_id"] == "deploy 7"


async def test_whoever_is_not_let_in_is_logged_with_what_the_client_calls_it(
    client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="tocsin.api"):
        await client(GUARDED, authenticate=let_in_who_knows_the_word)(
            "GET", "/api/guarded", headers={"x-opaque-id": "probe"}
        )
    (record,) = caplog.records
    assert record.getMessage() == "GET /api/guarded 401"
    assert record.__dict__["fields"]["opaque_id"] == "probe"
