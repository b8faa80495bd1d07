"""Settings of a space over HTTP (rest-api.md 8)."""

from typing import Any

import pytest

Served = Any

FLAPPING = "/internal/alerting/rules/settings/_flapping"
DELAY = "/internal/alerting/rules/settings/_query_delay"
UNCHANGED = {"created_by": None, "created_at": None, "updated_by": None, "updated_at": None}
CHANGED = UNCHANGED | {"created_at": "2026-03-01T12:00:00.000Z", "updated_at": "2026-03-01T12:00:00.000Z"}


@pytest.mark.parametrize(
    ("path", "defaults", "wanted"),
    [
        (
            FLAPPING,
            {"enabled": True, "look_back_window": 20, "status_change_threshold": 4},
            {"enabled": False, "look_back_window": 10, "status_change_threshold": 3},
        ),
        (DELAY, {"delay": 0}, {"delay": 15}),
    ],
)
async def test_settings_are_kept_with_who_changed_them(served: Served, path: str, defaults: Any, wanted: Any) -> None:
    assert (await served("GET", path)).json == defaults | UNCHANGED
    answered = await served("POST", path, json=wanted)
    assert (answered.status, answered.json) == (200, wanted | CHANGED)
    assert (await served("GET", path)).json == wanted | CHANGED


async def test_each_kind_leaves_the_other_alone(served: Served) -> None:
    await served("POST", DELAY, json={"delay": 15})
    assert (await served("GET", FLAPPING)).json["created_at"] is None
    await served("POST", FLAPPING, json={"enabled": True, "look_back_window": 9, "status_change_threshold": 9})
    assert (await served("GET", DELAY)).json == {"delay": 15, **CHANGED}


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        (FLAPPING, {"enabled": True, "look_back_window": 10}, "status_change_threshold"),
        (FLAPPING, {"enabled": True, "look_back_window": 21, "status_change_threshold": 4}, "look_back_window"),
        (FLAPPING, {"enabled": True, "look_back_window": 3, "status_change_threshold": 4}, "status_change_threshold"),
        (DELAY, {"delay": 61}, "delay"),
        (DELAY, {"delay": -1}, "delay"),
        (DELAY, {"delay": 1, "unit": "s"}, "unit"),
    ],
)
async def test_refusals(served: Served, path: str, body: Any, place: str) -> None:
    answered = await served("POST", path, json=body)
    assert answered.status == 400
    assert answered.message.startswith(f"[request body.{place}]")
