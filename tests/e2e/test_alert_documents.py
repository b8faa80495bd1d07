"""Alert documents in an index of a cluster: the daemon and `tocsin run` write them, and a kill loses none."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from osmem_server import OsmemServer

pytestmark = pytest.mark.slow

RULE = """\
id: busy
name: Busy
rule_type_id: .index-threshold
consumer: alerts
schedule: {interval: 1s}
params: {index: [web], timeField: "@timestamp", timeWindowSize: 10, timeWindowUnit: m, threshold: [1],
         thresholdComparator: ">="}
"""
STATUS = "kibana.alert.status"


@dataclass
class Cluster:
    """A server in memory, behind a door that can refuse writing documents."""

    inner: str
    url: str = ""
    is_closed: bool = False

    async def pass_on(self, request: web.Request) -> web.Response:
        if self.is_closed and request.path.endswith("/_bulk"):
            return web.Response(status=503)
        headers = {"content-type": request.headers.get("content-type", "application/json")}
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                request.method, self.inner + request.path_qs, data=await request.read(), headers=headers
            ) as answer,
        ):
            return web.Response(status=answer.status, body=await answer.read(), content_type="application/json")

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        async with aiohttp.ClientSession() as session, session.request(method, self.inner + path, json=body) as answer:
            return await answer.json()

    async def write_event(self) -> None:
        now = datetime.now(UTC).isoformat()
        await self.ask("PUT", "/web/_doc/1?refresh=true", {"@timestamp": now})

    async def documents(self) -> list[Any]:
        await self.ask("POST", "/tocsin-alerts/_refresh")
        answer = await self.ask("POST", "/tocsin-alerts/_search", {"size": 100})
        return [hit["_source"] for hit in answer.get("hits", {}).get("hits", [])]

    async def until(self, is_so: Callable[[list[Any]], bool]) -> list[Any]:
        """The documents, once that is so."""
        async with asyncio.timeout(60):
            while not is_so(documents := await self.documents()):  # noqa: ASYNC110 - another process writes them
                await asyncio.sleep(0.1)
        return documents


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    with OsmemServer.start(japanese=False) as server:
        opened = Cluster(server.url)
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{path:.*}", opened.pass_on)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        opened.url = "http://{}:{}".format(*runner.addresses[0][:2])
        await opened.ask("PUT", "/web", {"mappings": {"properties": {"@timestamp": {"type": "date"}}}})
        yield opened
        await runner.cleanup()
    assert server.process.stdout is not None
    server.process.stdout.close()


@pytest.fixture
def folder(tmp_path: Path, cluster: Cluster) -> Path:
    (tmp_path / "busy.yml").write_text(RULE)
    (tmp_path / "tocsin.yml").write_text(
        "rules: [busy.yml]\nalert_documents: {index: tocsin-alerts}\n"
        f"clusters: {{main: {{hosts: ['{cluster.url}']}}}}\n"
    )
    return tmp_path


@pytest.fixture
def daemon(folder: Path, environment: dict[str, str]) -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    """Starts the daemon; its log is the file ``log``. Whatever still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tocsin", "serve"],
                cwd=folder,
                env=environment | {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
                stderr=log,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


async def logged(folder: Path, text: str) -> None:
    """Wait until the daemon has said so."""
    async with asyncio.timeout(60):
        while text not in (folder / "log").read_text().replace('": ', '":'):  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.1)


def having(status: str) -> Callable[[list[Any]], bool]:
    """Whether there is one document, of that status."""
    return lambda documents: [document[STATUS] for document in documents] == [status]


async def test_a_document_follows_its_alert_through_a_kill(daemon: Any, cluster: Cluster, folder: Path) -> None:
    await cluster.write_event()
    process = daemon()
    [first] = await cluster.until(having("active"))
    assert first["kibana.alert.rule.name"] == "Busy"
    [later] = await cluster.until(lambda documents: documents[0]["@timestamp"] > first["@timestamp"])
    assert later["kibana.alert.uuid"] == first["kibana.alert.uuid"]
    mapping = (await cluster.ask("GET", "/tocsin-alerts/_mapping"))["tocsin-alerts"]["mappings"]
    assert mapping["properties"]["kibana"]["properties"]["alert"]["properties"]["start"] == {"type": "date"}

    cluster.is_closed = True
    await logged(folder, "cannot be written to index [main:tocsin-alerts]")
    await cluster.ask("DELETE", "/web")
    await logged(folder, '"recovered":1')
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert having("active")(await cluster.documents())

    cluster.is_closed = False
    process = daemon()
    [last] = await cluster.until(having("recovered"))
    assert last["kibana.alert.uuid"] == first["kibana.alert.uuid"]
    process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(process.wait, 60) == 0


async def test_what_is_left_at_the_end_is_written(daemon: Any, cluster: Cluster, folder: Path) -> None:
    process = daemon()
    await logged(folder, "rule_run")
    await cluster.write_event()
    await logged(folder, '"new":1')
    process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(process.wait, 60) == 0
    assert having("active")(await cluster.documents())


async def test_a_command_writes_them_when_it_sends_and_keeps_state(tocsin: Any, cluster: Cluster, folder: Path) -> None:
    def run(*options: str) -> Awaitable[Any]:
        return asyncio.to_thread(tocsin, "run", "busy.yml", *options)

    await cluster.write_event()
    for options in ((), ("--send",), ("--state", "tocsin.db")):
        assert (await run(*options)).returncode == 0
        assert await cluster.documents() == []
    sent = await run("--state", "tocsin.db", "--send")
    assert sent.returncode == 0, sent.stderr
    assert having("active")(await cluster.documents())
    later = datetime.now(UTC) + timedelta(hours=1)
    assert (await run("--state", "tocsin.db", "--send", "--at", later.isoformat())).returncode == 0
    assert having("recovered")(await cluster.documents())


async def test_without_a_cluster_there_is_no_place_for_them(tocsin: Any, folder: Path) -> None:
    (folder / "tocsin.yml").write_text("rules: [busy.yml]\nalert_documents: {index: tocsin-alerts}\n")
    told = await asyncio.to_thread(tocsin, "serve")
    assert told.returncode == 2
    assert "alert_documents: needs a cluster to write to" in told.stderr
