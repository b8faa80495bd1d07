"""Hostile clients of the API, against the program: refused within bounds, while rules go on running."""

import asyncio
import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

pytestmark = pytest.mark.slow

PATIENCE_S = 60
MOST_MEMORY_MB = 600
RULE = """\
id: beat
name: Beat
rule_type_id: .index-threshold
consumer: alerts
schedule: {interval: 1s}
params: {index: [web], timeField: "@timestamp", timeWindowSize: 5, timeWindowUnit: m, threshold: [1],
         thresholdComparator: ">="}
"""
POST = "POST /api/alerting/rule HTTP/1.1\r\nhost: 127.0.0.1\r\nkbn-xsrf: x\r\ncontent-type: application/json\r\n"


class Daemon:
    """The running program, of which the log is read."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.url = ""

    async def line(self, wanted: Callable[[str], bool]) -> str:
        """The message of the next log line that is wanted; those before it are read away."""

        async def read() -> str:
            assert self.process.stderr is not None
            async for line in self.process.stderr:
                message = str(json.loads(line)["message"])
                if wanted(message):
                    return message
            raise AssertionError("the daemon ended")

        return await asyncio.wait_for(read(), PATIENCE_S)

    async def runs(self, times: int) -> None:
        for _ in range(times):
            await self.line(lambda message: message == "rule_run")

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def memory_mb(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0]) // 1024


@pytest.fixture
async def daemon(tmp_path: Path, environment: dict[str, str]) -> AsyncIterator[Daemon]:
    (tmp_path / "beat.yml").write_text(RULE)
    (tmp_path / "web.ndjson").write_text("")
    (tmp_path / "tocsin.yml").write_text("rules: [beat.yml]\ndata: {web: {files: [web.ndjson]}}\n")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tocsin", "serve", "--listen", "127.0.0.1:0"),
        cwd=tmp_path,
        env=environment | {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
        stderr=subprocess.PIPE,
    )
    started = Daemon(process)
    listening = await started.line(lambda message: message.startswith("listening on "))
    started.url = listening.removeprefix("listening on ")
    yield started
    if process.returncode is None:
        process.kill()
    await process.wait()


def hostile_bodies() -> dict[str, bytes]:
    rule: dict[str, Any] = {"name": "n", "rule_type_id": ".index-threshold", "consumer": "alerts"}
    rule |= {"schedule": {"interval": "1m"}}
    many = {**rule, "params": {"x": [[] for _ in range(300_000)]}}
    return {
        "deep": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        "lists": b"[" * 1_000_000,
        "no UTF-8": b'{"name": "\xff\xfe"}',
        "many values": json.dumps(many, separators=(",", ":")).encode(),
        "large number": b'{"name": 1' + b"0" * 100_000 + b"}",
        "half": b'{"name": "',
    }


async def test_rules_run_while_clients_do_their_worst(daemon: Daemon) -> None:
    held = []
    for at in range(550):  # more than are kept open
        reader, writer = await asyncio.open_connection("127.0.0.1", daemon.port)
        if at % 2:
            writer.write(f"{POST}content-length: 1000\r\n\r\n{{".encode() if at % 4 == 1 else POST.encode())
        held.append((reader, writer))
    await daemon.runs(2)
    for _, writer in held:
        writer.close()
    held.clear()

    async with aiohttp.ClientSession(headers={"kbn-xsrf": "x"}) as client:
        for name, body in hostile_bodies().items():
            tasks = [_status(client, daemon, body) for _ in range(5)]
            assert await asyncio.gather(*tasks) == [400] * 5, name
        assert await _status(client, daemon, b" " * 1_048_577) == 413
        await daemon.runs(2)
        async with client.get(f"{daemon.url}/api/alerting/rule/beat") as rule:
            assert (await rule.json())["execution_status"]["status"] == "ok"
    assert daemon.memory_mb < MOST_MEMORY_MB
    daemon.process.terminate()
    assert await asyncio.wait_for(daemon.process.wait(), PATIENCE_S) == 0


async def _status(client: aiohttp.ClientSession, daemon: Daemon, body: bytes) -> int:
    headers = {"content-type": "application/json"}
    async with client.post(f"{daemon.url}/api/alerting/rule", data=io.BytesIO(body), headers=headers) as answer:
        told = await answer.json()
        assert told["statusCode"] == answer.status
        return answer.status
