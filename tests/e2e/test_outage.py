"""A receiver that is down for ten minutes, or refuses everything: what becomes of messages, over real HTTP.

The clock is a manual one, so ten minutes and the waits of retries pass at once.
"""

import json
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from engine.model.instant import iso
from engine.model.settings import AttemptSettings, EngineSettings
from engine.operations.notifications import Notifications
from tocsin import AsyncEngine, ManualClock

START = datetime(2026, 1, 15, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RECEIVERS = ("first", "second")
HOSTS = {"a": 3, "b": 2, "c": 1}
"""Each host is in trouble for as many minutes, then well for as many, and so on."""


@dataclass
class Receiver:
    """Takes messages under the names of connectors. ``faults``: what a name does instead of taking one."""

    clock: ManualClock
    url: str = ""
    taken: list[tuple[str, str, datetime, dict[str, str]]] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)
    attempts: int = 0

    async def receive(self, request: web.Request) -> web.StreamResponse:
        name, message = request.path.strip("/"), json.loads(await request.read())
        match self.faults.get(name):
            case "drops connections":
                assert request.transport is not None
                self.attempts += 1
                request.transport.abort()
                return web.Response()
            case "answers 503":
                self.attempts += 1
                return web.Response(status=503)
            case "answers 400":
                return web.Response(status=400)
        self.taken.append((name, request.headers["X-Tocsin-Notification-Id"], self.clock.now(), message))
        return web.Response()

    def stories(self, name: str) -> dict[str, list[tuple[str, str]]]:
        """What a receiver was told of each alert: group and instant of the run, in order of arrival."""
        told: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for receiver, _, _, message in self.taken:
            if receiver == name:
                told[message["alert"]].append((message["group"], message["date"]))
        return told


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver, app = Receiver(ManualClock(START)), web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.receive)
    server = TestServer(app)
    await server.start_server()
    receiver.url = f"http://127.0.0.1:{server.port}"
    yield receiver
    await server.close()


@pytest.fixture
async def engine(receiver: Receiver) -> AsyncIterator[AsyncEngine]:
    """A rule over three hosts that tells both receivers of every alert, while it lasts and when it is over."""
    settings = EngineSettings(attempts=AttemptSettings(max_attempts=10))
    async with AsyncEngine(clock=receiver.clock, settings=settings) as engine:
        for name in RECEIVERS:
            engine.add_connector(name, ".webhook", config={"url": f"{receiver.url}/{name}", "hasAuth": False})
        await engine.set_flapping(enabled=False)
        await engine.add_documents("web", _documents())
        await engine.add_rule(RULE, "by-host")
        yield engine


def _documents() -> list[dict[str, str]]:
    return [
        {"@timestamp": iso(START + (minute - 0.5) * MINUTE), "host": host}
        for minute in range(40)
        for host, span in HOSTS.items()
        if minute // span % 2 == 0
    ]


def _action(connector: str, group: str, notify_when: str) -> dict[str, object]:
    body = '{"alert": "{{alert.id}}", "group": "{{alert.actionGroup}}", "date": "{{date}}"}'
    return {
        "id": connector,
        "group": group,
        "params": {"body": body},
        "frequency": {"summary": False, "notify_when": notify_when, "throttle": None},
    }


RULE = {
    "name": "Trouble by host",
    "rule_type_id": ".index-threshold",
    "consumer": "alerts",
    "schedule": {"interval": "1m"},
    "params": {
        "index": ["web"],
        "timeField": "@timestamp",
        "groupBy": "top",
        "termField": "host.keyword",
        "termSize": 5,
        "timeWindowSize": 1,
        "timeWindowUnit": "m",
        "threshold": [0],
        "thresholdComparator": ">",
    },
    "actions": [
        _action(connector, group, notify_when)
        for connector in RECEIVERS
        for group, notify_when in (("threshold met", "onActiveAlert"), ("recovered", "onActionGroupChange"))
    ],
}


def _is_in_time(receiver: Receiver, name: str) -> bool:
    return all(iso(at) == message["date"] for told, _, at, message in receiver.taken if told == name)


@pytest.mark.parametrize("fault", ["drops connections", "answers 503"])
async def test_ten_minutes_of_outage_delay_messages_and_lose_none(
    engine: AsyncEngine, receiver: Receiver, fault: str
) -> None:
    await engine.advance("2m")
    receiver.faults["first"] = fault
    before = len(receiver.stories("first")["a"])
    await engine.advance("10m")
    assert receiver.attempts >= 9, "each of the three alerts is tried at least three times"
    assert len(receiver.stories("first")["a"]) == before, "nothing arrives"
    assert len(receiver.stories("second")["a"]) > before, "but at the other one"
    receiver.faults.clear()
    await engine.advance("20m")

    assert receiver.stories("first") == receiver.stories("second")
    assert {group for story in receiver.stories("first").values() for group, _ in story} == {
        "threshold met",
        "recovered",
    }
    assert _is_in_time(receiver, "second"), "nothing waits for the one that is down"
    assert not _is_in_time(receiver, "first")
    keys = [key for _, key, _, _ in receiver.taken]
    assert len(keys) == len(set(keys))
    sent = await engine.notifications()
    assert {each.state for each in sent} == {"delivered"}
    assert len(sent) == len(keys)


async def test_what_is_refused_is_kept_with_the_reason_and_sent_again_in_order(
    engine: AsyncEngine, receiver: Receiver
) -> None:
    await engine.advance("2m")
    receiver.faults["first"] = "answers 400"
    await engine.advance("10m")
    assert _is_in_time(receiver, "second")
    dead = await engine.parts.store.notifications("default", state="dead")
    assert {each.notification.connector_id for each in dead} == {"first"}
    assert len(dead) == sum(at > START + 2 * MINUTE for name, _, at, _ in receiver.taken if name == "second")
    assert {each.attempts for each in dead} == {1}, "trying again would not help"
    assert {each.last_error for each in dead} == {"the webhook refused the request: [400] Bad Request"}
    assert await engine.parts.service.next_due() == receiver.clock.now() + MINUTE, "nothing waits to be tried again"

    receiver.faults.clear()
    now = receiver.clock.now()
    requeued = await Notifications(engine.parts.store).retry_dead(at=now, actor="someone")
    assert [each.outcome for each in requeued] == ["queued"] * len(dead)
    await engine.run_due()
    assert receiver.stories("first") == receiver.stories("second")
    keys = [key for _, key, _, _ in receiver.taken]
    assert len(keys) == len(set(keys))
    assert {each.state for each in await engine.notifications()} == {"delivered"}
