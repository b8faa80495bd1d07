"""Messages to Slack's incoming webhooks (connectors-core.md 5)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest

from connectors.slack.connector_type import Slack
from engine.model.errors import InvalidInput
from engine.model.settings import HttpSettings
from engine.ports.http import HttpFailure, HttpResponse

URL = "https://hooks.slack.com/services/T/B/X"
# The fixture of conftest.py; test folders are no packages to import from.
Bench = Any


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench(Slack(), secrets={"webhookUrl": URL}, answer=HttpResponse(200, "OK", {}, b"ok"))


async def test_the_message_is_posted_as_json_and_no_redirect_is_followed(bench: Bench) -> None:
    result = await bench.run(params={"message": 'a "b" é'})
    [request] = bench.requests
    assert (request.method, request.url, request.follows_redirects) == ("POST", URL, False)
    assert request.headers == {"Content-Type": "application/json"}
    assert orjson.loads(request.body) == {"text": 'a "b" é'}
    assert (result.status, result.data) == ("ok", {"text": "ok"})


@pytest.mark.parametrize("body", [b"invalid_payload", b"ok\n", b"OK", b""])
async def test_2xx_with_any_other_body_is_an_error(bench: Bench, body: bytes) -> None:
    bench.answer = HttpResponse(200, "OK", {}, body)
    result = await bench.run(params={"message": "m"})
    assert (result.status, result.retry, result.service_message) == ("error", False, body.decode())


@pytest.mark.parametrize(
    ("status", "headers", "retry", "source"),
    [
        (429, {"retry-after": "30"}, timedelta(seconds=30), "user"),
        (429, {"retry-after": "soon"}, True, "user"),
        (429, {}, True, "user"),
        (500, {}, True, "framework"),
        (503, {"retry-after": "30"}, True, "framework"),
        (302, {"location": "https://elsewhere.example/"}, False, "user"),
        (404, {}, False, "user"),
    ],
)
async def test_what_an_answer_means(
    bench: Bench, status: int, headers: dict[str, str], retry: bool | timedelta, source: str
) -> None:
    bench.answer = HttpResponse(status, "Reason", headers, b"x")
    result = await bench.run(params={"message": "m"})
    expected = bench.at + retry if isinstance(retry, timedelta) else retry
    assert (result.status, result.retry, result.error_source) == ("error", expected, source)
    assert str(status) in f"{result.message} {result.service_message}"


@pytest.mark.parametrize("is_retryable", [True, False])
async def test_no_answer(bench: Bench, is_retryable: bool) -> None:
    bench.answer = HttpFailure("ECODE", "why", is_retryable=is_retryable)
    result = await bench.run(params={"message": "m"})
    assert (result.status, result.retry, result.service_message) == ("error", is_retryable, "[ECODE] why")


@pytest.mark.parametrize(
    "secrets",
    [{}, {"webhookUrl": 1}, {"webhookUrl": "no url"}, {"webhookUrl": URL, "token": "t"}, {"webhookUrl": None}],
)
def test_other_secrets_are_refused(secrets: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        Slack().validate_secrets(secrets, HttpSettings())


def test_the_host_must_be_allowed() -> None:
    secrets = {"webhookUrl": URL}
    assert Slack().validate_secrets(secrets, HttpSettings(allowed_hosts=("hooks.slack.com",))) == secrets
    with pytest.raises(InvalidInput) as caught:
        Slack().validate_secrets(secrets, HttpSettings(allowed_hosts=("slack.com",)))
    assert "/T/B/X" not in str(caught.value)


@pytest.mark.parametrize("params", [{}, {"message": ""}, {"message": None}, {"message": "m", "channel": "#a"}])
def test_other_params_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        Slack().validate_params(params)


def test_config_has_no_members() -> None:
    assert Slack().validate_config({}, HttpSettings()) == {}
    with pytest.raises(InvalidInput):
        Slack().validate_config({"url": URL}, HttpSettings())
