"""The daemon as a process: it runs rules over a growing file, delivers, reloads, and ends when told."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from ruamel.yaml import YAML

pytestmark = pytest.mark.slow

RULE = """\
id: busy
name: Busy
rule_type_id: .index-threshold
consumer: alerts
schedule: {interval: 1s}
params: {index: [web], timeField: "@timestamp", timeWindowSize: 10, timeWindowUnit: m, threshold: [1],
         thresholdComparator: ">="}
actions:
  - {id: receiver, group: threshold met, frequency: {summary: false, notify_when: onActionGroupChange},
     params: {body: '{"value": {{context.value}}}'}}
"""


@pytest.fixture
async def receiver() -> AsyncIterator[tuple[str, "asyncio.Queue[str]"]]:
    """The URL of an HTTP server on loopback, and what it received."""
    received: asyncio.Queue[str] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        received.put_nowait(await request.text())
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield "http://{}:{}/".format(*runner.addresses[0][:2]), received
    await runner.cleanup()


@pytest.fixture
def daemon(tmp_path: Path, environment: dict[str, str], receiver) -> Callable[..., "subprocess.Popen[str]"]:
    """Starts the daemon in the folder, over its rules and data or by other options; what still runs is killed."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "busy.yml").write_text(RULE)
    (tmp_path / "web.ndjson").write_text("")
    (tmp_path / "tocsin.yml").write_text(
        "connectors:\n  receiver:\n    name: receiver\n    connector_type_id: .webhook\n"
        f"    config: {{url: '{receiver[0]}', hasAuth: false}}\n"
    )
    started: list[subprocess.Popen[str]] = []

    def start(*options: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "tocsin", "serve", *(options or ("--rules", "rules", "--data", "web=web.ndjson"))],
            cwd=tmp_path,
            env=environment | {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


async def _line(process: "subprocess.Popen[str]", wanted: Callable[[dict[str, object]], bool]) -> dict[str, object]:
    """The first log line that is wanted; lines before it are read away."""

    def read() -> dict[str, object]:
        assert process.stderr is not None
        for line in process.stderr:
            fields = json.loads(line) if line.startswith("{") else {"message": line}
            if wanted(fields):
                return fields
        raise AssertionError("the daemon ended before it said so")

    return await asyncio.wait_for(asyncio.to_thread(read), 60)


async def _delivery_noted(folder: Path) -> None:
    """Wait until the daemon has stored that its message was delivered."""
    with closing(sqlite3.connect(folder / "tocsin.db")) as store:
        while store.execute("SELECT state FROM outbox").fetchall() != [("delivered",)]:  # noqa: ASYNC110 - a process
            await asyncio.sleep(0.05)


async def test_it_follows_a_file_delivers_and_ends_cleanly(daemon, receiver, tmp_path: Path) -> None:
    process = daemon()
    first = await _line(process, lambda fields: fields["message"] == "rule_run")
    assert (first["rule_id"], first["status"]) == ("busy", "ok")
    with (tmp_path / "web.ndjson").open("a") as file:
        file.write(json.dumps({"@timestamp": datetime.now(UTC).isoformat()}) + "\n")
    assert json.loads(await asyncio.wait_for(receiver[1].get(), 60)) == {"value": 1}
    process.send_signal(signal.SIGTERM)
    await _line(process, lambda fields: fields["message"] == "stopped")
    assert await asyncio.to_thread(process.wait, 60) == 0


async def test_a_second_daemon_on_the_same_store_is_refused(daemon) -> None:
    first = daemon()
    await _line(first, lambda fields: fields["message"] == "rule_run")
    second = daemon()
    _, told = await asyncio.to_thread(second.communicate, None, 60)
    assert second.returncode == 5
    assert f"in use by process {first.pid}" in told


async def test_hangup_reads_the_rules_again_and_a_vanished_rule_is_disabled(daemon, tmp_path: Path) -> None:
    process = daemon()
    await _line(process, lambda fields: fields["message"] == "rule_run")
    (tmp_path / "rules" / "busy.yml").rename(tmp_path / "rules" / "kept.txt")
    (tmp_path / "rules" / "other.yml").write_text(RULE.replace("id: busy", "id: other").replace("Busy", "Other"))
    process.send_signal(signal.SIGHUP)
    await _line(process, lambda fields: "was disabled" in str(fields["message"]))
    run = await _line(process, lambda fields: fields["message"] == "rule_run" and fields["rule_id"] == "other")
    assert run["status"] == "ok"


async def test_settings_that_are_away_at_a_hangup_take_no_rule_with_them(daemon, tmp_path: Path) -> None:
    settings, away = tmp_path / "tocsin.yml", tmp_path / "away.yml"
    settings.write_text("rules: [rules]\n" + settings.read_text())
    process = daemon("--data", "web=web.ndjson")
    await _line(process, lambda fields: fields["message"] == "rule_run")
    settings.rename(away)
    process.send_signal(signal.SIGHUP)
    told = await _line(process, lambda fields: "tocsin.yml" in str(fields["message"]))
    assert told["level"] == "error"
    await _line(process, lambda fields: fields["message"] == "rule_run")


async def test_a_broken_rule_file_holds_no_other_rule_back(daemon, tmp_path: Path) -> None:
    (tmp_path / "rules" / "broken.yml").write_text("name: [")
    process = daemon()
    await _line(process, lambda fields: "broken.yml" in str(fields["message"]))
    run = await _line(process, lambda fields: fields["message"] == "rule_run")
    assert run["rule_id"] == "busy"


async def test_after_a_kill_the_rule_goes_on_where_it_was(daemon, receiver, tmp_path: Path) -> None:
    process = daemon()
    with (tmp_path / "web.ndjson").open("a") as file:
        file.write(json.dumps({"@timestamp": datetime.now(UTC).isoformat()}) + "\n")
    await asyncio.wait_for(receiver[1].get(), 60)
    # Killed before it could note that, it would send the message again.
    await asyncio.wait_for(_delivery_noted(tmp_path), 60)
    os.kill(process.pid, signal.SIGKILL)
    await asyncio.to_thread(process.wait, 60)
    again = daemon()
    run = await _line(again, lambda fields: fields["message"] == "rule_run")
    assert (run["status"], run["active"], run["new"]) == ("active", 1, 0)
    assert receiver[1].empty()


async def test_leases_of_the_killed_daemon_are_taken_over_and_those_of_commands_waited_for(daemon, tmp_path) -> None:
    for name in ("mine", "theirs"):
        rule = RULE.replace("id: busy", f"id: {name}").replace("Busy", name)
        (tmp_path / "rules" / f"{name}.yml").write_text(rule)
    process = daemon()
    for name in ("busy", "mine", "theirs"):
        await _line(process, lambda fields, name=name: fields.get("rule_id") == name)  # type: ignore[misc]
    os.kill(process.pid, signal.SIGKILL)
    await asyncio.to_thread(process.wait, 60)
    with closing(sqlite3.connect(tmp_path / "tocsin.db")) as store, store:
        lease = "UPDATE rule_runtime SET lease_owner = ?, lease_until = 1e15 WHERE rule_no IN (SELECT no FROM rules"
        store.execute(f"{lease} WHERE id = 'mine')", ("tocsin serve",))
        store.execute(f"{lease} WHERE id = 'theirs')", ("host:1",))
    again = daemon()
    await _line(again, lambda fields: "was cut off" in str(fields["message"]))
    ran = [(await _line(again, lambda fields: fields["message"] == "rule_run"))["rule_id"] for _ in range(4)]
    assert set(ran) == {"busy", "mine"}


async def test_a_rule_made_over_http_runs_at_once(daemon, receiver, tmp_path: Path) -> None:
    (tmp_path / "web.ndjson").write_text(json.dumps({"@timestamp": datetime.now(UTC).isoformat()}) + "\n")
    (tmp_path / "rules" / "busy.yml").unlink()
    process = daemon("--data", "web=web.ndjson", "--listen", "127.0.0.1:0")
    listening = await _line(process, lambda fields: str(fields["message"]).startswith("listening on "))
    url = str(listening["message"]).removeprefix("listening on ")
    body = YAML(typ="safe").load(RULE)
    rule_id = body.pop("id")
    body["schedule"] = {"interval": "1h"}
    async with aiohttp.ClientSession(headers={"kbn-xsrf": "true"}) as client:
        async with client.post(f"{url}/api/alerting/rule/{rule_id}", json=body) as created:
            assert (created.status, (await created.json())["running"]) == (200, False)
        assert json.loads(await asyncio.wait_for(receiver[1].get(), 60)) == {"value": 1}
        process.send_signal(signal.SIGTERM)
        await _line(process, lambda fields: fields["message"] == "stopped")
        with pytest.raises(aiohttp.ClientConnectorError):
            await client.get(f"{url}/api/status")
    assert process.wait(60) == 0
