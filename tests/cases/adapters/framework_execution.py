"""Areas result and event_log of connector_framework: what an execution comes to, and what it leaves as records."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.model.connector import Connector, ConnectorResult
from engine.model.connector_trace import ExecutingRule
from engine.model.instant import parse_iso
from engine.operations.connector_executions import Asked
from engine.operations.connector_presentation import result_to_json
from engine.operations.connector_secrets import seal_secrets
from engine.ports.connector import DEFAULT_TREATMENT, ConnectorExecution, TemplateTreatment
from engine.ports.store import StoredConnector
from engine.run.connector_events import expand_execution
from engine.service.connector_execution import describe_failure
from engine.service.connector_recording import trace_of
from tests.cases.adapters.rest_matching import check_json
from tests.cases.matching import assert_absent, assert_subset, require_known
from tocsin.library import AsyncEngine

Json = Any

KEY = "the encryption key of all cases, long enough"
_OUTCOME = {"status", "message", "serviceMessage", "service_message", "data", "retry", "errorSource"}
_RESULT = {"status", "connector_id", "message", "service_message", "data", "retry", "errorSource", "absent"}
_CONNECTOR = {"id", "name", "connector_type_id", "space", "config", "secrets", "is_preconfigured"}


class Told(Exception):
    """What an executor of a case raises."""

    def __init__(self, text: str, error_source: str | None = None) -> None:
        self.error_source = error_source
        super().__init__(text)


class ToldType:
    """A connector type that takes everything, and does what it is told: one outcome an execution, the last for ever."""

    name = "Told"
    minimum_license = "basic"
    supported_features: tuple[str, ...] = ("alerting",)
    is_system_action = False
    template_treatment: TemplateTreatment = DEFAULT_TREATMENT

    def __init__(self, type_id: str = ".told", max_attempts: int | None = None) -> None:
        self.id, self.max_attempts = type_id, max_attempts
        self.outcomes: list[Json] = [None]
        self.executed_at: list[datetime] = []

    def validate_config(self, config: Json, settings: object) -> Json:
        return config

    def validate_secrets(self, secrets: Json, settings: object) -> Json:
        return secrets

    def validate_connector(self, config: Json, secrets: Json) -> None:
        """Nothing is wrong."""

    def validate_params(self, params: Json) -> Json:
        return params

    async def execute(self, execution: ConnectorExecution) -> ConnectorResult | None:
        self.executed_at.append(execution.at)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return None if outcome is None else result_of(outcome)


def result_of(outcome: Json) -> ConnectorResult:
    """What an executor returns, as a case writes it."""
    require_known(outcome, _OUTCOME, "executor result")
    retry = outcome.get("retry")
    return ConnectorResult(
        outcome.get("status", "error"),
        outcome.get("message"),
        outcome.get("serviceMessage", outcome.get("service_message")),
        outcome.get("data"),
        parse_iso(retry) if isinstance(retry, str) else bool(retry),
        outcome.get("errorSource"),
    )


async def store_connector(engine: AsyncEngine, row: Mapping[str, Json]) -> Connector:
    """The connector of a row, put into the store or, if the row says so, among those of the configuration."""
    require_known(row, _CONNECTOR, "connector")
    connector = Connector(**{"config": {}, "secrets": {}, **row})
    if connector.is_preconfigured:
        engine.parts.connectors.add(connector)
        return connector
    at = engine.clock.now()
    stored = StoredConnector(seal_secrets(connector, engine.parts.vault), 1, at, at)
    assert await engine.parts.store.insert_connector(stored, None)
    return connector


def check_result(given: Json, expected: Json) -> None:
    """What the answer to a return value or an exception is."""
    require_known(given, {"executor", "path"}, "given")
    require_known(given["executor"], {"returns", "raises", "throws"}, "executor")
    require_known(expected, _RESULT, "expect")
    told = ToldType()
    told.outcomes = [_told_outcome(given["executor"])]
    body = asyncio.run(_execute(told, given.get("path", "http")))
    assert_subset(body, {name: value for name, value in expected.items() if name != "absent"}, "result")
    assert_absent(body, expected.get("absent", ()), "result")


def _told_outcome(executor: Json) -> Json:
    raised = executor.get("raises", executor.get("throws"))
    if raised is None:
        return executor.get("returns")
    if isinstance(raised, str):
        return Told(raised)
    require_known(raised, {"message", "errorSource"}, "executor")
    return Told(raised.get("message", ""), raised.get("errorSource"))


async def _execute(told: ToldType, path: str) -> Json:
    assert path in ("http", "_execute", "queued"), f"unknown shape, path {path}"
    async with AsyncEngine(connector_types=[told], encryption_key=KEY) as engine:
        connector = await store_connector(engine, {"id": "c1", "name": "told", "connector_type_id": told.id})
        if path == "queued":
            stored = (await engine.parts.directory.in_space("default"))["c1"]
            result = await engine.parts.runner.execute(stored, {}, engine.clock.now(), "n-1")
        else:
            result = await engine.parts.connector_executions.execute("c1", {}, Asked("http_request"))
    return result_to_json(connector.id, result)


def check_event_log(given: Json, expected: Json) -> None:
    """The text of a failure, or the records of one execution."""
    require_known(given, {"result", "execute"}, "given")
    require_known(expected, {"error_message", "events"}, "expect")
    if "error_message" in expected:
        assert describe_failure(result_of(given["result"])) == expected["error_message"]
    if "events" in expected:
        records = asyncio.run(_records(given["execute"]))
        assert len(records) == len(expected["events"]), f"found: {records}"
        for number, (record, wanted) in enumerate(zip(records, expected["events"], strict=True)):
            # null: there is no such member.
            paths = {path: {"$absent": True} if value is None else value for path, value in wanted.items()}
            check_json(_nested(record), paths, {}, f"event {number}")


def _nested(record: Json) -> Json:
    """A record, whose keys are dotted, as objects within each other."""
    nested: Json = {}
    for name, value in record.items():
        *way, last = name.split(".")
        place = nested
        for part in way:
            place = place.setdefault(part, {})
        place[last] = value
    return nested


async def _records(execute: Json) -> list[Json]:
    require_known(execute, {"connector", "params", "via", "result", "rule", "user", "request_body_bytes"}, "execute")
    row = execute["connector"]
    space = row.get("space", "default")
    told = [] if row["connector_type_id"] in _BUILT_IN else [ToldType(row["connector_type_id"])]
    for each in told:
        each.outcomes = [execute.get("result")]
    async with AsyncEngine(connector_types=told, encryption_key=KEY) as engine:
        await store_connector(engine, row)
        connector = (await engine.parts.directory.in_space(space))[row["id"]]
        params, at = execute.get("params", {}), engine.clock.now()
        asked = _asked(execute, space)
        if asked.source == "http_request":
            await engine.parts.connector_executions.execute(connector.id, params, asked)
            traces = await engine.parts.store.executions([space])
        else:
            result = await engine.parts.runner.execute(connector, params, at, "n-1")
            traces = [trace_of(connector, result, asked, "n-1", (at, engine.clock.now()), at)]
    return [record for trace in traces for record in expand_execution(trace)]


_BUILT_IN = {".server-log"}
"""Types that a case can execute as they are; others would need another side."""


def _asked(execute: Json, space: str) -> Asked:
    via, rule = execute.get("via", "http"), execute.get("rule")
    assert via in ("http", "queued", "rule"), f"unknown shape, via {via}"
    size = execute.get("request_body_bytes", 0)
    if via == "http":
        return Asked("http_request", space, execute.get("user"), size)
    rule = rule or {}
    require_known(rule, {"id", "rule_type_id", "consumer", "execution_uuid"}, "rule")
    names = {"id": "r1", "rule_type_id": "case-type", "consumer": "alerts", "execution_uuid": "run", **rule}
    return Asked("saved_object", space, None, size, ExecutingRule(**names))
