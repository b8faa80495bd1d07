"""Secrets planted in stored connectors turn up nowhere, and changing the key while messages go out loses none."""

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.model.settings import EngineSettings
from engine.operations.connector_executions import Asked
from engine.operations.connector_presentation import connector_to_json, result_to_json
from engine.operations.key_rotation import rotate
from engine.operations.rule_form import rule_to_definition
from engine.ports.http import HttpRequest, HttpResponse
from engine.run.connector_events import expand_execution
from engine.run.events import expand
from engine.search.local.engine import LocalSearch
from engine.service.clocks import ManualClock
from engine.service.connectors import PreconfiguredConnectors
from engine.store.connections import sqlite_url
from engine.store.sqlite import SqliteStore, open_store
from engine.vault.vault import AeadVault
from tocsin.composition import Parts, builtin_registry, compose

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OLD, NEW = "the old key, which is long enough for it", "the new key, which is long enough for it"
PASSWORD, HEADER, CLIENT, TOKEN = "planted-password", "planted-header", "planted-client-secret", "planted-token"
PLANTED = [text.encode() for text in (PASSWORD, HEADER, CLIENT, TOKEN, OLD, NEW)]
BASIC: dict[str, Any] = {
    "name": "Basic",
    "connector_type_id": ".webhook",
    "config": {"url": "https://h.example/in"},
    "secrets": {"user": "ann", "password": PASSWORD, "secretHeaders": {"X-Key": HEADER}},
}
OAUTH: dict[str, Any] = {
    "name": "OAuth",
    "connector_type_id": ".webhook",
    "config": {
        "url": "https://h.example/in",
        "authType": "webhook-oauth2-client-credentials",
        "accessTokenUrl": "https://id.example/token",
        "clientId": "cid",
    },
    "secrets": {"clientSecret": CLIENT},
}


class Echo:
    """The other side: gives tokens, and throws whatever it was sent back at the sender, as an error or not."""

    def __init__(self) -> None:
        self.status, self.received = 200, list[str]()

    async def send(self, request: HttpRequest) -> HttpResponse:
        if request.url.endswith("/token"):
            answer = {"token_type": "Bearer", "access_token": TOKEN, "expires_in": 3600}
            return HttpResponse(200, "OK", {}, json.dumps(answer).encode())
        await asyncio.sleep(0)
        self.received.append((request.body or b"").decode())
        echo = json.dumps({"message": f"{dict(request.headers)} {request.body!r}"})
        return HttpResponse(self.status, "Refused", {}, echo.encode())

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
async def parts(tmp_path: Path, echo: Echo) -> AsyncIterator[Parts]:
    composed = compose(
        store=open_store(sqlite_url(tmp_path / "store.db")),
        search=LocalSearch(lambda: NOW),
        registry=builtin_registry(),
        connectors=PreconfiguredConnectors(()),
        clock=ManualClock(NOW),
        settings=EngineSettings(),
        vault=AeadVault([OLD]),
        http=echo,
    )
    await composed.store.open()
    yield composed
    await composed.search.close()
    await composed.store.close()


async def add_rule(parts: Parts, rule_id: str, *connector_ids: str) -> None:
    """A rule with an alert for each host, which all actions are told about."""
    body = {
        "name": rule_id,
        "rule_type_id": ".index-threshold",
        "consumer": "alerts",
        "schedule": {"interval": "1m"},
        "params": {
            "index": ["web"],
            "timeField": "@timestamp",
            "groupBy": "top",
            "termField": "host.keyword",
            "termSize": 100,
            "timeWindowSize": 5,
            "timeWindowUnit": "m",
            "thresholdComparator": ">",
            "threshold": [0],
        },
        "actions": [
            {
                "id": connector_id,
                "group": "threshold met",
                "params": {"body": "{{alert.id}}"},
                "frequency": {"summary": False, "notify_when": "onActiveAlert"},
            }
            for connector_id in connector_ids
        ],
    }
    await parts.rules.create(body, rule_id=rule_id, at=NOW, actor="ann")


def forward(parts: Parts, *, minutes: int) -> None:
    assert isinstance(parts.clock, ManualClock)
    parts.clock.set(parts.clock.now() + timedelta(minutes=minutes))


async def add_hosts(parts: Parts, number: int) -> None:
    assert isinstance(parts.search, LocalSearch)
    times = [(NOW + timedelta(minutes=minute)).isoformat() for minute in range(-1, 40)]
    documents = [{"@timestamp": time, "host": f"host-{at}"} for at in range(number) for time in times]
    await parts.search.add_documents("web", documents)


async def everything_shown(parts: Parts, results: list[Any]) -> str:
    """All that users can get to see of a store, as text."""
    store = parts.store
    connectors = [stored.connector for stored in await store.connectors("default")]
    executions = await store.executions(["default"])
    shown = [
        connectors,
        [connector_to_json(connector, parts.registry) for connector in connectors],
        [result_to_json("c", result) for result in results],
        [event for trace in await store.traces("default") for event in expand(trace)],
        executions,
        [event for trace in executions for event in expand_execution(trace)],
        await store.ledger("default"),
        await store.audit("default"),
        await store.notifications("default"),
        [rule_to_definition((await parts.rules.get("r")).rule)],
        parts.vault,
    ]
    return repr(shown)


def forms_of(secret: bytes) -> Iterator[bytes]:
    yield secret
    yield base64.b64encode(b"ann:" + secret)


def bytes_in(folder: Path) -> bytes:
    """Database and log, with what was deleted and overwritten as far as it is still there."""
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def test_planted_secrets_turn_up_nowhere(
    parts: Parts, echo: Echo, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for connector_id, body in (("basic", BASIC), ("oauth", OAUTH)):
            await parts.connector_operations.create(body, connector_id=connector_id, at=NOW, actor="ann")
        await add_hosts(parts, 2)
        await add_rule(parts, "r", "basic", "oauth")
        results = []
        for status in (500, 200, 400):
            echo.status = status
            await parts.service.tick(parts.clock.now())
            for connector_id in ("basic", "oauth"):
                params = {"body": "x"}
                results.append(
                    await parts.connector_executions.execute(connector_id, params, Asked("http_request", user="ann"))
                )
            forward(parts, minutes=10)
        parts.vault.use([NEW, OLD])
        await rotate(parts.store, parts.vault, at=NOW, actor="ann")
        changes = {name: value for name, value in BASIC.items() if name != "connector_type_id"}
        await parts.connector_operations.update("basic", changes, at=NOW, actor="bob")
    assert {result.status for result in results} == {"ok", "error"}
    assert echo.received
    shown = (await everything_shown(parts, results)).encode() + caplog.text.encode()
    stored = bytes_in(tmp_path)
    assert b"basic" in stored
    assert b"<redacted>" in shown
    for planted in PLANTED:
        for form in forms_of(planted):
            assert form not in shown
            assert form not in stored


async def test_changing_the_key_under_traffic_loses_no_message(parts: Parts, echo: Echo, tmp_path: Path) -> None:
    hosts, rounds = 10, 6
    for connector_id in ("basic", "oauth"):
        body = BASIC if connector_id == "basic" else OAUTH
        await parts.connector_operations.create(body, connector_id=connector_id, at=NOW, actor=None)
    for number in range(40):
        await parts.connector_operations.create(BASIC, connector_id=f"other-{number}", at=NOW, actor=None)
    await add_hosts(parts, hosts)
    await add_rule(parts, "r", "basic", "oauth")
    rotated = asyncio.Event()

    async def run_rules() -> None:
        for _ in range(rounds):
            await parts.service.tick(parts.clock.now())
            forward(parts, minutes=1)
        await rotated.wait()
        await parts.service.tick(parts.clock.now())

    async def change_key() -> None:
        """As an operator does it: another process seals anew, the daemon has both keys meanwhile."""
        parts.vault.use([NEW, OLD])
        command = SqliteStore(tmp_path / "store.db")
        await command.open()
        told = await rotate(command, AeadVault([NEW, OLD]), at=NOW, actor=None)
        assert (told.unreadable, told.left) == ((), 0)
        await command.close()
        parts.vault.use([NEW])
        rotated.set()

    await asyncio.gather(run_rules(), change_key())
    sent = await parts.store.notifications("default")
    assert len(sent) == (rounds + 1) * hosts * 2
    assert {notification.state for notification in sent} == {"delivered"}
    assert len(echo.received) == len(sent)
    trial = await parts.connector_executions.execute("other-7", {"body": "x"}, Asked("http_request"))
    assert trial.is_ok
