"""The HTTP API beside the daemon: where it may listen, and whom it tells of changes."""

import asyncio
from typing import Any

import aiohttp

from engine.api.address import Address
from engine.operations.users import Users
from engine.service.clocks import SystemClock
from tocsin.api_service import start_api
from tocsin.files.api_section import ApiOptions
from tocsin.library import AsyncEngine
from tocsin.security_policy import settle_policy

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
        "threshold": [1],
    },
}


async def test_changes_are_told_on_the_engines_loop_and_looking_is_no_change() -> None:
    told: list[Any] = []
    async with AsyncEngine(clock=SystemClock()) as engine, aiohttp.ClientSession() as client:
        server = await start_api(engine.parts, OPTIONS, lambda: told.append(asyncio.get_running_loop()))
        rule = f"{server.url}/api/alerting/rule/busy"
        async with client.post(rule, json=RULE, headers={"kbn-xsrf": "x"}) as created:
            assert created.status == 200
        async with client.get(rule) as shown:
            assert (await shown.json())["name"] == "Busy"
        async with client.delete(f"{rule}-no", headers={"kbn-xsrf": "x"}) as refused:
            assert refused.status == 404
        await server.stop(5)
    assert told == [asyncio.get_running_loop()]


async def test_callers_must_say_who_they_are_once_there_is_a_user() -> None:
    async with AsyncEngine(clock=SystemClock()) as engine, aiohttp.ClientSession() as client:
        await settle_policy(engine.parts.security, None, OPTIONS)
        server = await start_api(engine.parts, OPTIONS, lambda: None)
        types = f"{server.url}/api/alerting/rule_types"
        async with client.get(types) as unasked:
            assert unasked.status == 200
        await Users(engine.parts.store).add("ann", "correct horse", ["viewer"], at=engine.clock.now(), actor=None)
        async with client.get(types) as refused:
            assert (refused.status, refused.headers["www-authenticate"].split()[0]) == (401, "Basic")
        credentials = {"authorization": aiohttp.encode_basic_auth("ann", "correct horse")}
        async with client.get(types, headers=credentials) as shown:
            assert (shown.status, len(await shown.json())) == (200, 3)
        await server.stop(5)
