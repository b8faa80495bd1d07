"""Settings of a space (rest-api.md 2.4, 8) and the window of rules that may be paged through (4.5)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.model.errors import InvalidInput
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.settings import FlappingSettings, SettingsChange, SpaceSettings
from engine.operations.settings import (
    get_space_settings,
    parse_flapping_settings,
    parse_query_delay,
    put_flapping,
    put_query_delay,
)
from engine.ports.store import RuleQuery

VALID = {"enabled": True, "look_back_window": 10, "status_change_threshold": 4}


async def test_settings_are_stored_one_by_one(world: Any, now: Any) -> None:
    assert await get_space_settings(world.store, "default") == SpaceSettings()
    await put_flapping(world.store, "default", VALID, at=now, actor="ann")
    later = now + timedelta(minutes=1)
    await put_query_delay(world.store, "default", {"delay": 60}, at=later, actor="ann")
    await put_query_delay(world.store, "default", {"delay": 30}, at=later + timedelta(minutes=1), actor="bob")
    assert await get_space_settings(world.store, "default") == SpaceSettings(
        FlappingSettings(True, 10, 4),
        query_delay_s=30,
        flapping_change=SettingsChange(now, "ann", now, "ann"),
        query_delay_change=SettingsChange(later, "ann", later + timedelta(minutes=1), "bob"),
    )
    assert await get_space_settings(world.store, "other") == SpaceSettings()
    assert [entry.object_id for entry in await world.store.audit("default")] == [
        "flapping",
        "query_delay",
        "query_delay",
    ]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"enabled": None}, "enabled"),
        ({"look_back_window": 1}, "look_back_window"),
        ({"look_back_window": 21}, "look_back_window"),
        ({"status_change_threshold": 1}, "status_change_threshold"),
        ({"status_change_threshold": 2.5}, "status_change_threshold"),
        ({"status_change_threshold": 11}, "status_change_threshold"),
        ({"other": 1}, "other"),
    ],
)
def test_wrong_flapping_settings_are_refused(change: JsonObject, path: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_flapping_settings({**VALID, **change})
    assert [problem.path for problem in refusal.value.problems] == [path]


@pytest.mark.parametrize("member", VALID)
def test_every_flapping_setting_is_required(member: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{member}: is required"):
        parse_flapping_settings({k: v for k, v in VALID.items() if k != member})


@pytest.mark.parametrize("bounds", [(2, 2), (20, 20), (20.0, 2)])
def test_the_bounds_of_flapping_settings_are_valid(bounds: tuple[float, float]) -> None:
    window, threshold = bounds
    settings = parse_flapping_settings(
        {"enabled": False, "look_back_window": window, "status_change_threshold": threshold}
    )
    assert (settings.look_back_window, settings.status_change_threshold) == bounds


@pytest.mark.parametrize("delay", [-1, 61, 0.5, "1", None, True])
def test_a_wrong_query_delay_is_refused(delay: JsonValue) -> None:
    with pytest.raises(InvalidInput, match=r"^delay: "):
        parse_query_delay({"delay": delay})


async def test_rules_are_found_page_by_page(world: Any, body: Callable[..., JsonObject], now: Any) -> None:
    for at in range(3):
        await world.rules.create(body(name=f"rule {at}"), at=now, actor=None, rule_id=f"r{at}")
    page = await world.rules.find(RuleQuery(sort="name", descending=True, offset=1, limit=1))
    assert (page.total, [stored.rule.id for stored in page.rules]) == (3, ["r1"])
    assert (await world.rules.find(RuleQuery(limit=0))).rules == ()
    assert len((await world.rules.find(RuleQuery(limit=None))).rules) == 3
    assert (await world.rules.find(RuleQuery(), space="other")).total == 0


@pytest.mark.parametrize(
    ("query", "path"),
    [
        (RuleQuery(offset=-1), "page"),
        (RuleQuery(limit=-1), "per_page"),
        (RuleQuery(offset=9_991, limit=10), "page"),
    ],
)
async def test_pages_outside_the_window_are_refused(world: Any, query: RuleQuery, path: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{path}: "):
        await world.rules.find(query)


async def test_the_last_page_of_the_window_is_valid(world: Any) -> None:
    assert (await world.rules.find(RuleQuery(offset=9_990, limit=10))).rules == ()
