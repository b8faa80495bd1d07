"""Commands on notifications at a running daemon: the same answers as from a store, over HTTP."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.api.address import Address
from engine.model.errors import InvalidInput
from engine.operations.api_keys import ApiKeys
from engine.operations.notification_presentation import notification_to_json
from engine.operations.users import Users
from engine.ports.store import DeliveryReport, Dropped, Requeued, RuleKey
from engine.service.clocks import ManualClock
from tocsin.api_service import start_api
from tocsin.files.api_section import ApiOptions
from tocsin.library import AsyncEngine
from tocsin.notification_places import Selection, ServerPlace
from tocsin.security_policy import settle_policy
from tocsin.server import Server, ServerRefused, ServerUnavailable, server_at

OPTIONS = ApiOptions(Address("127.0.0.1", 0))
RULE = {
    "name": "Busy",
    "rule_type_id": ".index-threshold",
    "consumer": "alerts",
    "schedule": {"interval": "1m"},
    "params": {
        "index": ["web"],
        "timeField": "@timestamp",
        "timeWindowSize": 5,
        "timeWindowUnit": "m",
        "thresholdComparator": ">",
        "threshold": [0],
    },
    "actions": [
        {
            "id": "log",
            "group": "threshold met",
            "params": {"message": "m"},
            "frequency": {"summary": False, "notify_when": "onActiveAlert", "throttle": None},
        }
    ],
}


class Daemon(NamedTuple):
    """An engine with two dead letters, and where it is asked."""

    engine: AsyncEngine
    url: str

    @property
    def place(self) -> ServerPlace:
        return ServerPlace(Server(self.url))


@pytest.fixture
async def daemon() -> AsyncIterator[Daemon]:
    async with AsyncEngine(clock=ManualClock("2026-03-01T12:00:00Z")) as engine:
        engine.add_connector("log", ".server-log")
        await engine.add_documents("web", [{"@timestamp": "2026-03-01T11:59:30Z"}])
        store, now = engine.parts.store, engine.clock.now()
        for rule_id in ("a", "b"):
            await engine.add_rule(RULE, rule_id)
            await engine.parts.service.run_rules([RuleKey("default", rule_id)], now)
        claimed = await store.claim_notifications(now, 10, "test", now + timedelta(minutes=1))
        await store.finish_notifications([DeliveryReport(each, "dead", now, "refused") for each in claimed])
        server = await start_api(engine.parts, OPTIONS, lambda: None)
        yield Daemon(engine, server.url)
        await server.stop(5)


async def test_they_are_shown_as_the_store_has_them(daemon: Daemon) -> None:
    stored = [notification_to_json(each) for each in await daemon.engine.notifications()]
    assert len(stored) == 2
    assert await daemon.place.find(Selection(), "dead", 10) == stored
    assert await daemon.place.find(Selection(rule="b", connector="log"), None, 10) == stored[1:]
    assert await daemon.place.find(Selection(), "delivered", 10) == []


async def test_they_are_sent_again_and_dropped(daemon: Daemon) -> None:
    first, second = [each.notification.id for each in await daemon.engine.notifications()]
    retried = await daemon.place.retry(Selection(ids=(first,)), is_forced=False)
    assert retried == [Requeued(first, "queued", "pending")]
    assert await daemon.place.drop(Selection(rule="b")) == [Dropped(second, True, "dropped")]
    assert [each.state for each in await daemon.engine.notifications()] == ["pending", "dropped"]


async def test_the_daemons_refusal_is_told_in_its_words(daemon: Daemon) -> None:
    with pytest.raises(ServerRefused, match=r"refused it \(404\): notification \[no\] not found"):
        await daemon.place.drop(Selection(ids=("no",)))


async def test_a_key_is_shown_where_one_is_asked_for(daemon: Daemon, tmp_path: Path) -> None:
    parts = daemon.engine.parts
    await settle_policy(parts.security, None, OPTIONS)
    await Users(parts.store).add("ann", "correct horse", ["editor"], at=daemon.engine.clock.now(), actor=None)
    with pytest.raises(ServerRefused, match="401"):
        await daemon.place.find(Selection(), None, 10)
    key = await ApiKeys(parts.store).create("cli", "ann", at=daemon.engine.clock.now(), actor=None)
    file = tmp_path / "key"
    file.write_text(f"{key.encoded}\n")
    assert len(await ServerPlace(server_at(daemon.url, file)).find(Selection(), None, 10)) == 2
    file.write_text("d3Jvbmc6a2V5\n")
    with pytest.raises(ServerRefused, match="401"):
        await ServerPlace(server_at(daemon.url, file)).find(Selection(), None, 10)


async def test_where_nothing_listens_that_is_told(daemon: Daemon) -> None:
    with pytest.raises(ServerUnavailable, match=r"no daemon answers at http://127\.0\.0\.1:1"):
        await ServerPlace(Server("http://127.0.0.1:1")).find(Selection(), None, 10)


@pytest.mark.parametrize("content", [None, "", "two words", "bad\x00key"])
def test_a_file_without_a_key_is_refused(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_text(content)
    with pytest.raises(InvalidInput, match="--api-key-file"):
        server_at("http://127.0.0.1:9095", file)


def test_a_server_is_a_url() -> None:
    with pytest.raises(InvalidInput, match="--server"):
        server_at("localhost:9095", None)
