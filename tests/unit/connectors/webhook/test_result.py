"""What an answer means for a webhook's notification (connectors-core.md 8.2)."""

import json
from datetime import timedelta
from typing import Any

import pytest

from engine.ports.http import HttpFailure, HttpResponse

# The fixture of conftest.py; test folders are no packages to import from.
WebhookBench = Any


def answer(status: int, reason: str = "", body: bytes = b"", **headers: str) -> HttpResponse:
    return HttpResponse(status, reason, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_2xx_is_ok_and_hands_back_what_was_sent(bench: WebhookBench, status: int) -> None:
    bench.answer = answer(status, body=b'{"message": "ignored"}')
    result = await bench.run(params={"body": "some data"})
    assert (result.status, result.data, result.retry, result.service_message) == ("ok", "some data", False, None)


@pytest.mark.parametrize(
    ("status", "source"),
    [
        *[(status, "user") for status in (400, 404, 405, 406, 410, 411, 414, 428, 431)],
        *[(status, "user") for status in (401, 402, 403, 407, 409, 412, 413, 417, 422, 423, 451)],
        *[(status, "framework") for status in (300, 304, 408, 418, 424)],
    ],
)
async def test_other_statuses_are_errors_without_retry(bench: WebhookBench, status: int, source: str) -> None:
    bench.answer = answer(status, "Nope")
    result = await bench.run()
    assert (result.status, result.retry, result.error_source) == ("error", False, source)
    assert result.service_message == f"[{status}] Nope"


@pytest.mark.parametrize(("retry_after", "seconds"), [("120", 120), ("5.9", 5), ("7200", 7200), ("-1", 0)])
async def test_429_is_tried_again_when_it_says(bench: WebhookBench, retry_after: str, seconds: int) -> None:
    bench.answer = answer(429, retry_after=retry_after)
    result = await bench.run()
    assert result.retry == bench.at + timedelta(seconds=seconds)
    assert result.error_source == "user"


@pytest.mark.parametrize(
    "without_time",
    [answer(429), answer(429, retry_after="soon"), answer(500, retry_after="60"), answer(502), answer(599)],
)
async def test_429_and_5xx_are_tried_again_after_back_off(bench: WebhookBench, without_time: HttpResponse) -> None:
    bench.answer = without_time
    assert (await bench.run()).retry is True


async def test_503_may_say_when(bench: WebhookBench) -> None:
    bench.answer = answer(503, retry_after="60")
    result = await bench.run()
    assert (result.retry, result.error_source) == (bench.at + timedelta(seconds=60), "framework")


@pytest.mark.parametrize(
    ("body", "suffix"),
    [
        ({"message": "why"}, ": why"),
        ({"message": {"k": "v"}}, ': {"k":"v"}'),
        ({"message": [1, "ü"]}, ': [1,"ü"]'),
        ({"message": 7}, ": 7"),
        ({"message": ""}, ""),
        ({"message": None}, ""),
        ({"error": "why"}, ""),
        (["message"], ""),
    ],
)
async def test_the_answers_own_message_is_part_of_the_text(bench: WebhookBench, body: object, suffix: str) -> None:
    bench.answer = answer(400, "Bad Request", json.dumps(body).encode())
    assert (await bench.run()).service_message == f"[400] Bad Request{suffix}"


async def test_an_answer_that_is_no_json_is_left_out(bench: WebhookBench) -> None:
    bench.answer = answer(400, "Bad Request", b"\xff<html>")
    assert (await bench.run()).service_message == "[400] Bad Request"


@pytest.mark.parametrize("is_retryable", [True, False])
async def test_no_answer_is_tried_again_if_that_can_help(bench: WebhookBench, is_retryable: bool) -> None:
    bench.answer = HttpFailure("ECONNREFUSED", "the connection failed", is_retryable=is_retryable)
    result = await bench.run()
    assert (result.status, result.retry, result.error_source) == ("error", is_retryable, "framework")
    assert result.service_message == "[ECONNREFUSED] the connection failed"
