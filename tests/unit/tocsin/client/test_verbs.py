"""Verbs on a store and on a daemon: one table of commands, which print the same and end the same on both."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.api.address import Address
from engine.operations.api_keys import ApiKeys
from engine.operations.users import Users
from engine.ports.store import DeliveryReport, RuleKey
from engine.service.clocks import SystemClock
from engine.store.connections import sqlite_url
from tocsin.api_service import start_api
from tocsin.cli.app import tocsin
from tocsin.cli.options import Globals
from tocsin.files.api_section import ApiOptions
from tocsin.library import AsyncEngine
from tocsin.security_policy import settle_policy

OPTIONS = ApiOptions(Address("127.0.0.1", 0))
PASSWORD = "correct horse"
SETTINGS = "store: tocsin.db\nconnectors: {log: {name: log, connector_type_id: .server-log}}\n"
RULE = {
    "name": "Busy",
    "rule_type_id": ".index-threshold",
    "consumer": "alerts",
    "schedule": {"interval": "1h"},
    "params": {
        "index": ["web"],
        "timeField": "@timestamp",
        "timeWindowSize": 1,
        "timeWindowUnit": "d",
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
FILE = """\
{id: busy, name: Busier, rule_type_id: .index-threshold, consumer: alerts, schedule: {interval: 2h},
 params: {index: [web], timeField: "@timestamp", timeWindowSize: 1, timeWindowUnit: d, threshold: [0],
          thresholdComparator: ">"}}
"""
BAD_FILE = FILE.replace("threshold: [0]", "threshold: []")
ROLE = "elasticsearch: {}\nkibana:\n- feature: {stackAlerts: [all]}\n  spaces: [ops]\n"

COMMANDS: list[tuple[str, int, str]] = [
    ("rules list", 0, "1 to 2 of 2 rules"),
    ("rules list --name IDL --limit 1", 0, "1 to 1 of 1 rules"),
    ("rules list --page 9", 0, "no rules on page 9, 2 rules in all"),
    ("rules list --status error -o json", 0, '"total": 0'),
    ("rules get BUSY", 0, "name: Busy"),
    ("rules get busy -o json", 0, '"mute_all": false'),
    ("rules get no", 2, "knows no rule 'no' (it knows: busy (Busy), idle (Idle))"),
    ("rules get twice --space ops", 2, "2 rules are named 'twice' (give an id: "),
    ("rules mute busy idle", 0, "Busy [busy]: muted\nIdle [idle]: muted\n"),
    ("rules unmute busy --alert x", 0, "Busy [busy]: is muted as a whole: unmute the rule itself"),
    ("rules unmute busy idle -o json", 0, '"changed": true'),
    ("rules mute busy --alert no", 2, "alert [no] not found"),
    ("rules mute busy --alert=all@documents", 0, "Busy [busy]: muted for all documents"),
    ("rules unmute busy --alert=all@documents -o json", 0, '"changed": true'),
    ("rules snooze busy --for 2h", 0, "Busy [busy]: snoozed until "),
    ("rules unsnooze busy", 0, "Busy [busy]: unsnoozed\n"),
    ("rules unsnooze busy", 0, "Busy [busy]: was not snoozed\n"),
    ("rules snooze busy --for 2h --every 1d", 0, "Busy [busy]: has the snooze "),
    ("rules snooze busy --for soon", 2, "--for: "),
    ("rules unsnooze busy --id no", 0, "Busy [busy]: had no such snooze"),
    ("rules disable idle", 0, "Idle [idle]: disabled\n"),
    ("rules disable idle --untrack", 0, "Idle [idle]: was disabled already\n"),
    ("rules enable idle busy", 0, "Idle [idle]: enabled\nBusy [busy]: was enabled already\n"),
    ("alerts list", 0, "all documents"),
    ("alerts list --rule Busy --status active -o json", 0, '"group": "threshold met"'),
    ("alerts list --rule idle", 0, "no alerts"),
    ("why busy", 0, "Busy [busy]: 1 active: all documents"),
    ("why busy all@documents --last 1h -o json", 0, '"reason": "notified"'),
    ("why busy nobody", 2, "no recorded run of rule [busy] saw an alert 'nobody' (its alerts: all documents)"),
    ("why busy --last soon", 2, "--last: 'soon' is no duration"),
    ("notifications list", 0, " dead "),
    ("notifications list --rule idle --state dead -o json", 0, '"notifications": []'),
    ("notifications retry --all-dead --rule Busy", 0, ": queued again"),
    ("notifications drop --all-dead", 0, "no dead letters"),
    ("notifications drop nine", 2, "notification [nine] not found"),
    ("windows list", 0, "no maintenance windows"),
    ("windows create Work --for 2h --id work --scope kibana.alert.rule.tags:db", 0, "status: running"),
    ("windows create Work --for 2h --id work", 1, "exists already"),
    ("windows create Work --for never", 2, "schedule.custom.duration"),
    ("windows list --status running", 0, "1 of 1 windows"),
    ("windows list -o json", 0, '"id": "work"'),
    ("windows get work", 0, "title: Work"),
    ("windows get no", 2, "maintenance window [no] not found"),
    ("windows finish work", 0, "Work [work]: what ran has ended"),
    ("windows finish work", 2, "maintenance window [work] is not running"),
    ("windows archive work", 0, "Work [work]: archived"),
    ("windows unarchive work -o json", 0, '"status": "'),
    ("windows delete work", 0, "Work [work]: deleted"),
    ("views list", 0, "web-*"),
    ("views get web -o json", 0, '"title": "web-*"'),
    ("views get no", 2, "no] not found"),
    ("connectors list", 0, " .server-log (Server log) "),
    ("connectors get LOG -o json", 0, '"connector_type_id": ".server-log"'),
    ("connectors get no", 2, "there is no connector 'no' (there are: log (log))"),
    ("spaces list -o json", 0, '"id": "ops"'),
    ("spaces get ops", 0, "name: Operations"),
    ("spaces create dev --description Trials", 0, "description: Trials"),
    ("spaces create dev", 1, "space [dev] exists already"),
    ("spaces create Dev", 2, "'Dev' is no id of a space"),
    ("spaces delete dev", 0, "dev [dev]: deleted"),
    ("spaces delete dev", 2, "space [dev] not found"),
    ("roles put on-call role.yml", 0, "on-call: stored"),
    ("roles list", 0, "on-call"),
    ("roles get on-call -o json", 0, '"stackAlerts"'),
    ("roles delete on-call", 0, "on-call: deleted"),
    ("roles delete viewer", 2, "role [viewer] is built in"),
    ("apply bad.yml", 2, "params.threshold"),
    ("apply rule.yml --dry-run", 0, "name: Busy -> Busier"),
    ("apply rule.yml --yes -o json", 0, '"applied": true'),
    ("apply rule.yml", 0, "1 rule: 1 unchanged"),
    ("apply rule.yml --space ops", 0, "1 of 1 rule applied"),
    ("export busy", 0, "name: Busier"),
    ("export -o json", 0, '"name": "Idle"'),
    ("export --output-dir out", 0, "Idle [idle]: out/idle.yml"),
    ("rules list --space no", 2, "space [no] not found"),
    ("rules list --space ops -o json", 0, '"total": 3'),
    ("rules delete busy idle", 0, "Busier [busy]: deleted, 1 active alert left untracked\nIdle [idle]: deleted\n"),
    ("rules list -o json", 0, '"total": 0'),
]

OpenWorld = Callable[[str], AbstractAsyncContextManager["World"]]


class World:
    """A folder with settings, files and a store, and a daemon that works with it: a rule with an alert, a dead letter,
    a data view, a space with two rules of one name."""

    def __init__(self, folder: Path, engine: AsyncEngine) -> None:
        self.folder, self.engine = folder, engine
        self.url = self.key = ""

    async def prepare(self) -> None:
        for name, text in (("tocsin.yml", SETTINGS), ("rule.yml", FILE), ("bad.yml", BAD_FILE), ("role.yml", ROLE)):
            (self.folder / name).write_text(text)
        parts, at = self.engine.parts, self.engine.clock.now()
        who: dict[str, Any] = {"at": at, "actor": None}
        self.engine.add_connector("log", ".server-log")
        await self.engine.add_documents("web", [{"@timestamp": (at - timedelta(minutes=1)).isoformat()}])
        await self.engine.add_rule(RULE, "busy")
        await self.engine.add_rule({**RULE, "name": "Idle", "actions": []}, "idle")
        await parts.data_views.create({"data_view": {"id": "web", "title": "web-*"}}, **who)
        await parts.spaces.create({"id": "ops", "name": "Operations"}, **who)
        for rule_id in ("one", "two"):
            body = {**RULE, "name": "Twice", "actions": []}
            await parts.rules.create(body, rule_id=rule_id, space="ops", **who)
        await parts.service.run_rules([RuleKey("default", "busy")], self.engine.clock.now())
        at = self.engine.clock.now()
        claimed = await parts.store.claim_notifications(at, 10, "test", at + timedelta(minutes=1))
        assert claimed
        await parts.store.finish_notifications([DeliveryReport(each, "dead", at, "refused") for each in claimed])
        await settle_policy(parts.security, None, OPTIONS)
        await Users(parts.store).add("ann", PASSWORD, ["superuser"], **who)
        self.key = (await ApiKeys(parts.store).create("cli", "ann", **who)).encoded
        (self.folder / "key").write_text(f"{self.key}\n")
        (self.folder / "password").write_text(f"{PASSWORD}\n")

    async def run(self, words: str, *more: str, **variables: str) -> Result:
        """A command in the folder; an at-sign stands for a blank."""
        arguments = [word.replace("@", " ") for word in words.split()]
        runner = CliRunner(env={"HOME": str(self.folder), **variables})
        return await asyncio.to_thread(runner.invoke, tocsin, [*arguments, *more], obj=Globals())


@pytest.fixture
def open_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenWorld:
    """Opens a world of a name, in a folder of its own, which becomes the current one."""
    monkeypatch.setattr("getpass.getuser", lambda: "ann")
    for name in ("TOCSIN_SERVER", "TOCSIN_STORE", "TOCSIN_API_KEY", "TOCSIN_SPACE"):
        monkeypatch.delenv(name, raising=False)

    @asynccontextmanager
    async def open_it(name: str) -> AsyncIterator[World]:
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        async with AsyncEngine(clock=SystemClock(), store=sqlite_url(folder / "tocsin.db")) as engine:
            world = World(folder, engine)
            await world.prepare()
            server = await start_api(engine.parts, OPTIONS, lambda: None)
            world.url = server.url
            yield world
            await server.stop(5)

    return open_it


def code_of(result: Result) -> int:
    """The exit code that the program would end with."""
    return int(getattr(result.exception, "exit_code", result.exit_code))


def told(result: Result) -> str:
    """What people and programs are told, and of errors their text."""
    is_error = result.exception is not None and not isinstance(result.exception, SystemExit)
    return result.output + (str(result.exception) if is_error else "")


def comparable(text: str) -> str:
    """Without what may differ: times, random ids, whose rights rules have, what a daemon keeps back, who says it."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", text)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", text)
    text = re.sub(r',?\n *"?(?:api_key_\w+|last_duration|config|secrets)"?: [^\n]*', "", text)
    text = re.sub(r"http\S+ refused it \(\d+\): ", "", text).replace("this server", "this store")
    text = text.replace(" (see the params of rule type .index-threshold)", "")
    # The API tells where in a body something is wrong.
    return re.sub(r"\[request body\.([\w.]+)\]", r"\1", text)


async def answers(world: World, *where: str) -> list[tuple[str, int, str]]:
    """What the commands come to there."""
    found = []
    for words, _, _ in COMMANDS:
        result = await world.run(words, *where)
        found.append((words, code_of(result), told(result)))
    return found


async def test_a_store_and_a_daemon_answer_alike(open_world: OpenWorld) -> None:
    found = []
    for kind in ("store", "server"):
        async with open_world(kind) as world:
            where = ("--server", world.url, "--api-key-file", "key") if kind == "server" else ()
            found.append(await answers(world, *where))
    for each in found:
        as_told = [
            (words, code, said if said in text else text)
            for (words, code, text), (_, _, said) in zip(each, COMMANDS, strict=True)
        ]
        assert as_told == COMMANDS
    stored, served = ([(words, code, comparable(text)) for words, code, text in each] for each in found)
    assert served == stored
