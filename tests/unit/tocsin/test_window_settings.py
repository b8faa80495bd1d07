"""Maintenance windows of tocsin.yml in the store."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from engine.model.settings import EngineSettings
from engine.search.recording import RecordingSearch
from engine.service.clocks import ManualClock
from engine.service.connectors import PreconfiguredConnectors
from engine.store.sqlite import open_store
from tocsin.composition import Parts, builtin_registry, compose
from tocsin.files.config import WindowDefinition
from tocsin.window_settings import apply_windows


@pytest.fixture
async def parts() -> AsyncIterator[Parts]:
    parts = compose(
        store=open_store("sqlite://"),
        search=RecordingSearch(),
        registry=builtin_registry(),
        connectors=PreconfiguredConnectors(()),
        clock=ManualClock("2026-01-01T12:00:00Z"),
        settings=EngineSettings(),
    )
    await parts.store.open()
    yield parts
    await parts.store.close()


def definition(window_id: str, title: str = "T", duration: str = "1h", **recurring: Any) -> WindowDefinition:
    custom = {"start": "2026-01-01T10:00:00.000Z", "duration": duration, "recurring": recurring}
    return WindowDefinition(window_id, {"title": title, "schedule": {"custom": custom}})


async def titles(parts: Parts) -> dict[str, str]:
    return {stored.window.id: stored.window.title for stored in await parts.store.windows("default")}


async def test_windows_follow_the_settings(parts: Parts) -> None:
    await apply_windows(parts, [definition("a"), definition("b")])
    await apply_windows(parts, [definition("a", "Other"), definition("b")])
    assert await titles(parts) == {"a": "Other", "b": "T"}
    assert [entry.operation for entry in await parts.store.audit("default")] == ["create", "create", "update"]


async def test_one_that_vanished_is_deleted_and_others_are_let_be(
    parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    await parts.windows.create(definition("by ann").body, at=parts.clock.now(), actor="ann", window_id="by ann")
    await apply_windows(parts, [definition("a")])
    await apply_windows(parts, [], is_complete=False)
    assert set(await titles(parts)) == {"by ann", "a"}
    await apply_windows(parts, [])
    assert set(await titles(parts)) == {"by ann"}
    assert "maintenance window [a] 'T' is not in tocsin.yml any more: it was deleted" in caplog.text


async def test_what_a_user_ended_stays_ended(parts: Parts) -> None:
    running = definition("a", every="1d", duration="3h")
    await apply_windows(parts, [running])
    finished = await parts.windows.finish("a", at=parts.clock.now(), actor="ann")
    await apply_windows(parts, [running])
    assert await parts.windows.get("a") == finished


async def test_one_that_cannot_be_applied_is_told_and_holds_no_other_back(
    parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "tocsin.daemon"):
        await apply_windows(parts, [definition("endless", occurrences=10**6), definition("b")])
    assert set(await titles(parts)) == {"b"}
    assert "maintenance window [endless] was not applied: schedule.custom: " in caplog.text
