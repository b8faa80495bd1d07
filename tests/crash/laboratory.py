"""One kill test from beginning to end: servers up, daemon up, killed, up again ..., settled, stopped, checked."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from tests.crash.checker import Fault, find_faults, transitions
from tests.crash.cluster import ScriptedCluster
from tests.crash.daemon import Daemon
from tests.crash.history import History
from tests.crash.kills import Kill, Moment, plan_kills
from tests.crash.reading import count_open_messages, find_damage, read_history
from tests.crash.receiver import RecordingReceiver
from tests.crash.truth import Truth

_PATIENCE_S = 60.0
"""Within this a daemon has to come up and search, even on a busy machine."""
_SETTLING_S = 60.0
"""Within this everything has to be delivered; a message whose connection was cut is tried again after 30 s."""
_LOOK_EVERY_S = 0.1


class Stuck(Exception):
    """The daemon ended by itself, or did not do what was waited for."""


@dataclass(slots=True)
class Findings:
    """What an experiment came to. ``refused`` and ``hung_up`` count what the receiver did not take."""

    seconds: float = 0.0
    kills: list[Kill] = field(default_factory=list)
    history: History | None = None
    refused: int = 0
    hung_up: int = 0
    faults: list[Fault] = field(default_factory=list)


class Laboratory:
    """Owns the servers and the daemon of one experiment in ``folder``."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._daemon = Daemon(folder)
        self._truth = Truth(seed, _now_ms())
        self._cluster = ScriptedCluster(self._truth, random.Random(f"{seed} cluster"))
        self._receiver = RecordingReceiver(random.Random(f"{seed} receiver"))
        self._plan = random.Random(f"{seed} kills")

    async def experiment(self, kills: int) -> Findings:
        """Kill the daemon that often, let everything settle, stop it, check all."""
        findings, began = Findings(), time.monotonic()
        async with _serving(self._cluster.app) as search_url, _serving(self._receiver.app) as receiver_url:
            self._daemon.configure(search_url, receiver_url)
            try:
                for kill in plan_kills(kills, self._plan):
                    # What is cut off late would not be tried again before the end.
                    self._receiver.may_hang_up = len(findings.kills) < kills // 2
                    await self._live_and_die(kill)
                    findings.kills.append(kill)
                await self._settle_and_stop()
            except Stuck as error:
                findings.faults.append(Fault("stuck", str(error)))
            finally:
                await self._daemon.kill()
                self._cluster.cut_off()
        await self._check(findings)
        findings.seconds = time.monotonic() - began
        return findings

    async def _check(self, findings: Findings) -> None:
        if damage := find_damage(self._daemon.store):
            findings.faults.append(Fault("damaged", damage))
        findings.faults += [Fault("complained", line) for line in self._daemon.complaints()]
        arrivals, searches = self._receiver.arrivals, self._cluster.searches()
        history = await read_history(self._daemon.store, _now_ms(), self._truth, arrivals, searches)
        findings.faults += find_faults(history)
        if len(transitions(history)) < len(findings.kills):
            findings.faults.append(Fault("idle", "too little happened between the kills to show anything"))
        findings.history, findings.refused, findings.hung_up = history, self._receiver.refused, self._receiver.hung_up

    async def _begin_life(self) -> None:
        await self._daemon.start()
        # What the life before had asked may have been read only after its death; this one cannot have asked yet.
        self._cluster.cut_off()

    async def _live_and_die(self, kill: Kill) -> None:
        await self._begin_life()
        if kill.moment is not Moment.STARTING:
            await self._await(self._cluster.answering.next(), "searched")
        await asyncio.sleep(kill.after_s)
        if kill.moment is Moment.DELIVERING:
            await self._await(self._receiver.arriving.next(), "delivered anything")
        elif kill.moment is Moment.COMMITTING:
            await self._await(self._cluster.answering.next(), "searched again")
        await asyncio.sleep(kill.delay_s)
        self._refuse_end()
        await self._daemon.kill()
        self._cluster.cut_off()
        await asyncio.sleep(kill.pause_s)

    async def _settle_and_stop(self) -> None:
        """Nothing is killed any more: what has happened is told to the end, then the daemon stops as it should."""
        self._receiver.may_hang_up = False
        await self._begin_life()
        settled_ms = _now_ms() + 1000
        self._truth.settle(settled_ms)
        if not await self._poll(lambda: self._cluster.has_answered_all_since(settled_ms), _PATIENCE_S):
            raise self._stuck("searched for every rule")
        await self._poll(lambda: count_open_messages(self._daemon.store) == 0, _SETTLING_S)
        code = await self._daemon.stop()
        if code != 0:
            raise Stuck(f"after SIGTERM the daemon ended with exit code {code}")

    async def _poll(self, is_so: Callable[[], bool], longest_s: float) -> bool:
        """Wait until something is so; whether it is."""
        until = time.monotonic() + longest_s
        while not is_so() and time.monotonic() < until:
            self._refuse_end()
            await asyncio.sleep(_LOOK_EVERY_S)
        return is_so()

    async def _await(self, happening: Coroutine[None, None, None], what: str) -> None:
        """Wait for something that the daemon does, unless it ends before."""
        waiting = asyncio.create_task(happening)
        ending = asyncio.create_task(self._daemon.end())
        await asyncio.wait({waiting, ending}, timeout=_PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
        is_done = waiting.done()
        waiting.cancel()
        ending.cancel()
        self._refuse_end()
        if not is_done:
            raise self._stuck(what)

    def _refuse_end(self) -> None:
        if self._daemon.exit_code is not None:
            raise Stuck(f"life {self._daemon.lives} ended by itself with exit code {self._daemon.exit_code}")

    def _stuck(self, what: str) -> Stuck:
        return Stuck(f"life {self._daemon.lives} has not {what} within {_PATIENCE_S:g} s")


@asynccontextmanager
async def _serving(app: web.Application) -> AsyncIterator[str]:
    """A server on loopback; its URL."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield "http://{}:{}".format(*runner.addresses[0][:2])
    finally:
        await runner.cleanup()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
