"""Verbs on the store while a daemon works with it: seen in what it runs, and in what a real receiver gets."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from engine.ports.store import RuleKey
from engine.store.connections import sqlite_url
from engine.store.sqlite import open_store

pytestmark = pytest.mark.slow

_PATIENCE_S = 60.0
_POLL_S = 0.05

RULE = """\
id: {id}
name: {name}
rule_type_id: .index-threshold
consumer: alerts
schedule: {{interval: 1s}}
params: {{index: [web], timeField: "@timestamp", timeWindowSize: {seconds}, timeWindowUnit: s, threshold: [1],
         thresholdComparator: ">="}}
actions:
  - {{id: receiver, group: threshold met, frequency: {{summary: false, notify_when: {notify_when}}},
     params: {{body: '{id} fired'}}}}
  - {{id: receiver, group: recovered, frequency: {{summary: false, notify_when: {notify_when}}},
     params: {{body: '{id} recovered'}}}}
"""
LONG, SHORT = 3600, 8


def rule(rule_id: str, *, seconds: int = LONG, notify_when: str = "onActionGroupChange", name: str = "") -> str:
    return RULE.format(id=rule_id, name=name or rule_id.title(), seconds=seconds, notify_when=notify_when)


@dataclass
class Receiver:
    """An HTTP server on loopback. It answers 400 to what is ``refused``, and keeps what it took."""

    url: str = ""
    refused: set[str] = field(default_factory=set)
    taken: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)

    async def take(self, request: web.Request) -> web.Response:
        text = await request.text()
        if text in self.refused:
            return web.Response(status=400, text="malformed")
        self.taken.put_nowait(text)
        return web.Response()

    async def next(self) -> str:
        return await asyncio.wait_for(self.taken.get(), _PATIENCE_S)

    async def until(self, wanted: str) -> None:
        while await self.next() != wanted:
            pass

    def forget(self) -> None:
        while not self.taken.empty():
            self.taken.get_nowait()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = "http://{}:{}/".format(*runner.addresses[0][:2])
    yield receiver
    await runner.cleanup()


@dataclass
class Daemon:
    """The daemon in a folder, and the log records it has written."""

    folder: Path
    environment: dict[str, str]
    process: "subprocess.Popen[str] | None" = None
    log: Path = Path()

    def start(self, **rules: str) -> None:
        for name, text in rules.items():
            (self.folder / "rules" / f"{name}.yml").write_text(text)
        self.log = self.folder / "daemon.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tocsin", "serve", "--rules", "rules", "--data", "web=web.ndjson"],
                cwd=self.folder,
                env=self.environment,
                stderr=log,
                text=True,
            )

    def add_document(self) -> None:
        with (self.folder / "web.ndjson").open("a") as file:
            file.write(json.dumps({"@timestamp": datetime.now(UTC).isoformat()}) + "\n")

    def runs_of(self, rule_id: str) -> int:
        """How often the rule has run since the daemon began."""
        records = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return sum(record["message"] == "rule_run" and record["rule_id"] == rule_id for record in records)

    async def more_runs_of(self, rule_id: str, more: int) -> None:
        wanted = self.runs_of(rule_id) + more
        await eventually(lambda: self.runs_of(rule_id) >= wanted)


async def eventually(is_so: Callable[[], bool]) -> None:
    """Wait until something that another process does can be seen."""
    end = time.monotonic() + _PATIENCE_S
    while not await asyncio.to_thread(is_so):
        assert time.monotonic() < end, "it never happened"
        await asyncio.sleep(_POLL_S)


@pytest.fixture
def daemon(tmp_path: Path, environment: dict[str, str], receiver: Receiver) -> Iterator[Daemon]:
    (tmp_path / "rules").mkdir()
    (tmp_path / "web.ndjson").write_text("")
    (tmp_path / "tocsin.yml").write_text(
        "connectors:\n  receiver:\n    name: receiver\n    connector_type_id: .webhook\n"
        f"    config: {{url: '{receiver.url}', hasAuth: false}}\n"
    )
    daemon = Daemon(tmp_path, environment | {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)})
    yield daemon
    if daemon.process is not None:
        daemon.process.kill()
        daemon.process.wait()


@pytest.fixture
def verbs(tocsin: Any) -> Callable[..., Any]:
    """Runs a verb without holding up the receiver; its JSON. ``ends``: the exit code that it must have."""

    async def run(*arguments: str, ends: int = 0) -> Any:
        done = await asyncio.to_thread(tocsin, *arguments, "-o", "json")
        assert done.returncode == ends, done.stderr
        return json.loads(done.stdout)

    return run


async def _dead(verbs: Callable[..., Any], count: int) -> list[Any]:
    """The dead letters, once there are as many."""
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        dead: list[Any] = (await verbs("notifications", "list", "--state", "dead"))["notifications"]
        if len(dead) == count:
            return dead
    raise AssertionError(f"there were never {count} dead letters")


async def test_muting_and_switching_rules_under_a_daemon(daemon: Daemon, receiver: Receiver, verbs: Any) -> None:
    daemon.add_document()
    daemon.start(busy=rule("busy", notify_when="onActiveAlert"), other=rule("other", notify_when="onActiveAlert"))
    await receiver.until("busy fired")

    # By name: ids are for programs.
    muted = await verbs("rules", "mute", "BUSY")
    assert muted["rules"][0]["mute_all"] is True
    await daemon.more_runs_of("busy", 2)
    await receiver.until("other fired")
    receiver.forget()
    await daemon.more_runs_of("busy", 2)
    await receiver.until("other fired")
    assert not any(text.startswith("busy") for text in list(receiver.taken._queue))  # type: ignore[attr-defined]
    [alert] = (await verbs("alerts", "list", "--rule", "busy"))["alerts"]
    assert (alert["status"], alert["muted"], alert["group"]) == ("active", True, "threshold met")

    await verbs("rules", "unmute", "busy")
    receiver.forget()
    await receiver.until("busy fired")

    await verbs("rules", "disable", "busy")
    await daemon.more_runs_of("other", 1)
    stopped_at = daemon.runs_of("busy")
    await daemon.more_runs_of("other", 3)
    assert daemon.runs_of("busy") == stopped_at
    [listed] = (await verbs("rules", "list", "--disabled"))["rules"]
    assert (listed["id"], listed["next_run"]) == ("busy", None)

    await verbs("rules", "enable", "busy")
    await daemon.more_runs_of("busy", 2)
    receiver.forget()
    await receiver.until("busy fired")
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(daemon.process.wait, 60) == 0


async def test_snoozes_and_windows_under_a_daemon(daemon: Daemon, receiver: Receiver, verbs: Any) -> None:
    daemon.add_document()
    daemon.start(busy=rule("busy", notify_when="onActiveAlert"), other=rule("other", notify_when="onActiveAlert"))
    await receiver.until("busy fired")

    await verbs("rules", "snooze", "busy", "--for", "1h")
    await daemon.more_runs_of("busy", 2)
    await receiver.until("other fired")
    receiver.forget()
    await daemon.more_runs_of("busy", 2)
    await receiver.until("other fired")
    assert not any(text.startswith("busy") for text in list(receiver.taken._queue))  # type: ignore[attr-defined]
    await verbs("rules", "unsnooze", "busy")
    await receiver.until("busy fired")

    begin = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    settings = daemon.folder / "tocsin.yml"
    window = f"  w: {{title: W, schedule: {{custom: {{start: {begin}, duration: 9h}}}}}}\n"
    settings.write_text(settings.read_text() + "maintenance_windows:\n" + window)
    (daemon.folder / "rules" / "late.yml").write_text(rule("late", notify_when="onActiveAlert"))
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGHUP)
    await daemon.more_runs_of("late", 2)
    receiver.forget()
    await daemon.more_runs_of("late", 2)
    await receiver.until("other fired")
    assert not any(text.startswith("late") for text in list(receiver.taken._queue))  # type: ignore[attr-defined]
    [shown] = (await verbs("windows", "list"))["windows"]
    assert (shown["id"], shown["status"], shown["created_by"]) == ("w", "running", "tocsin.yml")


async def test_rules_are_applied_and_deleted_under_a_daemon(daemon: Daemon, receiver: Receiver, verbs: Any) -> None:
    daemon.add_document()
    daemon.start(other=rule("other", notify_when="onActiveAlert"))
    await receiver.until("other fired")

    (daemon.folder / "late.yml").write_text(rule("late", notify_when="onActiveAlert"))
    [applied] = (await verbs("apply", "late.yml", "--yes"))["rules"]
    assert (applied["outcome"], applied["applied"]) == ("created", True)
    await receiver.until("late fired")

    # A daemon that reads its own files again leaves alone what came from elsewhere.
    assert daemon.process is not None
    (daemon.folder / "rules" / "third.yml").write_text(rule("third"))
    daemon.process.send_signal(signal.SIGHUP)
    await daemon.more_runs_of("third", 1)
    await daemon.more_runs_of("late", 1)

    (daemon.folder / "late.yml").write_text(rule("late", notify_when="onActiveAlert").replace("fired", "is here"))
    [applied] = (await verbs("apply", "late.yml", "--yes"))["rules"]
    assert [change["path"] for change in applied["changes"]] == ["actions.0.params.body"]
    await receiver.until("late is here")

    [deleted] = (await verbs("rules", "delete", "late"))["rules"]
    assert deleted["untracked"] == ["all documents"]
    await daemon.more_runs_of("other", 1)
    stopped_at = daemon.runs_of("late")
    await daemon.more_runs_of("other", 3)
    assert daemon.runs_of("late") == stopped_at
    assert '"level": "error"' not in daemon.log.read_text()


async def test_dead_letters_are_listed_sent_again_and_dropped(
    daemon: Daemon, receiver: Receiver, verbs: Any, tocsin: Any
) -> None:
    receiver.refused = {"steady fired", "wrong fired"}
    daemon.add_document()
    daemon.start(steady=rule("steady"), wrong=rule("wrong"))
    await daemon.more_runs_of("wrong", 1)
    dead = {each["rule"]: each for each in await _dead(verbs, 2)}
    steady, wrong = dead["steady"], dead["wrong"]
    assert (steady["attempts"], steady["next_attempt_at"]) == (1, None)
    assert "400" in steady["error"]

    receiver.refused.remove("steady fired")
    assert (await verbs("notifications", "retry", steady["id"]))["notifications"] == [
        {"id": steady["id"], "outcome": "queued", "state": "pending", "later": None}
    ]
    assert await receiver.next() == "steady fired"

    await verbs("notifications", "drop", "--all-dead", "--rule", "wrong")
    assert await _dead(verbs, 0) == []
    refused = await verbs("notifications", "retry", wrong["id"], ends=1)
    story = await asyncio.to_thread(tocsin, "why", "wrong")
    assert ": notified, but dropped by a user: " in story.stdout
    assert refused["notifications"][0] | {"id": ""} == {"id": "", "outcome": "left", "state": "dropped", "later": None}


async def test_a_trigger_is_not_sent_after_its_resolve(
    daemon: Daemon, receiver: Receiver, verbs: Any, tocsin: Any
) -> None:
    receiver.refused = {"blip fired"}
    daemon.start(blip=rule("blip", seconds=SHORT))
    # Only now, so that a slow start does not take up the time in which the alert is active.
    await daemon.more_runs_of("blip", 1)
    daemon.add_document()
    assert await receiver.next() == "blip recovered"
    [dead] = await _dead(verbs, 1)
    receiver.refused.clear()

    said = await asyncio.to_thread(tocsin, "notifications", "retry", "--all-dead")
    assert said.returncode == 1
    assert said.stdout.startswith(f"{dead['id']}: left dead, because the later message ")
    assert " about the same alert was delivered (drop this one, or " in said.stdout

    await verbs("notifications", "retry", dead["id"], "--force")
    assert await receiver.next() == "blip fired"


async def test_a_run_beside_the_daemon(daemon: Daemon, receiver: Receiver, verbs: Any, tocsin: Any) -> None:
    daemon.add_document()
    rare = rule("rare").replace("interval: 1s", "interval: 2h")
    daemon.start(rare=rare, other=rule("other", notify_when="onActiveAlert"))
    await daemon.more_runs_of("other", 1)
    before = (await verbs("rules", "get", "rare"))["rule"]

    arguments = ("run", "--store", "tocsin.db", "--rule", "Rare", "--data", "web=web.ndjson", "--send")
    ran = await verbs(*arguments)
    assert [(each["rule"]["id"], each["status"]) for each in ran["rules"]] == [("rare", "active")]
    await receiver.until("rare fired")
    # The same by its file, which says nothing new; the alert is known by now.
    again = await verbs("run", "rules/rare.yml", "--store", "tocsin.db", "--data", "web=web.ndjson", "--send")
    assert [alert["status"] for alert in again["rules"][0]["alerts"]] == ["ongoing"]

    after = (await verbs("rules", "get", "rare"))["rule"]
    for member in ("revision", "created_by", "updated_by", "updated_at", "next_run", "enabled", "actions"):
        assert after[member] == before[member]
    assert daemon.runs_of("rare") == 0
    await daemon.more_runs_of("other", 1)


async def test_a_rule_that_is_being_run_is_left_to_who_runs_it(tocsin: Any, tmp_path: Path) -> None:
    (tmp_path / "rule.yml").write_text(rule("leased").partition("actions:")[0])
    (tmp_path / "web.ndjson").write_text("{}\n")
    data = ("--data", "web=web.ndjson")
    made = await asyncio.to_thread(tocsin, "run", "rule.yml", "--state", "daemon.db", *data)
    assert made.returncode == 0, made.stderr
    store = open_store(sqlite_url(tmp_path / "daemon.db"))
    await store.open()
    now = datetime.now(UTC)
    claim = await store.claim_rule(RuleKey("default", "leased"), now, "daemon", now + timedelta(minutes=5))
    assert claim is not None

    for way in (("--rule", "leased"), ("rule.yml",)):
        done = await asyncio.to_thread(tocsin, "run", *way, "--store", "daemon.db", *data, "-o", "json")
        assert (done.returncode, json.loads(done.stdout)["rules"][0]["status"]) == (5, "locked")
    await store.release([claim])
    assert (await asyncio.to_thread(tocsin, "run", *way, "--store", "daemon.db", *data)).returncode == 0
    await store.close()


async def test_a_guest_says_what_it_changes_and_switches_nothing(tocsin: Any, tmp_path: Path) -> None:
    text = rule("guest").partition("actions:")[0].replace("interval: 1s", "interval: 1m")
    (tmp_path / "rule.yml").write_text(text)
    (tmp_path / "web.ndjson").write_text("{}\n")

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        done: subprocess.CompletedProcess[str] = tocsin("run", "rule.yml", *arguments, "--data", "web=web.ndjson")
        return done

    assert run("--state", "daemon.db").stderr == ""
    (tmp_path / "rule.yml").write_text(text.replace("threshold: [1]", "threshold: [2]"))
    changed = run("--store", "daemon.db")
    assert (changed.returncode, changed.stderr) == (
        0,
        "tocsin: rule [guest] was updated in the store: its daemon runs it so from now on\n",
    )
    assert tocsin("rules", "disable", "guest", "--store", "daemon.db").returncode == 0
    refused = run("--store", "daemon.db")
    assert refused.returncode == 2
    assert "rule [guest] is disabled in this store (enable it: tocsin rules enable guest)" in refused.stderr
