"""Cases of rest_api: requests in order to the HTTP API of the program, and what each is answered.

Other case files of requests use `run_requests`, too. What a case configures is `rest_server`'s, what it expects of an
answer `rest_matching`'s; a new resource needs nothing here, a new setting one line there.
"""

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson

from engine.model.instant import iso
from tests.cases.adapters.rest_matching import check_json, value_at
from tests.cases.adapters.rest_server import RestServer
from tests.cases.matching import require_known
from tests.servers.asgi import Answered

Json = Any

_GIVEN = {"requests", "config"}
_REQUEST = {"method", "path", "headers", "body", "raw_body", "auth", "save"}
_RESPONSE = {"status", "headers", "empty_body", "json"}
_VARIABLE = re.compile(r"\{\{([^{}]+)\}\}")
_TIME = re.compile(r"now([+-])([0-9]+)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def run_case(case: Json) -> None:
    """Run one case; AssertionError says what differs."""
    given, expected = case["given"], case["expect"]
    require_known(given, _GIVEN, "given")
    require_known(expected, {"responses"}, "expect")
    asyncio.run(_run(given, expected))


async def _run(given: Json, expected: Json) -> None:
    async with RestServer(given.get("config", {})) as server:
        await run_requests(server, given["requests"], expected["responses"])


async def run_requests(server: RestServer, requests: list[Json], responses: list[Json]) -> None:
    """Send the requests and compare each answer as soon as it is there."""
    assert len(requests) == len(responses), "as many responses as requests are expected"
    variables: dict[str, Json] = {}
    for number, (request, response) in enumerate(zip(requests, responses, strict=True)):
        where = f"request {number}: {request['method']} {request['path']}"
        require_known(request, _REQUEST, where)
        require_known(response, _RESPONSE, where)
        answered = await _send(server, _filled(request, variables, server))
        _check_status(answered, response["status"], where)
        for name, path in request.get("save", {}).items():
            variables[name] = value_at(answered.json, path)
        _compare(answered, _filled(response, variables, server), variables, where)


async def _send(server: RestServer, request: Json) -> Answered:
    headers = {**server.credentials(request.get("auth")), **request.get("headers", {})}
    content = b""
    if "body" in request:
        content = orjson.dumps(request["body"])
        headers.setdefault("content-type", "application/json")
    if "raw_body" in request:
        content = request["raw_body"].encode()
    return await server.send(request["method"], request["path"], headers, content)


def _check_status(answered: Answered, status: int | list[int], where: str) -> None:
    allowed = status if isinstance(status, list) else [status]
    assert answered.status in allowed, f"{where}: expected {allowed}, found {answered.status} {answered.content!r}"


def _compare(answered: Answered, response: Json, variables: Mapping[str, Json], where: str) -> None:
    for name, value in response.get("headers", {}).items():
        check_json(dict(answered.headers), {name.lower(): _as_contained(value)}, variables, f"{where} headers")
    if "empty_body" in response:
        assert (answered.content == b"") is response["empty_body"], f"{where}: body is {answered.content!r}"
    if "json" in response:
        check_json(answered.json, response["json"], variables, where)


def _as_contained(value: Json) -> Json:
    return {"$contains": value} if isinstance(value, str) else value


def _filled(value: Json, variables: Mapping[str, Json], server: RestServer) -> Json:
    """The value with every ``{{variable}}`` replaced."""
    if isinstance(value, dict):
        return {name: _filled(member, variables, server) for name, member in value.items()}
    if isinstance(value, list):
        return [_filled(element, variables, server) for element in value]
    if not isinstance(value, str):
        return value
    whole = _VARIABLE.fullmatch(value)
    if whole is not None:
        return _variable(whole[1], variables, server, whole[0])
    return _VARIABLE.sub(lambda found: str(_variable(found[1], variables, server, found[0])), value)


def _variable(name: str, variables: Mapping[str, Json], server: RestServer, text: str) -> Json:
    """A saved value, a time as of the case's start, or a user; anything else is left as it is (a template, say)."""
    if name in variables:
        return variables[name]
    if name == "now":
        return iso(server.now)
    time = _TIME.fullmatch(name)
    if time is not None:
        length = timedelta(**{_UNITS[time[3]]: int(time[2])})
        return iso(server.now + length if time[1] == "+" else server.now - length)
    return name.removeprefix("user:") if name.startswith("user:") else text
