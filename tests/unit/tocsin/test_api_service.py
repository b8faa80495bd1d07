"""The HTTP API beside the daemon: where it may listen, and whom it tells of changes."""

import asyncio
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from engine.api.address import Address
from engine.model.errors import InvalidInput
from engine.service.clocks import SystemClock
from tocsin.api_service import start_api
from tocsin.files.api_section import ApiOptions
from tocsin.library import AsyncEngine

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


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "box.example.org"])
async def test_addresses_that_others_can_reach_are_refused(host: str) -> None:
    async with AsyncEngine() as engine:
        with pytest.raises(InvalidInput, match=r"^api\.listen: .* can be reached from elsewhere \(listen on 127"):
            await start_api(engine.parts, replace(OPTIONS, address=Address(host, 0)), lambda: None)
