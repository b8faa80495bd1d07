"""Whole rules on every backend: `observe` runs a table of them over the corpus and tells what each run came to."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from osmem_server import OsmemServer

from engine.model.settings import EngineSettings
from engine.search.cluster.search import ClusterSearch
from engine.search.cluster.settings import ClusterSettings
from engine.service.clocks import SystemClock
from engine.service.runs import RunReport
from tests.conformance.rules.corpus import MAPPING, RUNS, documents
from tests.servers.opensearch.node import request as ask
from tocsin import AsyncEngine, ManualClock

Observed = dict[str, list[dict[str, Any]]]
"""Rule name -> what its two runs came to, uuids replaced by the order of their appearance."""

CLUSTERS = ("osmem", pytest.param("opensearch", marks=pytest.mark.opensearch))
_SEEN_BY_TEMPLATES = '{"context": {{{context}}}, "state": {{{state}}}}'
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@pytest.fixture(scope="session")
def server() -> Iterator[OsmemServer]:
    with OsmemServer.start(freeze=True, japanese=False) as started:
        yield started
    assert started.process.stdout is not None
    started.process.stdout.close()


@dataclass(frozen=True)
class Laboratory:
    """A backend with nothing in it. ``url`` None: the embedded engine."""

    name: str
    url: str | None = None

    def observe(self, rules: Mapping[str, dict[str, Any]], settings: EngineSettings | None = None) -> Observed:
        """Fill the backend with the corpus, run all rules at both instants, empty it again.

        ``rules``: name -> ``rule_type_id``, ``params`` and the ``group`` of the type's alerts.
        """
        if self.url is None:
            return asyncio.run(_run(rules, settings, None))
        for index, held in documents().items():
            _fill(self.url, index, held)
        try:
            return asyncio.run(_run(rules, settings, self.url))
        finally:
            for index in documents():
                ask("DELETE", f"{self.url}/{index}")


def _fill(url: str, index: str, held: list[dict[str, Any]]) -> None:
    """All in one segment: of equally good hits OpenSearch gives those of the newest segment first, if there is a field
    ``@timestamp``. So nothing may refresh the index, nor extend its mapping, while it is filled."""
    settings = {"refresh_interval": -1}
    ask("PUT", f"{url}/{index}", {"settings": settings, "mappings": {"properties": MAPPING}})
    lines = []
    for document in held:
        lines += [{"index": {"_id": document["_id"]}}, _source_of(document)]
    if lines:
        answer = ask(
            "POST", f"{url}/{index}/_bulk?refresh=true", b"".join(orjson.dumps(line) + b"\n" for line in lines)
        )
        assert not answer["errors"], answer


def _source_of(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "_id"}


async def _run(rules: Mapping[str, dict[str, Any]], settings: EngineSettings | None, url: str | None) -> Observed:
    clock = ManualClock(RUNS[0])
    search = None if url is None else ClusterSearch(ClusterSettings((url,)), SystemClock())
    seen: dict[str, list[RunReport]] = {name: [] for name in rules}
    async with AsyncEngine(clock=clock, search=search, settings=settings, send=False) as engine:
        for index, held in documents().items() if url is None else ():
            await engine.add_documents(index, held, {"properties": MAPPING})
        engine.add_connector("log", ".server-log")
        for name, rule in rules.items():
            await engine.add_rule(_whole_rule(name, **rule), name)
        for at in RUNS:
            clock.set(at)
            for report in await engine.run_due():
                seen[report.claim.key.id].append(report)
    return {name: _renamed([_told(report) for report in reports]) for name, reports in seen.items()}


def _whole_rule(name: str, group: str, **rule: Any) -> dict[str, Any]:
    """``rule`` has type and params. Its actions write down all that a template sees of the alert."""
    frequency = {"summary": False, "notify_when": "onActiveAlert", "throttle": None}
    actions = [
        {"id": "log", "group": each, "frequency": frequency, "params": {"message": _SEEN_BY_TEMPLATES}}
        for each in (group, "recovered")
    ]
    return {"name": name, "consumer": "alerts", "schedule": {"interval": "1m"}, "actions": actions, **rule}


def _told(report: RunReport) -> dict[str, Any]:
    """What users see of a run, and what the next one is handed. Of an error only the status: texts differ."""
    trace, transition, state = report.record.trace, report.transition, report.record.state
    alerts = () if transition is None else (("active", transition.active), ("recovered", transition.recovered))
    return {
        "status": trace.status,
        "reason": trace.reason,
        "error": trace.error_message and trace.error_message.partition("]")[0].removeprefix("["),
        "is_limit_reached": transition is not None and transition.is_limit_reached,
        "type_state": None if state is None else state.type_state,
        "alerts": [
            {
                "status": status,
                "id": alert.id,
                "uuid": alert.uuid,
                "group": alert.group,
                "state": alert.state,
                "document": alert.document,
            }
            for status, listed in alerts
            for alert in listed
        ],
        "messages": [
            (sent.alert_id, sent.group, json.loads(sent.params["message"])) for sent in report.record.notifications
        ],
    }


def _renamed(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names: dict[str, str] = {}
    text = _UUID.sub(lambda match: names.setdefault(match[0], f"uuid-{len(names)}"), json.dumps(runs))
    renamed: list[dict[str, Any]] = json.loads(text)
    return renamed


@pytest.fixture(scope="module")
def local() -> Laboratory:
    """The embedded engine, which the clusters are compared with."""
    return Laboratory("local")


@pytest.fixture(scope="module", params=CLUSTERS)
def cluster(request: pytest.FixtureRequest) -> Iterator[Laboratory]:
    if request.param == "opensearch":
        yield Laboratory("opensearch", request.getfixturevalue("opensearch"))
    else:
        with request.getfixturevalue("server").clone() as clone:
            yield Laboratory("osmem", clone.url)
