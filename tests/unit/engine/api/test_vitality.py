"""What supervisors are told: alive, ready, and why not."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.api import vitality
from engine.model.errors import StoreUnavailable
from engine.service.pulse import OLDEST_TICK_S, Pulse

AT = datetime(2026, 3, 1, tzinfo=UTC)


class Seconds:
    """A clock of seconds that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Hung:
    """An engine that never answers."""

    def __call__(self, work: Any) -> Any:
        work.close()
        raise AssertionError("the engine was asked")


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def pulse(seconds: Seconds) -> Pulse:
    return Pulse(seconds)


async def test_it_is_healthy_while_ticks_come(client: Any, served: Any, pulse: Pulse, seconds: Seconds) -> None:
    ask = client(vitality.routes(pulse, served.engine.parts.store), hand_over=Hung())
    seconds.now += OLDEST_TICK_S
    answered = await ask("GET", "/-/healthy")
    assert (answered.status, answered.json) == (200, {"status": "healthy", "last_tick_age_s": OLDEST_TICK_S})
    seconds.now += 1
    answered = await ask("GET", "/-/healthy")
    assert (answered.status, answered.json["error"]) == (503, "Service Unavailable")
    assert answered.message == "the scheduler stands still: its last tick began 181 s ago, 180 s are allowed"
    pulse.tick_began(AT)
    assert (await ask("GET", "/-/healthy")).status == 200


class FailingStore:
    async def next_due(self) -> None:
        raise StoreUnavailable("disk of /secret/place is full")


async def test_it_is_ready_once_a_tick_has_ended_well(client: Any, served: Any, pulse: Pulse, seconds: Seconds) -> None:
    ask: Callable[..., Any] = client(vitality.routes(pulse, served.engine.parts.store))
    assert (await ask("GET", "/-/ready")).message == "not ready yet: no tick of the scheduler has ended"
    pulse.tick_ended(StoreUnavailable("full"))
    assert (await ask("GET", "/-/ready")).status == 503
    pulse.tick_ended(None)
    assert (await ask("GET", "/-/ready")).json == {"status": "ready"}
    pulse.tick_ended(StoreUnavailable("full"))
    answered = await ask("GET", "/-/ready")
    assert answered.message == "not ready: the last tick failed (StoreUnavailable); the log tells why"
    pulse.tick_ended(None)
    seconds.now += OLDEST_TICK_S + 1
    assert (await ask("GET", "/-/ready")).message == "not ready: the scheduler stands still"


async def test_it_is_not_ready_while_the_store_does_not_answer(client: Any, pulse: Pulse) -> None:
    pulse.tick_ended(None)
    answered = await client(vitality.routes(pulse, FailingStore()))("GET", "/-/ready")
    assert (answered.status, answered.message) == (503, "not ready: the store does not answer; the log tells why")


async def test_spaces_have_no_health_of_their_own(client: Any, served: Any, pulse: Pulse) -> None:
    ask = client(vitality.routes(pulse, served.engine.parts.store))
    for path in ("/s/default/-/healthy", "/s/default/-/ready"):
        assert (await ask("GET", path)).status == 404


async def test_that_the_store_does_not_answer_is_told_where_callers_are_looked_up_in_it(
    client: Any, pulse: Pulse
) -> None:
    async def look_up(headers: Any, peer: str | None, *, is_open: bool) -> Any:
        raise StoreUnavailable("disk of /secret/place is full")

    pulse.tick_ended(None)
    answered = await client(vitality.routes(pulse, FailingStore()), authenticate=look_up)("GET", "/-/ready")
    assert (answered.status, answered.message) == (503, "not ready: the store does not answer; the log tells why")
