"""The daemon: 1,000 rules against a search server in a process of its own, durable commits, messages delivered.

First the rules run every second under the real scheduler. Then the loop is saturated: the clock is set forward as soon
as a tick has ended, so that all rules are due at once, again and again.
"""

import asyncio
import logging
import os
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.bare import open_bare, read_groups, write_group
from benchmarks.canned_server import ABOVE, LARGEST_BATCH, canned_server
from benchmarks.observed import Observed, WatchedStore, quantiles
from benchmarks.rules import count_rule
from engine.model.settings import EngineSettings
from engine.search.cluster.connection import Connection
from engine.search.cluster.search import ClusterSearch
from engine.search.cluster.settings import ClusterSettings
from engine.service.clocks import SystemClock
from engine.service.connectors import PreconfiguredConnectors, build_connector
from engine.service.scheduler import Scheduler
from tocsin.composition import Parts, builtin_registry, compose
from tocsin.log_lines import JsonFormatter

RULES = 1000
ABOVE_EVERY = 10
"""One rule in so many is above its threshold, and sends a message at each run."""
SECONDS = 15.0
WARM_UP_RUNS = 3
"""Runs of each rule before the measurement: its first search is sent alone, and was due while rules were added."""
GROUP = 100
BARE_GROUPS = 100

_INTERVAL = timedelta(seconds=1)
_SETTINGS = EngineSettings(minimum_schedule_interval="1s", max_scheduled_per_minute=1_000_000)

_Drive = Callable[[Parts, WatchedStore, asyncio.Event], Coroutine[object, object, None]]


async def measure(rules: int = RULES, seconds: float = SECONDS) -> dict[str, str]:
    """``seconds``: how long each of the two ways is measured. CPU is that of this process, over all its threads."""
    with tempfile.TemporaryDirectory() as folder, canned_server() as url, _logging_to_nowhere():
        cluster = ClusterSettings(hosts=(url,), product="elasticsearch")
        scheduled = await _observe(Path(folder) / "scheduled.db", cluster, SystemClock(), rules, _schedule, seconds)
        written = Path(folder) / "saturated.db"
        saturated = await _observe(written, cluster, _ForwardClock(), rules, _saturate, seconds)
        bare_us = await _run_bare(written, Path(folder) / "bare.db", cluster, min(GROUP, rules))
    return {
        "every second: evaluations/s": f"{scheduled.runs_a_second:.0f} of {rules} (this process had {scheduled.share})",
        "every second: CPU per evaluation": f"{scheduled.cpu_us:.0f} us",
        "every second: start lag p50 / p99 / max": quantiles(scheduled.lags_ms),
        "every second: turn of the loop p50 / p99 / max": quantiles(scheduled.turns_ms),
        "saturated: evaluations/s": f"{saturated.runs_a_second:.0f} (this process had {saturated.share})",
        "saturated: CPU per evaluation": f"{saturated.cpu_us:.0f} us",
        "saturated: commit latency p50 / p99 / max": f"{quantiles(saturated.waits_ms)} (aim p99 < 100)",
        "saturated: a group's transaction p50 / p99 / max": quantiles(saturated.commits_ms),
        "saturated: turn of the loop p50 / p99 / max": quantiles(saturated.turns_ms),
        "saturated: resident at start / end, largest log": saturated.sizes,
        "bare loop of the same requests and rows, per evaluation": f"{bare_us:.0f} us",
        "ratio": f"{saturated.cpu_us / bare_us:.1f}",
    }


async def _observe(
    file: Path, cluster: ClusterSettings, clock: SystemClock, rules: int, drive: _Drive, seconds: float
) -> Observed:
    """Run the rules as `tocsin serve` does, and look on for a while after they have warmed up."""
    store = WatchedStore(file, clock)
    registry = builtin_registry()
    log = build_connector(
        {"id": "log", "name": "log", "connector_type_id": ".server-log"},
        registry=registry,
        settings=_SETTINGS.http,
        is_preconfigured=True,
    )
    parts = compose(
        store=store,
        search=ClusterSearch(cluster, clock),
        registry=registry,
        connectors=PreconfiguredConnectors((log,)),
        clock=clock,
        settings=_SETTINGS,
    )
    await store.open()
    try:
        await _add_rules(parts, rules)
        stop = asyncio.Event()
        driving = asyncio.create_task(drive(parts, store, stop))
        await store.runs_of_each(rules, WARM_UP_RUNS)
        observed = await store.observe(seconds, at_least=2 * rules)
        stop.set()
        await driving
    finally:
        await parts.http.close()
        await parts.search.close()
        await store.close()
    return observed


async def _add_rules(parts: Parts, number: int) -> None:
    for at in range(number):
        index = f"{ABOVE if at % ABOVE_EVERY == 0 else 'below'}-{at}"
        now = parts.clock.now()
        await parts.rules.apply(count_rule(index), rule_id=f"rule-{at}", at=now, actor=None, in_bulk=True)


async def _schedule(parts: Parts, store: WatchedStore, stop: asyncio.Event) -> None:
    await Scheduler(parts.service, parts.clock, change_counter=store.change_counter).run(stop, grace_s=10.0)


async def _saturate(parts: Parts, _store: WatchedStore, stop: asyncio.Event) -> None:
    clock = parts.clock
    assert isinstance(clock, _ForwardClock)
    while not stop.is_set():
        at = clock.now()
        await parts.service.tick(at)
        clock.forward(at + _INTERVAL)


class _ForwardClock(SystemClock):
    """The machine's clock, set forward now and then."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self._ahead

    def forward(self, to: datetime) -> None:
        self._ahead += max(timedelta(), to - self.now())


@contextmanager
def _logging_to_nowhere() -> Iterator[None]:
    """Lines are made as the daemon makes them, one a run, and thrown away."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - not a path of ours
        handler = logging.StreamHandler(nowhere)
        handler.setFormatter(JsonFormatter())
        root.handlers[:] = [handler]
        root.setLevel(logging.INFO)
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        try:
            yield
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)
            logging.getLogger("apscheduler").setLevel(logging.NOTSET)


async def _run_bare(written: Path, bare: Path, cluster: ClusterSettings, size: int) -> float:
    """CPU per evaluation, in us, of a loop that sends the same requests over the same kind of connection, and stores
    the same rows in groups of the same size."""
    groups = read_groups(written, size, BARE_GROUPS)
    database, connection = open_bare(written, bare), Connection(cluster)
    try:
        lines = str((await connection.exchange("GET", LARGEST_BATCH))["lines"]).encode().splitlines(keepends=True)
        batch = b"".join((lines * size)[: 2 * size])
        began = time.process_time()
        for group in groups:
            answer = await connection.exchange("POST", "/_msearch", batch, is_lines=True)
            assert len(answer["responses"]) == size
            write_group(database, group)
        return (time.process_time() - began) / (len(groups) * size) * 1e6
    finally:
        await connection.close()
        database.close()
