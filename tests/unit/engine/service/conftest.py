"""A connector type for tests that does what it is told, and a bench that delivers to it from an outbox in memory."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from engine.model.connector import Connector, ConnectorResult
from engine.model.errors import InvalidInput, Problem, StoreUnavailable
from engine.model.jsonvalue import JsonObject
from engine.model.notification import Notification
from engine.model.settings import AttemptSettings, EngineSettings, HttpSettings
from engine.ports.connector import DEFAULT_TREATMENT, ConnectorExecution
from engine.ports.http import HttpRequest, HttpResponse
from engine.ports.registry import Registry
from engine.ports.store import ClaimedNotification, ConnectorKey, DeliveryReport, Store
from engine.service.connectors import PreconfiguredConnectors
from engine.service.delivery import Delivery

AT = datetime(2024, 1, 1, 12, tzinfo=UTC)

Behaviour = Callable[[ConnectorExecution], Awaitable[Any]]


async def succeed(_: ConnectorExecution) -> None:
    return None


class NoHttp:
    async def send(self, request: HttpRequest) -> HttpResponse:
        raise AssertionError("nothing is to be sent")

    async def close(self) -> None: ...


@dataclass
class ScriptedType:
    """Behaves by connector id (else succeeds) and keeps its executions. Members called ``bad`` are invalid."""

    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    executions: list[ConnectorExecution] = field(default_factory=list)
    running: dict[str, int] = field(default_factory=dict)
    most_running: dict[str, int] = field(default_factory=dict)
    id: str = ".scripted"
    name: str = "Scripted"
    minimum_license: str = "basic"
    supported_features: tuple[str, ...] = ("alerting",)
    max_attempts: int | None = None
    is_system_action: bool = False
    template_treatment: Any = DEFAULT_TREATMENT
    is_crossed: bool = False

    def validate_config(self, config: JsonObject, settings: HttpSettings) -> JsonObject:
        return self._validate(config)

    def validate_secrets(self, secrets: JsonObject) -> JsonObject:
        return self._validate(secrets)

    def validate_params(self, params: JsonObject) -> JsonObject:
        return self._validate(params)

    def validate_connector(self, config: JsonObject, secrets: JsonObject) -> None:
        if self.is_crossed:
            raise InvalidInput([Problem("config", "does not go with the secrets")])

    def _validate(self, value: JsonObject) -> JsonObject:
        if "bad" in value:
            raise InvalidInput([Problem("bad", f"is {value['bad']}")])
        return {"validated": True, **value}

    async def execute(self, execution: ConnectorExecution) -> ConnectorResult | None:
        key = execution.connector.id
        self.executions.append(execution)
        self.running[key] = self.running.get(key, 0) + 1
        self.most_running[key] = max(self.most_running.get(key, 0), self.running[key])
        try:
            await asyncio.sleep(0)
            result: ConnectorResult | None = await self.behaviours.get(key, succeed)(execution)
            return result
        finally:
            self.running[key] -= 1


@pytest.fixture
def scripted() -> ScriptedType:
    return ScriptedType()


@pytest.fixture
def no_http() -> NoHttp:
    return NoHttp()


class StoppedClock:
    def __init__(self) -> None:
        self.at = AT

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0

    def call_later(self, seconds: float, call: Callable[[], None]) -> Any:
        raise AssertionError("delivery sets no timers")


@dataclass
class Row:
    notification: Notification
    due_at: datetime | None
    state: str = "pending"
    attempts: int = 0
    fence: int = 0
    error: str | None = None


@dataclass
class Outbox:
    """The outbox part of the store port, in memory."""

    rows: list[Row] = field(default_factory=list)
    recorded: list[tuple[str, str]] = field(default_factory=list)
    failures: int = 0

    def queue(
        self,
        number: int,
        connector_id: str,
        alert_id: str | None = None,
        type_id: str = ".scripted",
        params: JsonObject | None = None,
    ) -> None:
        notification = Notification(
            id=f"n-{number}",
            space="default",
            rule_id="r1",
            rule_type_id="t",
            execution_uuid="e",
            consumer="alerts",
            action_uuid="a",
            connector_id=connector_id,
            connector_type_id=type_id,
            group="default",
            alert_id=alert_id or f"alert-{number}",
            alert_uuid=None,
            params=params or {"number": number},
            created_at=AT,
        )
        self.rows.append(Row(notification, AT))

    async def claim_notifications(
        self,
        at: datetime,
        limit: int,
        owner: str,
        lease_until: datetime,
        *,
        busy_connectors: Collection[ConnectorKey] = (),
    ) -> list[ClaimedNotification]:
        assert lease_until > at + timedelta(minutes=5), "a lease must outlast the longest execution"
        claimed: list[ClaimedNotification] = []
        chains: set[tuple[str, str | None]] = set()
        for row in self.rows:
            chain = (row.notification.connector_id, row.notification.alert_id)
            if row.due_at is None or len(claimed) == limit:
                continue
            is_busy = ConnectorKey(row.notification.space, row.notification.connector_id) in busy_connectors
            if row.due_at <= at and chain not in chains and not is_busy:
                row.state, row.due_at = "sending", lease_until
                row.attempts, row.fence = row.attempts + 1, row.fence + 1
                claimed.append(ClaimedNotification(row.notification, row.attempts, row.fence))
            chains.add(chain)
        return claimed

    async def finish_notifications(self, reports: Sequence[DeliveryReport]) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("gone")
        for report in reports:
            [row] = [row for row in self.rows if row.notification.id == report.claimed.notification.id]
            assert row.fence == report.claimed.fence
            row.state, row.due_at, row.error = report.state, report.next_attempt_at, report.error
            self.recorded.append((row.notification.id, report.state))


@dataclass
class Bench:
    scripted: ScriptedType
    http: Any
    outbox: Outbox = field(default_factory=Outbox)
    clock: StoppedClock = field(default_factory=StoppedClock)

    def delivery(self, concurrency: int = 4, attempts: AttemptSettings | None = None) -> Delivery:
        registry = Registry()
        registry.add_connector_type(self.scripted)
        connectors = PreconfiguredConnectors(
            [Connector(name, name, ".scripted") for name in ("one", "two", "three")]
            + [Connector("odd", "odd", ".unknown")]
        )
        return Delivery(
            store=cast(Store, self.outbox),
            directory=connectors,
            registry=registry,
            http=self.http,
            clock=self.clock,
            settings=EngineSettings(delivery_concurrency=concurrency, attempts=attempts or AttemptSettings()),
            random=lambda: 0.5,
            owner="test",
        )

    def sent(self, connector_id: str) -> list[int]:
        return [
            execution.params["number"]
            for execution in self.scripted.executions
            if execution.connector.id == connector_id
        ]

    def states(self) -> list[str]:
        return [row.state for row in self.outbox.rows]


@pytest.fixture
def bench(scripted: ScriptedType, no_http: NoHttp) -> Bench:
    return Bench(scripted, no_http)
