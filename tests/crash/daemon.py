"""The daemon as a process, in a folder of its own; killed, started again, and in the end stopped as it should be."""

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from tests.crash.rules import CONNECTORS, TESTED_RULES

_STOPPING_S = 40


class Daemon:
    """``tocsin serve`` on the store ``folder/tocsin.db``. Each life has a log file of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lives = 0
        self._process: asyncio.subprocess.Process | None = None

    def configure(self, search_url: str, receiver_url: str) -> None:
        """Write the settings and rules."""
        connectors = {
            name: {
                "name": name,
                "connector_type_id": ".webhook",
                "config": {"url": f"{receiver_url}/{name}", "hasAuth": False},
            }
            for name in CONNECTORS
        }
        settings = {
            "clusters": {"scripted": {"hosts": [search_url]}},
            "space": {"flapping": {"enabled": False, "look_back_window": 20, "status_change_threshold": 4}},
            "notifications": {"max_attempts": 10},
            "connectors": connectors,
        }
        (self.folder / "tocsin.yml").write_text(json.dumps(settings, indent=1))
        (self.folder / "rules").mkdir()
        for rule in TESTED_RULES:
            (self.folder / "rules" / f"{rule.id}.json").write_text(json.dumps(rule.body(), indent=1))

    @property
    def store(self) -> Path:
        return self.folder / "tocsin.db"

    async def start(self) -> None:
        self.lives += 1
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN")}
        with self.log(self.lives).open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tocsin", "serve", "--rules", "rules"),
                cwd=self.folder,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stderr=log,
            )

    def log(self, life: int) -> Path:
        return self.folder / f"daemon-{life:02}.log"

    def complaints(self) -> list[str]:
        """What the daemon logged as an error, or not as a log record at all: nothing here is a reason for it."""
        lines = [line for life in range(1, self.lives + 1) for line in self.log(life).read_text().splitlines()]
        return [line for line in lines if not line.startswith("{") or '"level": "error"' in line]

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return None if self._process is None else self._process.returncode

    async def end(self) -> int:
        """Wait until it ends by itself; the exit code."""
        assert self._process is not None
        return await self._process.wait()

    async def kill(self) -> None:
        """SIGKILL; done when the process is gone."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self._process.wait(), _STOPPING_S)
