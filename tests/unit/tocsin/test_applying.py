"""Rule files applied to a store, and exported from it: the way there and back ends where it began."""

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.model.errors import InvalidInput, StoreUnavailable
from engine.model.jsonvalue import JsonObject
from engine.model.rule import Rule
from engine.ports.store import RuleQuery
from engine.store.connections import sqlite_url
from engine.store.sqlite import open_store
from tocsin.applying import PlannedRule, apply_rule, changes_of, plan_rules
from tocsin.client.api import Api
from tocsin.client.opening import open_api
from tocsin.client.place import StorePlace
from tocsin.exporting import exported_rules, file_name, write_rule_files
from tocsin.files.rules import load_rules
from tocsin.library import AsyncEngine
from tocsin.origins import BY_FILES
from tocsin.session import load_session

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
CONFIG = """\
connectors:
  log: {name: Log, connector_type_id: .server-log}
  chat: {name: Chat, connector_type_id: .slack, secrets: {webhookUrl: "${env:NOBODY_SET_THIS}"}}
"""
RULE = """\
id: {id}
name: {name}
rule_type_id: .index-threshold
consumer: alerts
schedule: {{interval: 1m}}
params: {{index: [web], timeField: "@timestamp", timeWindowSize: 5, timeWindowUnit: m, threshold: [1],
         thresholdComparator: ">="}}
"""
SPECIAL = r"""
tags: ["22:00", on, "\u202E"]
enabled: false
alert_delay: {active: 3}
flapping: {look_back_window: 5, status_change_threshold: 2}
artifacts: {investigation_guide: {blob: "# Look\n\n- at `this` \n"}}
actions:
  - {id: chat, group: threshold met, frequency: {summary: true, notify_when: onThrottleInterval, throttle: 1h},
     params: {message: "{{rule.name}}:\n  {{#alerts.all.data}}*{{.}}*\n{{/alerts.all.data}}\n"}}
  - {id: log, group: recovered, frequency: {summary: false, notify_when: onActionGroupChange},
     params: {message: "Grüße\tund\r\nEnde "},
     alerts_filter: {query: {kql: "host.name: \"web-*\"", filters: []},
       timeframe: {days: [1], hours: {start: "8:00", end: "24:00"}, timezone: Europe/Vienna}}}
"""


class World:
    """A folder with settings, rule files and stores."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.rules, self.config = folder, folder / "rules", folder / "tocsin.yml"
        self.rules.mkdir()
        self.config.write_text(CONFIG)

    async def make_store(self, name: str) -> str:
        store = open_store(sqlite_url(self.folder / name))
        await store.open()
        await store.close()
        return str(self.folder / name)

    def api(self, store: str) -> AbstractAsyncContextManager[Api]:
        return open_api(StorePlace(self.config, store, "default"))

    async def plan(self, store: str, folder: Path | None = None) -> list[PlannedRule]:
        session = load_session(self.config, [folder or self.rules], needs_secrets=False)
        assert session.problems == []
        async with self.api(store) as api:
            plan, problems = await plan_rules(api, session.rules)
        assert problems == []
        return plan

    async def apply(self, store: str, folder: Path | None = None) -> None:
        plan = await self.plan(store, folder)
        async with self.api(store) as api:
            for rule in changes_of(plan):
                await apply_rule(api, rule.definition, in_bulk=True)

    async def export(self, store: str, *texts: str) -> list[JsonObject]:
        async with self.api(store) as api:
            return await exported_rules(api, texts)

    async def rules_of(self, store: str) -> dict[str, Rule]:
        """The rules of a store by id, without when they were made and how often they were changed."""
        opened = open_store(sqlite_url(Path(store)))
        await opened.open()
        page = await opened.find_rules("default", RuleQuery(limit=None))
        await opened.close()
        rules = [replace(stored.rule, created_at=LONG_AGO, updated_at=LONG_AGO, revision=0) for stored in page.rules]
        return {rule.id: rule for rule in rules}


@pytest.fixture
async def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    (world.rules / "plain.yml").write_text(RULE.format(id="plain", name="Plain"))
    (world.rules / "special.yml").write_text(RULE.format(id="'../special: *'", name="Special") + SPECIAL)
    return world


async def test_exported_rules_make_the_same_rules_again(world: World) -> None:
    first, second = await world.make_store("first.db"), await world.make_store("second.db")
    await world.apply(first)
    out = world.folder / "out"
    files = write_rule_files(await world.export(first), out, replaces=False)
    assert [file.name for file in files] == ["plain.yml", "..%2Fspecial%3A %2A.yml".replace("..", "%2E.", 1)]

    assert not changes_of(await world.plan(first, out))
    await world.apply(second, out)
    rules = await world.rules_of(first)
    assert set(rules) == {"plain", "../special: *"}
    assert await world.rules_of(second) == rules


async def test_shipped_rules_come_back_as_they_went(world: World) -> None:
    world.config = Path(__file__).parents[3] / "config" / "tocsin.yml"
    store, out = await world.make_store("store.db"), world.folder / "out"
    await world.apply(store, world.config.parent / "rules")
    exported = await world.export(store)
    assert len(write_rule_files(exported, out, replaces=False)) >= 3
    assert not changes_of(await world.plan(store, out))


async def test_only_the_rules_that_were_asked_for_are_exported(world: World) -> None:
    store = await world.make_store("store.db")
    await world.apply(store)
    assert [definition["id"] for definition in await world.export(store, "PLAIN")] == ["plain"]
    assert [definition["id"] for definition in await world.export(store)] == ["plain", "../special: *"]


async def test_files_that_are_there_are_replaced_only_if_asked_for(world: World) -> None:
    store = await world.make_store("store.db")
    await world.apply(store)
    definitions, out = await world.export(store), world.folder / "out"
    out.mkdir()
    (out / "plain.yml").write_text("# mine")
    with pytest.raises(InvalidInput, match=r"plain\.yml exists already \(give --force"):
        write_rule_files(definitions, out, replaces=False)
    assert [file.name for file in out.iterdir()] == ["plain.yml"]
    write_rule_files(definitions, out, replaces=True)
    assert len(load_rules([out]).rules) == 2


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match=r"cannot write to .*file.*: Not a directory"):
        write_rule_files([{"id": "r"}], tmp_path / "file" / "rules", replaces=False)


@pytest.mark.parametrize("rule_id", ["a/b", ".hidden", "..", "x" * 500, "ä" * 100, "nul\0", "a\nb"])
def test_every_id_has_a_file_name_of_its_own(tmp_path: Path, rule_id: str) -> None:
    assert file_name(rule_id) != file_name(rule_id + "x")
    [file] = write_rule_files([{"id": rule_id, "name": "N"}], tmp_path, replaces=False)
    assert file.parent == tmp_path
    assert [rule.id for rule in load_rules([tmp_path]).rules] == [rule_id]


async def test_a_rule_that_somebody_disabled_stays_so_unless_its_file_says_otherwise(world: World) -> None:
    store = await world.make_store("store.db")
    await world.apply(store)
    async with world.api(store) as api:
        await api.ask("POST", "/api/alerting/rule/plain/_disable")
    (world.rules / "plain.yml").write_text(RULE.format(id="plain", name="Renamed"))
    plain = (await world.plan(store))[0]
    assert (plain.outcome, plain.is_left_disabled) == ("updated", True)
    await world.apply(store)
    rule = (await world.rules_of(store))["plain"]
    assert (rule.name, rule.enabled) == ("Renamed", False)

    (world.rules / "plain.yml").write_text(RULE.format(id="plain", name="Renamed") + "enabled: true\n")
    plain = (await world.plan(store))[0]
    assert (plain.outcome, plain.is_left_disabled) == ("enabled", False)
    assert plain.changes == [{"path": "enabled", "before": False, "after": True}]
    await world.apply(store)
    assert (await world.rules_of(store))["plain"].enabled


async def test_rules_that_a_daemon_has_from_files_are_told_apart(world: World) -> None:
    store = await world.make_store("store.db")
    [plain, _] = load_rules([world.rules]).rules
    async with AsyncEngine(store=sqlite_url(Path(store))) as engine:
        await engine.parts.rules.apply(plain.body, rule_id="plain", at=LONG_AGO, actor=BY_FILES)
    assert [rule.is_of_daemon for rule in await world.plan(store)] == [True, False]


async def test_what_a_store_refuses_is_told_with_its_place(world: World) -> None:
    store = await world.make_store("store.db")
    await world.apply(store)
    (world.rules / "plain.yml").write_text(
        RULE.format(id="plain", name="Plain").replace("consumer: alerts", "consumer: logs")
    )
    session = load_session(world.config, [world.rules], needs_secrets=False)
    assert session.problems == []
    async with world.api(store) as api:
        plan, [problem] = await plan_rules(api, session.rules)
    assert [rule.definition.id for rule in plan] == ["../special: *"]
    assert (problem.file.name, problem.line, problem.path) == ("plain.yml", 4, "consumer")


def test_connectors_are_known_without_their_secrets_and_unknown_ones_are_told(world: World) -> None:
    (world.rules / "plain.yml").write_text(
        RULE.format(id="plain", name="Plain")
        + "actions: [{id: gone, group: threshold met, frequency: {summary: false, notify_when: onActiveAlert}}]\n"
    )
    session = load_session(world.config, [world.rules], needs_secrets=False)
    [problem] = session.problems
    assert (problem.file.name, problem.path) == ("plain.yml", "actions.0.id")
    # With secrets it would be two: one of them is missing.
    assert len(load_session(world.config, [world.rules]).problems) >= 1
