"""One rule with 1,000 alerts in steady state: every run reports them all, and nothing is to be sent."""

import tempfile
import time
from datetime import timedelta
from pathlib import Path

from benchmarks.instant_search import InstantSearch
from benchmarks.rules import answer, threshold_rule
from engine.service.clocks import ManualClock
from engine.store.connections import sqlite_url
from tocsin.library import AsyncEngine

ALERTS = 1000
ROUNDS = 50


async def measure() -> dict[str, str]:
    """CPU per run over all threads, durable commits included."""
    clock = ManualClock("2026-01-01T00:00:00Z")
    search = InstantSearch(answer([f"host-{number:04}" for number in range(ALERTS)]))
    with tempfile.TemporaryDirectory() as folder:
        store = sqlite_url(Path(folder) / "bench.db")
        async with AsyncEngine(clock=clock, store=store, search=search, send=False) as engine:
            engine.add_connector("log", ".server-log")
            await engine.add_rule(threshold_rule("onActionGroupChange"), "rule")
            await engine.run_due()
            began = time.process_time()
            for _ in range(ROUNDS):
                clock.advance(timedelta(minutes=1))
                [run] = await engine.run_due()
                assert run.transition is not None
                assert len(run.transition.active) == ALERTS
            elapsed = time.process_time() - began
    return {"CPU per run": f"{elapsed / ROUNDS * 1e3:.1f} ms (aim <= 15)"}
