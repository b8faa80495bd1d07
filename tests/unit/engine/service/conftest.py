"""A connector type and a rule type for tests that do what they are told, and two benches.

One delivers from an outbox in memory; the other runs whole rules through the real store in memory.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self, cast

import pytest

from engine.model.connector import Connector, ConnectorResult
from engine.model.connector_trace import ConnectorTrace
from engine.model.errors import InvalidInput, Problem, StoreUnavailable
from engine.model.jsonvalue import JsonObject
from engine.model.notification import Notification
from engine.model.settings import AttemptSettings, EngineSettings, HttpSettings
from engine.operations.rules import Rules
from engine.ports.connector import DEFAULT_TREATMENT, ConnectorExecution
from engine.ports.http import HttpRequest, HttpResponse
from engine.ports.registry import Registry
from engine.ports.rule_type import RECOVERED, ActionGroup, Evaluation, EvaluationContext, Report
from engine.ports.search import BulkRequest, FieldCapsRequest, SearchRequest
from engine.ports.store import Claim, ClaimedNotification, ConnectorKey, DeliveryReport, RuleKey, Store, StoredRule
from engine.run.events import expand
from engine.service.clocks import CountingIds, ManualClock
from engine.service.connector_execution import ConnectorRunner
from engine.service.connectors import PreconfiguredConnectors
from engine.service.delivery import Delivery
from engine.service.executor import Executor
from engine.service.owners import OwnerRights
from engine.service.rate_limiter import RateLimiter
from engine.service.runs import RunReport
from engine.service.service import Service
from engine.store.sqlite import SqliteStore, open_store

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

    def validate_secrets(self, secrets: JsonObject, settings: HttpSettings) -> JsonObject:
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
    traces: list[ConnectorTrace] = field(default_factory=list)
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
            row.attempts -= not report.is_attempt
            self.recorded.append((row.notification.id, report.state))
            self.traces += [] if report.trace is None else [report.trace]


@dataclass
class Bench:
    scripted: ScriptedType
    http: Any
    outbox: Outbox = field(default_factory=Outbox)
    clock: StoppedClock = field(default_factory=StoppedClock)

    def delivery(
        self,
        concurrency: int = 4,
        attempts: AttemptSettings | None = None,
        *,
        enabled: tuple[str, ...] = ("*",),
        are_preconfigured: bool = False,
        limiter: RateLimiter | None = None,
    ) -> Delivery:
        registry = Registry()
        registry.add_connector_type(self.scripted)
        connectors = PreconfiguredConnectors(
            [Connector(name, name, ".scripted", is_preconfigured=are_preconfigured) for name in ("one", "two", "three")]
            + [Connector("odd", "odd", ".unknown")]
        )
        return Delivery(
            store=cast(Store, self.outbox),
            directory=connectors,
            runner=ConnectorRunner(registry, self.http, HttpSettings(), limiter=limiter),
            clock=self.clock,
            settings=EngineSettings(
                delivery_concurrency=concurrency,
                attempts=attempts or AttemptSettings(),
                enabled_connector_types=enabled,
            ),
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


Evaluate = Callable[[EvaluationContext], Awaitable[Evaluation | None]]


@dataclass
class ScriptedRuleType:
    """Behaves by rule id; a rule without a behaviour reports the alerts of ``reports``. Params: ``bad`` is invalid."""

    behaviours: dict[str, Evaluate] = field(default_factory=dict)
    reports: dict[str, list[str]] = field(default_factory=dict)
    contexts: list[EvaluationContext] = field(default_factory=list)
    compiled: list[JsonObject] = field(default_factory=list)
    id: str = ".scripted-rule"
    name: str = "Scripted rule"
    action_groups: tuple[ActionGroup, ...] = (ActionGroup("default", "Default"),)
    default_action_group: str = "default"
    recovery_group: ActionGroup = RECOVERED
    producer: str = "stackAlerts"
    category: str = "management"
    auto_recovers: bool = True
    timeout: str | None = "5m"
    cancel_alerts_on_timeout: bool = True
    context_variables: Mapping[str, str] = field(default_factory=dict)
    param_variables: Mapping[str, str] = field(default_factory=dict)
    window: timedelta | None = None
    is_window_delayed: bool = False

    def validate(self, params: JsonObject) -> JsonObject:
        if "bad" in params:
            raise InvalidInput([Problem("bad", "is not allowed", "leave it out")])
        return params

    def warnings(self, params: JsonObject) -> list[str]:
        return []

    def keeps_state(self, old_params: JsonObject, new_params: JsonObject) -> bool:
        return old_params == new_params

    def compile(self, params: JsonObject) -> Self:
        if "explodes" in params:
            raise ZeroDivisionError("compiling divides by zero")
        self.compiled.append(params)
        return self

    async def evaluate(self, context: EvaluationContext) -> Evaluation:
        self.contexts.append(context)
        if context.rule_id in self.behaviours:
            return await self.behaviours[context.rule_id](context) or Evaluation()
        for alert_id in self.reports.get(context.rule_id, ()):
            context.reports.add(Report(alert_id, "default"))
        return Evaluation()


class NoSearch:
    async def search(self, request: SearchRequest) -> JsonObject:
        return {"took": 7}

    async def field_caps(self, request: FieldCapsRequest) -> JsonObject:
        return {}

    async def ensure_index(self, index: str, mappings: JsonObject) -> bool:
        return False

    async def bulk(self, request: BulkRequest) -> JsonObject:
        return {"took": 0, "errors": False, "items": []}

    async def close(self) -> None: ...


class Hold:
    """An evaluation that says when it has begun and ends when it is let go; a stubborn one ignores being cancelled."""

    def __init__(self, *alert_ids: str, stubborn: bool = False) -> None:
        self.has_begun, self.go_on, self.was_cancelled = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._alert_ids, self._is_stubborn = alert_ids, stubborn

    async def __call__(self, context: EvaluationContext) -> None:
        self.has_begun.set()
        while not self.go_on.is_set():
            try:
                await self.go_on.wait()
            except asyncio.CancelledError:
                self.was_cancelled.set()
                if not self._is_stubborn:
                    raise
        for alert_id in self._alert_ids:
            context.reports.add(Report(alert_id, "default"))


async def no_pause() -> None:
    return None


class World:
    """Rules of the scripted type with the real store in memory, a manual clock, and a scripted connector ``one``."""

    def __init__(self, scripted: ScriptedType, settings: EngineSettings | None = None) -> None:
        self.clock, self.rule_type, self.connector = ManualClock(AT), ScriptedRuleType(), scripted
        self.store: SqliteStore = open_store("sqlite://")
        self.registry = Registry()
        self.registry.add_connector_type(scripted)
        self.registry.add_rule_type(self.rule_type)
        self.connectors = PreconfiguredConnectors([Connector("one", "one", ".scripted")])
        self.owners: OwnerRights | None = None
        self.compose(settings or EngineSettings())

    def compose(self, settings: EngineSettings, store: Store | None = None) -> None:
        """Put the service together (anew); ``store`` may stand before the real one."""
        store = store or self.store
        new_id = CountingIds()
        self.executor = Executor(
            store=store,
            search=NoSearch(),
            registry=self.registry,
            connectors=self.connectors,
            clock=self.clock,
            new_id=new_id,
            settings=settings,
            owners=self.owners,
        )
        self.delivery = Delivery(
            store=store,
            directory=self.connectors,
            runner=ConnectorRunner(self.registry, NoHttp(), HttpSettings()),
            clock=self.clock,
            settings=settings,
            random=lambda: 0.5,
            owner="test",
        )
        self.service = Service(
            store=store, executor=self.executor, delivery=self.delivery, settings=settings, owner="test"
        )
        self.rules = Rules(
            store=self.store,
            registry=self.registry,
            connectors=self.connectors,
            settings=settings,
            new_id=CountingIds(),
            pause=no_pause,
        )

    async def add_rule(self, rule_id: str = "r", **members: Any) -> StoredRule:
        """A rule that runs each minute and tells connector ``one`` of every active alert."""
        body = {
            "name": rule_id,
            "rule_type_id": ".scripted-rule",
            "consumer": "alerts",
            "schedule": {"interval": "1m"},
            "params": {},
            "actions": [
                {
                    "id": "one",
                    "group": "default",
                    "params": {"alert": "{{alert.id}}"},
                    "frequency": {"summary": False, "notify_when": "onActiveAlert", "throttle": None},
                }
            ],
            **members,
        }
        return await self.rules.create(body, rule_id=rule_id, at=self.clock.now(), actor=None)

    def by_user(self) -> dict[str, Any]:
        return {"at": self.clock.now(), "actor": None}

    async def tick(self) -> list[RunReport]:
        return (await self.service.tick(self.clock.now())).runs

    async def next_minute(self) -> list[RunReport]:
        self.clock.advance(timedelta(minutes=1))
        return await self.tick()

    async def claim(self, rule_id: str = "r") -> Claim | None:
        at = self.clock.now()
        return await self.store.claim_rule(RuleKey("default", rule_id), at, "test", at + timedelta(minutes=1))

    async def stored(self, rule_id: str = "r") -> StoredRule:
        return await self.rules.get(rule_id)

    async def active(self, rule_id: str = "r") -> list[str]:
        """The alerts in the rule's run state."""
        versioned = await self.store.load_state(RuleKey("default", rule_id))
        return [] if versioned is None else list(versioned.state.active)

    async def statuses(self) -> list[tuple[str, str]]:
        """Alert id and status of all documents, oldest first."""
        documents = await self.store.documents("default")
        return [(document["kibana.alert.instance.id"], document["kibana.alert.status"]) for document in documents]

    async def events(self, rule_id: str = "r") -> list[str]:
        traces = await self.store.traces("default", rule_id=rule_id)
        return [event["event.action"] for trace in traces for event in expand(trace)]

    def sent(self) -> list[str]:
        """The alerts that the connector was told of."""
        return [execution.params["alert"] for execution in self.connector.executions]


@pytest.fixture
async def world(scripted: ScriptedType) -> AsyncIterator[World]:
    world = World(scripted)
    await world.store.open()
    yield world
    await world.store.close()


@pytest.fixture
def hold() -> type[Hold]:
    return Hold
