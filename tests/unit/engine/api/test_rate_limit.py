"""How often one address may ask."""

from typing import Any

import pytest

from engine.api.rate_limit import RateLimit
from engine.api.route import Answer, Request, Route, answer_json
from engine.api.settings import ApiSettings
from engine.model.errors import TooManyRequests


@pytest.fixture
def clock() -> list[float]:
    return [100.0]


@pytest.fixture
def limit(clock: list[float]) -> RateLimit:
    return RateLimit(2, now=lambda: clock[0])


def test_a_burst_of_two_seconds_is_allowed_then_the_rate(limit: RateLimit, clock: list[float]) -> None:
    for _ in range(4):
        limit.take("a")
    with pytest.raises(TooManyRequests) as raised:
        limit.take("a")
    assert raised.value.retry_after_s == 1
    clock[0] += 0.5
    limit.take("a")
    with pytest.raises(TooManyRequests):
        limit.take("a")


def test_what_was_refused_costs_nothing(limit: RateLimit, clock: list[float]) -> None:
    for _ in range(4):
        limit.take("a")
    for _ in range(10):
        with pytest.raises(TooManyRequests):
            limit.take("a")
    clock[0] += 0.5
    limit.take("a")


def test_addresses_do_not_share(limit: RateLimit) -> None:
    for _ in range(4):
        limit.take("a")
    limit.take("b")


async def test_too_many_requests_are_answered_429(client: Any) -> None:
    async def pong(request: Request) -> Answer:
        return answer_json("pong")

    send = client([Route("GET", "/api/ping", pong)], settings=ApiSettings(rate_limit=1))
    assert [(await send("GET", "/api/ping")).status for _ in range(2)] == [200, 200]
    refused = await send("GET", "/api/ping")
    assert (refused.status, refused.json["error"], refused.headers["retry-after"]) == (429, "Too Many Requests", "1")
