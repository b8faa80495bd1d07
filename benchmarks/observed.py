"""What is seen of a running daemon from outside: its commits, the turns of its loop, the time and memory it takes."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from engine.ports.clock import Clock
from engine.ports.store import CommitOutcome, RuleKey, RunRecord
from engine.store.sqlite import SqliteStore

_BEAT_S = 0.01
_MS = timedelta(milliseconds=1)
_MIB = 1024 * 1024


@dataclass(slots=True)
class Observed:
    """Times in the unit of their name. ``lags``: due to start; ``waits``: processed to committed; ``commits``: how long
    a transaction holds the loop; ``turns``: how late a call comes that is due."""

    lags_ms: list[float] = field(default_factory=list)
    waits_ms: list[float] = field(default_factory=list)
    commits_ms: list[float] = field(default_factory=list)
    turns_ms: list[float] = field(default_factory=list)
    wall_s: float = 0.0
    cpu_s: float = 0.0
    resident_bytes: list[int] = field(default_factory=list)
    log_bytes: int = 0

    @property
    def runs_a_second(self) -> float:
        return len(self.waits_ms) / self.wall_s

    @property
    def cpu_us(self) -> float:
        """CPU per evaluation."""
        return self.cpu_s / len(self.waits_ms) * 1e6

    @property
    def share(self) -> str:
        return f"{self.cpu_s / self.wall_s:.0%} of a core"

    @property
    def sizes(self) -> str:
        begin, end = self.resident_bytes[0], self.resident_bytes[-1]
        return f"{begin / _MIB:.0f} / {end / _MIB:.0f} MiB, {self.log_bytes / _MIB:.0f} MiB"


class WatchedStore(SqliteStore):
    """The store in a file, its commits watched. ``clock`` is that of the runs."""

    def __init__(self, path: Path, clock: Clock) -> None:
        super().__init__(path)
        self._log, self._clock = path.with_name(path.name + "-wal"), clock
        self._observed = Observed()
        self._runs_of: Counter[RuleKey] = Counter()

    async def commit_runs(self, records: Sequence[RunRecord]) -> list[CommitOutcome]:
        began = time.perf_counter()
        outcomes = await super().commit_runs(records)
        observed, now = self._observed, self._clock.now()
        observed.commits_ms.append((time.perf_counter() - began) * 1000)
        for record, outcome in zip(records, outcomes, strict=True):
            assert outcome is CommitOutcome.COMMITTED
            assert record.trace.outcome == "success"
            self._runs_of[record.claim.key] += 1
            observed.lags_ms.append((record.trace.started_at - record.trace.scheduled_at) / _MS)
            observed.waits_ms.append((now - record.trace.ended_at) / _MS)
        return outcomes

    async def runs_of_each(self, rules: int, runs: int) -> None:
        """Wait until so many rules have all run that often."""
        while len(self._runs_of) < rules or min(self._runs_of.values()) < runs:  # noqa: ASYNC110 - looks on from outside
            await asyncio.sleep(_BEAT_S)

    async def observe(self, seconds: float, at_least: int) -> Observed:
        """Look on for so many seconds, longer if fewer runs than that have ended."""
        observed = self._observed = Observed()
        began, cpu = time.perf_counter(), time.process_time()
        while (due := time.perf_counter()) < began + seconds or len(observed.waits_ms) < at_least:
            await asyncio.sleep(_BEAT_S)
            observed.turns_ms.append((time.perf_counter() - due - _BEAT_S) * 1000)
            if len(observed.turns_ms) % 100 == 1:
                observed.resident_bytes.append(_resident_bytes())
                observed.log_bytes = max(observed.log_bytes, _size(self._log))
        observed.wall_s, observed.cpu_s = time.perf_counter() - began, time.process_time() - cpu
        self._observed = Observed()
        return observed


def quantiles(values: Sequence[float]) -> str:
    """Median, 99th percentile and maximum of milliseconds."""
    ordered = sorted(values)
    found = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.99, 1))
    return " / ".join(f"{value:.1f}" for value in found) + " ms"


def _size(file: Path) -> int:
    with suppress(FileNotFoundError):
        return file.stat().st_size
    return 0


def _resident_bytes() -> int:
    """Of this process, where the system tells; else 0."""
    with suppress(FileNotFoundError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
