"""The request of a webhook (connectors-core.md 8.1)."""

from typing import Any

import pytest

# The fixture of conftest.py; test folders are no packages to import from.
WebhookBench = Any


@pytest.mark.parametrize("method", ["post", "put", "patch"])
async def test_the_body_is_sent_byte_for_byte(bench: WebhookBench, method: str) -> None:
    body = '  {"a":  "é\u2028"}\n'
    await bench.run(config={"method": method}, params={"body": body})
    [request] = bench.requests
    assert (request.method, request.url, request.body) == (method.upper(), "https://abc.def/my-webhook", body.encode())


@pytest.mark.parametrize("method", ["get", "delete"])
async def test_get_and_delete_send_no_body(bench: WebhookBench, method: str) -> None:
    result = await bench.run(config={"method": method}, params={"body": "some data"})
    [request] = bench.requests
    assert (request.method, request.body, request.headers) == (method.upper(), None, {})
    assert result.data == "some data"


@pytest.mark.parametrize("params", [{}, {"body": ""}])
async def test_without_a_body_none_is_sent(bench: WebhookBench, params: dict[str, str]) -> None:
    result = await bench.run(params=params)
    [request] = bench.requests
    assert (request.body, request.headers) == (None, {})
    assert result.data == params.get("body")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ('{"a": 1}', "application/json"),
        ("[]", "application/json"),
        ("12", "application/json"),
        ("some data", "application/x-www-form-urlencoded"),
        ('{"a": }', "application/x-www-form-urlencoded"),
        ("NaN", "application/x-www-form-urlencoded"),
    ],
)
async def test_the_content_type_follows_the_body(bench: WebhookBench, body: str, content_type: str) -> None:
    await bench.run(params={"body": body})
    assert bench.requests[0].headers == {"Content-Type": content_type}


async def test_a_configured_content_type_stays(bench: WebhookBench) -> None:
    await bench.run(config={"headers": {"content-type": "text/plain"}}, params={"body": "{}"})
    assert bench.requests[0].headers == {"content-type": "text/plain"}


@pytest.mark.parametrize("auth_type", [{}, {"authType": None}, {"authType": "webhook-authentication-basic"}])
async def test_user_and_password_become_basic_authentication(
    bench: WebhookBench, auth_type: dict[str, str | None]
) -> None:
    await bench.run(config=auth_type, secrets={"user": "bob", "password": "sèsame"}, params={})
    assert bench.requests[0].headers == {"Authorization": "Basic Ym9iOnPDqHNhbWU="}


async def test_without_authentication_the_secrets_are_not_sent(bench: WebhookBench) -> None:
    await bench.run(config={"hasAuth": False}, secrets={"user": "bob", "password": "p"}, params={})
    assert bench.requests[0].headers == {}


async def test_later_headers_win_whatever_their_case(bench: WebhookBench) -> None:
    await bench.run(
        config={"headers": {"AUTHORIZATION": "Bearer plain", "X-Key": "plain", "X-Only": "here"}},
        secrets={"user": "bob", "password": "p", "secretHeaders": {"x-key": "secret"}},
        params={},
    )
    [request] = bench.requests
    assert request.headers == {"AUTHORIZATION": "Bearer plain", "x-key": "secret", "X-Only": "here"}
    assert request.private_headers == {"x-key"}


async def test_secret_headers_are_sent_without_authentication_too(bench: WebhookBench) -> None:
    await bench.run(config={"hasAuth": False}, secrets={"secretHeaders": {"X-Key": "v"}}, params={})
    assert bench.requests[0].headers == {"X-Key": "v"}


async def test_a_queued_notification_names_itself(bench: WebhookBench) -> None:
    await bench.run(params={}, key="n-1")
    await bench.run(config={"headers": {"x-tocsin-notification-id": "mine"}}, params={}, key="n-1")
    assert [request.headers for request in bench.requests] == [
        {"X-Tocsin-Notification-Id": "n-1"},
        {"x-tocsin-notification-id": "mine"},
    ]
