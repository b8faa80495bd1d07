"""What reading the rule files makes of stored rules that users switched meanwhile."""

import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.model.settings import EngineSettings
from engine.search.recording import RecordingSearch
from engine.service.clocks import ManualClock
from engine.service.connectors import PreconfiguredConnectors
from engine.store.sqlite import open_store
from tocsin.composition import builtin_registry, compose
from tocsin.daemon import apply_rule_files, bring_in
from tocsin.origins import BY_FILES
from tocsin.session import load_session

RULE = """\
id: r
name: R
rule_type_id: .index-threshold
consumer: alerts
schedule: {interval: 1m}
params: {index: [web], timeField: "@timestamp", timeWindowSize: 5, timeWindowUnit: m, threshold: [1],
         thresholdComparator: ">="}
"""


class World:
    """A store, and a folder with a rule file."""

    def __init__(self, parts: Any, folder: Path) -> None:
        self.parts, self.folder, self.rules, self.now = parts, folder, parts.rules, parts.clock.now()
        self.due: list[datetime | None] = []
        (folder / "rules").mkdir()
        (folder / "tocsin.yml").write_text("")

    async def read(self, text: str | None = RULE) -> bool:
        """Read the files with this one in them, or without it; whether the rule is enabled then."""
        file = self.folder / "rules" / "r.yml"
        file.unlink(missing_ok=True)
        # A folder without any rule file would be a mistake.
        (self.folder / "rules" / "other.yml").write_text(RULE.replace("id: r", "id: other"))
        if text is not None:
            file.write_text(text)
        session = load_session(self.folder / "tocsin.yml", [self.folder / "rules"])
        await bring_in(self.parts, await apply_rule_files(self.parts, session), self.due.append)
        return bool((await self.rules.get("r")).rule.enabled)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    parts = compose(
        store=open_store("sqlite://"),
        search=RecordingSearch(),
        registry=builtin_registry(),
        connectors=PreconfiguredConnectors(()),
        clock=ManualClock("2026-01-01T12:00:00Z"),
        settings=EngineSettings(),
    )
    await parts.store.open()
    world = World(parts, tmp_path)
    assert await world.read()
    yield world
    await parts.store.close()


async def test_a_rule_that_a_user_disabled_stays_so(world: World, caplog: pytest.LogCaptureFixture) -> None:
    await world.rules.disable("r", at=world.now, actor="ann")
    with caplog.at_level(logging.WARNING):
        assert not await world.read()
    assert "rule [r] stays disabled until its file changes" in caplog.text
    assert not await world.read()


async def test_until_its_file_changes(world: World) -> None:
    await world.rules.disable("r", at=world.now, actor="ann")
    assert await world.read(RULE.replace("threshold: [1]", "threshold: [9]"))


async def test_or_says_enabled(world: World) -> None:
    await world.rules.disable("r", at=world.now, actor="ann")
    assert await world.read(RULE + "enabled: true\n")


async def test_a_file_that_says_disabled_is_heeded_and_so_is_the_end_of_that(world: World) -> None:
    assert not await world.read(RULE + "enabled: false\n")
    assert await world.read()
    await world.rules.enable("r", at=world.now, actor="ann")
    assert not await world.read(RULE + "enabled: false\n")


async def test_a_vanished_rule_is_enabled_when_it_is_back(world: World) -> None:
    assert not await world.read(None)
    assert await world.read()
    assert not await world.read(None)
    assert await world.read(RULE.replace("name: R", "name: Renamed"))


async def test_a_rule_that_a_user_disabled_before_it_vanished_stays_disabled(world: World) -> None:
    await world.rules.disable("r", at=world.now, actor="ann")
    assert not await world.read(None)
    assert not await world.read()


async def test_files_leave_mutes_alone(world: World) -> None:
    await world.rules.mute_all("r", at=world.now, actor="ann")
    assert await world.read(RULE.replace("name: R", "name: Renamed"))
    rule = (await world.rules.get("r")).rule
    assert (rule.mute_all, rule.name, rule.updated_by) == (True, "Renamed", BY_FILES)


async def test_a_rule_that_comes_in_is_run_within_its_interval(world: World) -> None:
    first_runs = [due for due in world.due if due is not None]
    assert len(first_runs) == 2
    assert all(world.now <= due <= world.now + timedelta(minutes=1) for due in first_runs)


async def test_a_rule_that_cannot_be_stored_holds_no_other_back(world: World, caplog: pytest.LogCaptureFixture) -> None:
    (world.folder / "rules" / "a.yml").write_text(RULE.replace("id: r", "id: a").replace("5", "-5"))
    (world.folder / "rules" / "z.yml").write_text(RULE.replace("id: r", "id: z"))
    with caplog.at_level(logging.ERROR):
        assert await world.read()
    assert "timeWindowSize" in caplog.text
    assert (await world.rules.get("z")).rule.enabled
