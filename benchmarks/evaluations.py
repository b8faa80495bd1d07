"""Evaluations: one active alert a rule, templates rendered, outbox written, durable commits in groups of 100."""

import tempfile
import time
from datetime import timedelta
from pathlib import Path

from benchmarks.bare import open_bare, read_groups, write_group
from benchmarks.instant_search import InstantSearch
from benchmarks.rules import answer, threshold_rule
from engine.service.clocks import ManualClock
from engine.store.connections import sqlite_url
from tocsin.library import AsyncEngine

RULES = 100
ROUNDS = 200


async def measure() -> dict[str, str]:
    """CPU per evaluation over all threads, and its ratio to a bare ``executemany`` of the same rows."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "bench.db"
        engine_s = await _evaluate(store)
        bare_s = _write_bare(store, Path(folder) / "bare.db")
    number = RULES * ROUNDS
    return {
        "evaluations": f"{number}",
        "CPU per evaluation": f"{engine_s / number * 1e6:.0f} us (aim <= 500)",
        "bare executemany of the same rows, per evaluation": f"{bare_s / number * 1e6:.0f} us",
        "ratio": f"{engine_s / bare_s:.1f} (aim <= 8)",
    }


async def _evaluate(store: Path) -> float:
    clock = ManualClock("2026-01-01T00:00:00Z")
    search = InstantSearch(answer(["web-1"]))
    async with AsyncEngine(clock=clock, store=sqlite_url(store), search=search, send=False) as engine:
        engine.add_connector("log", ".server-log")
        for number in range(RULES):
            await engine.add_rule(threshold_rule("onActiveAlert"), f"rule-{number}")
        await engine.run_due()
        began = time.process_time()
        for _ in range(ROUNDS):
            clock.advance(timedelta(minutes=1))
            runs = await engine.run_due()
            assert len(runs) == RULES
            assert all(len(run.record.notifications) == 1 for run in runs)
        return time.process_time() - began


def _write_bare(written: Path, bare: Path) -> float:
    """Write the rows that the engine wrote, group by group, with the standard library alone."""
    groups = read_groups(written, RULES, ROUNDS)
    connection = open_bare(written, bare)
    began = time.process_time()
    for group in groups:
        write_group(connection, group)
    elapsed = time.process_time() - began
    connection.close()
    return elapsed
