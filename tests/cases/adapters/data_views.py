"""Cases of data_views: steps are requests to the HTTP API of the program; field capabilities become a field list."""

import asyncio
from typing import Any

import orjson

from engine.model.data_view import DataView
from engine.operations.field_lists import FieldLists
from engine.search.recording import CannedAnswer, RecordingSearch
from tests.cases.adapters.rest_server import RestServer
from tests.cases.matching import assert_absent, assert_equal, assert_subset, require_known
from tests.servers.asgi import Answered

Json = Any

_STEP = {"method", "path", "body"}
_ANSWER = {"status", "body_contains", "body_equals", "body_lacks_paths"}


def run_case(case: Json) -> None:
    """Run one case; AssertionError says what differs."""
    given, expected = case["given"], case["expect"]
    if "steps" in given:
        require_known(given, {"steps"}, "given")
        require_known(expected, {"steps"}, "expect")
        asyncio.run(_run_steps(given["steps"], expected["steps"]))
    else:
        require_known(given, {"field_caps"}, "given")
        require_known(expected, {"fields_contain", "fields_lack"}, "expect")
        _check_fields(asyncio.run(_fields_of(given["field_caps"])), expected)


async def _run_steps(steps: list[Json], expected: list[Json]) -> None:
    assert len(steps) == len(expected), "as many answers as steps are expected"
    async with RestServer() as server:
        for number, (step, answer) in enumerate(zip(steps, expected, strict=True)):
            require_known(step, _STEP, f"step {number}")
            require_known(answer, _ANSWER, f"answer {number}")
            _compare(await _send(server, step), answer, f"step {number} {step['method']} {step['path']}")


async def _send(server: RestServer, step: Json) -> Answered:
    headers, content = {"kbn-xsrf": "true"}, b""
    if "body" in step:
        headers["content-type"] = "application/json"
        content = orjson.dumps(step["body"])
    return await server.send(step["method"], step["path"], headers, content)


def _compare(answered: Answered, expected: Json, where: str) -> None:
    status = expected["status"]
    allowed = status if isinstance(status, list) else [status]
    assert answered.status in allowed, f"{where}: expected {allowed}, found {answered.status} {answered.content!r}"
    if "body_contains" in expected:
        assert_subset(answered.json, expected["body_contains"], where)
    if "body_equals" in expected:
        assert_equal(answered.json, expected["body_equals"], where)
    if "body_lacks_paths" in expected:
        assert_absent(answered.json, expected["body_lacks_paths"], where)


async def _fields_of(field_caps: Json) -> Json:
    lists = FieldLists(RecordingSearch(field_caps=[CannedAnswer(field_caps)]), lambda: 0.0)
    return (await lists.of(DataView("v", "*", "All"))).fields


def _check_fields(fields: Json, expected: Json) -> None:
    for wanted in expected.get("fields_contain", ()):
        assert wanted["name"] in fields, f"there is no field {wanted['name']}"
        assert_subset(fields[wanted["name"]], wanted, wanted["name"], elements="exact")
    present = fields.keys() & set(expected.get("fields_lack", ()))
    assert not present, f"must be absent: {present}"
