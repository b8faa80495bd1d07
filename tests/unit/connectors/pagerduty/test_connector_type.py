"""Events to PagerDuty (connectors-core.md 7)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest

from connectors.pagerduty.connector_type import PagerDuty
from engine.model.errors import InvalidInput
from engine.model.settings import HttpSettings
from engine.ports.http import HttpFailure, HttpResponse

ACCEPTED = HttpResponse(202, "Accepted", {}, b'{"status":"success","message":"Event processed","dedup_key":"k"}')
# The fixture of conftest.py; test folders are no packages to import from.
Bench = Any


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench(PagerDuty(), secrets={"routingKey": "hush-hush"}, answer=ACCEPTED)


async def sent(bench: Bench, params: dict[str, Any]) -> dict[str, Any]:
    assert (await bench.run(params=params)).is_ok
    event: dict[str, Any] = orjson.loads(bench.requests[-1].body)
    return event


async def test_the_least_event(bench: Bench) -> None:
    result = await bench.run(params={})
    [request] = bench.requests
    assert (request.method, request.url) == ("POST", "https://events.pagerduty.com/v2/enqueue")
    assert request.headers == {"Content-Type": "application/json", "X-Routing-Key": "hush-hush"}
    assert request.private_headers == {"X-Routing-Key"}
    assert b"hush-hush" not in request.body
    event = orjson.loads(request.body)
    assert (event.keys(), event["payload"].keys()) == (
        {"event_action", "payload"},
        {"summary", "source", "severity"},
    )
    assert (event["event_action"], event["payload"]["severity"]) == ("trigger", "info")
    assert "c1" in event["payload"]["source"]
    assert event["payload"]["summary"]
    assert result.data == {"status": "success", "message": "Event processed", "dedup_key": "k"}


async def test_a_whole_event(bench: Bench) -> None:
    params = {
        "eventAction": "trigger",
        "dedupKey": "r:a",
        "summary": "s",
        "severity": "critical",
        "source": "host",
        "component": "c",
        "group": "g",
        "class": "k",
        "timestamp": "2022-11-29T15:52:44Z",
        "links": [{"href": "https://x.io", "text": "t"}],
        "customDetails": {"a": {"b": 1}},
    }
    assert await sent(bench, params) == {
        "event_action": "trigger",
        "dedup_key": "r:a",
        "payload": {
            "summary": "s",
            "severity": "critical",
            "source": "host",
            "component": "c",
            "group": "g",
            "class": "k",
            "timestamp": "2022-11-29T15:52:44.000Z",
            "custom_details": {"a": {"b": 1}},
        },
        "links": [{"href": "https://x.io", "text": "t"}],
    }


async def test_empty_is_not_absent(bench: Bench) -> None:
    empty = dict.fromkeys(("summary", "source", "component", "group", "class", "timestamp", "dedupKey"), "")
    event = await sent(bench, {**empty, "links": [], "customDetails": {}})
    assert "dedup_key" not in event
    assert event["links"] == []
    payload = event["payload"]
    assert (payload["component"], payload["group"], payload["class"], payload["custom_details"]) == ("", "", "", {})
    assert "timestamp" not in payload
    assert payload["summary"]
    assert payload["source"]


async def test_epoch_zero_is_sent(bench: Bench) -> None:
    assert (await sent(bench, {"timestamp": "0"}))["payload"]["timestamp"] == "1970-01-01T00:00:00.000Z"


async def test_details_may_be_the_text_of_an_object(bench: Bench) -> None:
    assert (await sent(bench, {"customDetails": '{"a": 1}'}))["payload"]["custom_details"] == {"a": 1}


@pytest.mark.parametrize("action", ["resolve", "acknowledge"])
async def test_only_a_trigger_has_more_than_action_and_key(bench: Bench, action: str) -> None:
    params = {"eventAction": action, "dedupKey": "k", "summary": "s", "links": [], "timestamp": "0"}
    assert await sent(bench, params) == {"event_action": action, "dedup_key": "k"}


@pytest.mark.parametrize("url", [None, ""])
async def test_without_a_url_it_is_pagerdutys_own(bench: Bench, url: str | None) -> None:
    await bench.run(config={"apiUrl": url})
    await bench.run(config={"apiUrl": "https://x.io/y"})
    assert [request.url for request in bench.requests] == [
        "https://events.pagerduty.com/v2/enqueue",
        "https://x.io/y",
    ]


@pytest.mark.parametrize(
    ("status", "headers", "retry"),
    [
        (200, {}, False),
        (204, {}, False),
        (400, {}, False),
        (403, {}, False),
        (429, {}, True),
        (429, {"retry-after": "7"}, timedelta(seconds=7)),
        (500, {}, True),
        (503, {}, True),
    ],
)
async def test_anything_but_202_is_an_error(
    bench: Bench, status: int, headers: dict[str, str], retry: bool | timedelta
) -> None:
    bench.answer = HttpResponse(status, "Reason", headers, b"")
    result = await bench.run()
    expected = bench.at + retry if isinstance(retry, timedelta) else retry
    assert (result.status, result.retry) == ("error", expected)
    assert f"[{status}] Reason" in (result.message or "")


async def test_what_pagerduty_finds_wrong_is_told(bench: Bench) -> None:
    body = b'{"status":"invalid event","message":"Event object is invalid","errors":["source missing"]}'
    bench.answer = HttpResponse(400, "Bad Request", {}, body)
    assert (await bench.run()).service_message == "Event object is invalid; source missing"


async def test_no_answer_is_tried_again_if_that_can_help(bench: Bench) -> None:
    bench.answer = HttpFailure("ECONNREFUSED", "why", is_retryable=True)
    result = await bench.run()
    assert (result.status, result.retry, result.service_message) == ("error", True, "[ECONNREFUSED] why")


def test_absent_params_stay_absent() -> None:
    assert PagerDuty().validate_params({}) == {}
    assert PagerDuty().validate_params({"customDetails": "{}"}) == {"customDetails": {}}


@pytest.mark.parametrize(
    "params",
    [
        {"eventAction": "snooze"},
        {"eventAction": "resolve"},
        {"eventAction": "acknowledge", "dedupKey": ""},
        {"dedupKey": "k" * 256},
        {"summary": "s" * 1025},
        {"severity": "fatal"},
        {"severity": None},
        {"timestamp": "1963-09-55 90:23:45"},
        {"eventAction": "resolve", "dedupKey": "k", "timestamp": "soon"},
        {"links": [{"href": "https://x.io"}]},
        {"links": [{"href": "https://x.io", "text": "t", "rel": "r"}]},
        {"links": {}},
        {"customDetails": "no JSON"},
        {"customDetails": "[]"},
        {"images": []},
    ],
)
def test_other_params_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        PagerDuty().validate_params(params)


@pytest.mark.parametrize("params", [{"dedupKey": "k" * 255}, {"summary": "s" * 1024}, {"timestamp": " "}])
def test_bounds_are_inclusive(params: dict[str, Any]) -> None:
    assert PagerDuty().validate_params(params) == params


def test_the_effective_host_must_be_allowed() -> None:
    allowed = HttpSettings(allowed_hosts=("x.io",))
    assert PagerDuty().validate_config({"apiUrl": "https://x.io/y"}, allowed) == {"apiUrl": "https://x.io/y"}
    for config in ({}, {"apiUrl": None}, {"apiUrl": ""}, {"apiUrl": "https://y.io"}):
        with pytest.raises(InvalidInput, match="apiUrl"):
            PagerDuty().validate_config(config, allowed)


@pytest.mark.parametrize("secrets", [{}, {"routingKey": None}, {"routingKey": "k", "user": "u"}])
def test_other_secrets_are_refused(secrets: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        PagerDuty().validate_secrets(secrets, HttpSettings())
