"""Access tokens of webhooks (connectors-core.md 8.3, connector-framework.md 8)."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest

from connectors.webhook.connector_type import Webhook
from engine.model.connector import Connector
from engine.ports.http import HttpFailure, HttpRequest, HttpResponse
from engine.ports.tokens import TokensInMemory

URL = "https://abc.def/my-webhook"
TOKEN_URL = "https://id.example/token"
CONFIG = {
    "url": URL,
    "authType": "webhook-oauth2-client-credentials",
    "accessTokenUrl": TOKEN_URL,
    "clientId": "cid",
}
# The fixture of conftest.py; test folders are no packages to import from.
Bench = Any


def issued(token: str = "t1", **members: Any) -> HttpResponse:
    answer = {"token_type": "Bearer", "access_token": token, "expires_in": 1000, **members}
    return HttpResponse(200, "OK", {}, orjson.dumps({name: value for name, value in answer.items() if value != ...}))


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench(Webhook(), config=CONFIG, secrets={"clientSecret": "hush-hush"}, answers={TOKEN_URL: issued()})


def token_requests(bench: Bench) -> int:
    return sum(request.url == TOKEN_URL for request in bench.requests)


async def test_a_token_is_fetched_and_goes_before_other_authorizations(bench: Bench) -> None:
    config = {
        "scope": "s",
        "additionalFields": '{"resource": "r", "n": 1}',
        "headers": {"authorization": "Basic x", "X-A": "1"},
    }
    await bench.run(config=config, secrets={"secretHeaders": {"X-Secret": "v"}}, params={"body": "{}"})
    asked, sent = bench.requests
    assert (asked.method, asked.headers) == (
        "POST",
        {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"},
    )
    assert asked.body == b"client_id=cid&client_secret=hush-hush&grant_type=client_credentials&n=1&resource=r&scope=s"
    assert (sent.url, sent.headers["Authorization"], sent.headers["X-A"], sent.headers["X-Secret"]) == (
        URL,
        "Bearer t1",
        "1",
        "v",
    )
    assert "authorization" not in sent.headers


async def test_tls_options_hold_for_the_token_too(bench: Bench) -> None:
    await bench.run(config={"verificationMode": "certificate", "ca": "Y2E="})
    assert {(request.tls.verification_mode, request.tls.ca) for request in bench.requests} == {("certificate", b"ca")}


@pytest.mark.parametrize(
    ("later_s", "members", "count"),
    [
        (969, {}, 1),
        (970, {}, 2),
        (969, {"expires_in": "1000"}, 1),
        (3569, {"expires_in": ...}, 1),
        (3570, {"expires_in": ...}, 2),
        (0, {"expires_in": 0}, 2),
        (10**8, {"expires_in": 1e300}, 1),
    ],
)
async def test_it_is_kept_until_half_a_minute_before_its_end(
    bench: Bench, later_s: int, members: dict[str, Any], count: int
) -> None:
    bench.answers[TOKEN_URL] = issued(**members)
    await bench.run()
    bench.at += timedelta(seconds=later_s)
    await bench.run()
    assert token_requests(bench) == count


async def test_each_connector_has_its_own(bench: Bench) -> None:
    await bench.run(connector_id="one")
    await bench.run(connector_id="two")
    assert token_requests(bench) == 2


async def test_a_changed_connector_gets_a_new_one(bench: Bench) -> None:
    await bench.run()
    bench.answers[TOKEN_URL] = issued("t2")
    await bench.run(secrets={"clientSecret": "another"})
    assert (token_requests(bench), bench.requests[-1].headers["Authorization"]) == (2, "Bearer t2")


async def test_401_drops_it(bench: Bench) -> None:
    bench.answer = HttpResponse(401, "Unauthorized", {}, b"")
    result = await bench.run()
    assert (result.status, result.retry) == ("error", False)
    await bench.run()
    assert token_requests(bench) == 2


async def test_where_the_engine_keeps_tokens_another_process_uses_the_same_one(
    make_bench: Callable[..., Bench],
) -> None:
    kept = TokensInMemory()

    def another_process(**members: Any) -> Bench:
        answers = {TOKEN_URL: issued()}
        return make_bench(
            Webhook(), config=CONFIG, secrets={"clientSecret": "hush-hush"}, answers=answers, tokens=kept, **members
        )

    first, second = another_process(), another_process()
    await first.run()
    await second.run()
    assert (token_requests(first), token_requests(second)) == (1, 0)
    await kept.drop(Connector("c1", "tested", ".webhook"))
    await first.run()
    assert token_requests(first) == 2
    refused = another_process(answer=HttpResponse(401, "Unauthorized", {}, b""))
    await refused.run()
    await second.run()
    assert (token_requests(refused), token_requests(second)) == (0, 1)


async def test_those_who_ask_at_the_same_time_share_one(bench: Bench) -> None:
    await asyncio.gather(*(bench.run() for _ in range(5)))
    assert (token_requests(bench), len(bench.requests)) == (1, 6)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (
            HttpResponse(401, "Unauthorized", {}, b'{"error": "invalid_client"}'),
            'Unauthorized: {"error":"invalid_client"}',
        ),
        (HttpResponse(201, "Created", {}, b"{}"), "[201] Created"),
        (HttpResponse(200, "OK", {}, b"<html>"), "<html>"),
        (issued(token_type=...), 'lacks token_type or access_token: {"expires_in":1000}'),
        (issued(""), "lacks token_type or access_token"),
        (issued(access_token=1), "lacks token_type or access_token"),
        (issued(expires_in="soon"), "expires_in is no number"),
        (issued(expires_in=[]), "expires_in is no number"),
        (
            HttpResponse(201, "Created", {}, issued(refresh_token="t1").body),
            '{"token_type":"Bearer","expires_in":1000}',
        ),
        (HttpResponse(200, "OK", {}, b"access_token=t1&scope=s"), "access_token=<redacted>&scope=s"),
    ],
)
async def test_without_a_token_nothing_is_sent_and_not_tried_again(
    bench: Bench, answer: HttpResponse, text: str
) -> None:
    bench.answers[TOKEN_URL] = answer
    result = await bench.run()
    assert (result.status, result.retry, result.error_source) == ("error", False, "user")
    assert text in result.service_message
    assert "t1" not in result.service_message
    assert [request.url for request in bench.requests] == [TOKEN_URL]


@pytest.mark.parametrize("is_retryable", [True, False])
async def test_a_token_service_that_is_away(bench: Bench, is_retryable: bool) -> None:
    bench.answers[TOKEN_URL] = HttpFailure("ECODE", "why", is_retryable=is_retryable)
    result = await bench.run()
    assert (result.status, result.retry, result.service_message) == ("error", is_retryable, "[ECODE] why")


async def test_a_server_that_repeats_the_token_does_not_betray_it(bench: Bench) -> None:
    bench.answer = HttpResponse(400, "Bad", {}, b'{"message": "what is t1?"}')
    assert (await bench.run()).service_message == "[400] Bad: what is <redacted>?"


def test_neither_token_nor_secret_stands_in_a_repr(bench: Bench) -> None:
    from connectors.webhook.oauth import read_token

    request = HttpRequest("POST", TOKEN_URL, body=b"client_secret=hush-hush")
    assert "t1" not in repr(read_token(issued(), request, bench.at))
    assert "hush-hush" not in repr(read_token(issued(), request, bench.at))
