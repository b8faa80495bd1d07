"""The service with its HTTP API in this process: real clock, scheduler and store, the API in its own thread."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.api.address import Address
from engine.api.settings import ApiSettings
from engine.ports.store import DeliveryReport
from engine.service.clocks import SystemClock
from engine.service.runs import RunReport
from engine.service.scheduler import Scheduler
from engine.service.search_reports import SearchReport
from engine.store.sqlite import SqliteStore
from tocsin import AsyncEngine
from tocsin.api_service import start_api
from tocsin.composition import Parts
from tocsin.files.api_section import ApiOptions

GRACE_S = 10.0


@dataclass
class RunningService:
    """``url``: of its API. ``runs``: what each came to, in the order of their ends; ``ended`` is set at each."""

    url: str
    engine: AsyncEngine
    runs: list[RunReport] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def parts(self) -> Parts:
        return self.engine.parts

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def runs_of(self, rule_id: str) -> list[RunReport]:
        return [report for report in self.runs if report.claim.key.id == rule_id]

    async def wait_for_runs(self, rule_id: str, count: int, within_s: float = 60.0) -> None:
        """Until that many more of its runs have ended."""
        wanted = len(self.runs_of(rule_id)) + count
        async with asyncio.timeout(within_s):
            while len(self.runs_of(rule_id)) < wanted:
                self.ended.clear()
                await self.ended.wait()

    def tick_began(self, at: datetime) -> None: ...

    def tick_ended(self, error: BaseException | None) -> None: ...

    def run_ended(self, report: RunReport) -> None:
        self.runs.append(report)
        self.ended.set()

    def searched(self, report: SearchReport) -> None: ...

    def delivered(self, reports: Sequence[DeliveryReport]) -> None: ...


@asynccontextmanager
async def run_service(folder: Path, settings: ApiSettings | None = None) -> AsyncIterator[RunningService]:
    """Run it until the end of the block, over a store in the folder; the index ``metrics`` has one document of now."""
    async with AsyncEngine(clock=SystemClock(), store=f"sqlite:///{folder / 'tocsin.db'}") as engine:
        await engine.add_documents("metrics", [{"@timestamp": datetime.now(UTC).isoformat()}])
        parts, stop = engine.parts, asyncio.Event()
        assert isinstance(parts.store, SqliteStore)
        scheduler = Scheduler(parts.service, parts.clock, change_counter=parts.store.change_counter)
        options = ApiOptions(Address("127.0.0.1", 0), settings=settings or ApiSettings())
        api = await start_api(parts, options, on_change=lambda: scheduler.notice(parts.clock.now()))
        running = RunningService(api.url, engine)
        parts.observers.add(running)
        work = asyncio.create_task(scheduler.run(stop, GRACE_S))
        try:
            yield running
        finally:
            stop.set()
            await api.stop(GRACE_S)
            await work


def rule_body(**members: Any) -> dict[str, Any]:
    """A rule that runs each second and finds the same at each run."""
    return {
        "name": "Always",
        "rule_type_id": ".index-threshold",
        "consumer": "alerts",
        "schedule": {"interval": "1s"},
        "params": {
            "index": ["metrics"],
            "timeField": "@timestamp",
            "timeWindowSize": 1,
            "timeWindowUnit": "d",
            "thresholdComparator": ">",
            "threshold": [0],
        },
        **members,
    }
