"""Many clients change rules at once while these run: nothing that a client was told was done gets lost, nor any run.

What the clients do is shared with the benchmark of a thousand rules: `benchmarks.rule_lives`.
"""

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.rule_lives import live
from engine.ports.store import CommitOutcome
from tests.e2e.service import rule_body, run_service

pytestmark = pytest.mark.slow

RULES = 12
CLIENTS = 20


async def test_neither_edits_nor_runs_are_lost(tmp_path: Path) -> None:
    bodies = {f"rule-{at}": rule_body() for at in range(RULES)}
    async with run_service(tmp_path) as service:
        lived = await live(service.url, bodies, clients=CLIENTS)
        assert lived.wrongs == []
        assert {status for _, status in lived.answers if status >= 500} == set()
        assert lived.answers["create", 200] == lived.answers["delete", 204] == RULES

        ended = Counter(report.claim.key.id for report in service.runs)
        assert set(ended) == set(bodies)
        recorded = [event for event in await service.engine.events() if event["event.action"] == "execute"]
        kept = Counter(report.claim.key.id for report in service.runs if report.outcome is CommitOutcome.COMMITTED)
        assert Counter(event["rule.id"] for event in recorded) == kept

        documents = Counter(alert.document["kibana.alert.rule.uuid"] for alert in await service.engine.alerts())
        assert documents == dict.fromkeys(bodies, 1), "one alert went on through all edits"
