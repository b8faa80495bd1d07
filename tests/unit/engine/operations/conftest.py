"""A small world for the operations: a rule type, connectors, and the real store in memory."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.model.alert import Alert, RuleState
from engine.model.connector import Connector, ConnectorResult
from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject
from engine.model.outcome import ExecutionStatus, LastRunMetrics, RuleStatus
from engine.model.settings import EngineSettings, HttpSettings
from engine.model.trace import RuleIdentity, RunTrace
from engine.operations.rules import Rules
from engine.ports.connector import DEFAULT_TREATMENT, ConnectorExecution, TemplateTreatment
from engine.ports.registry import Registry
from engine.ports.rule_type import RECOVERED, ActionGroup, Evaluation, EvaluationContext, Evaluator
from engine.ports.store import CommitOutcome, NewDocument, RuleChange, RuleKey, RunRecord
from engine.service.connectors import PreconfiguredConnectors
from engine.store.sqlite import SqliteStore, open_store

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Compiled:
    window: timedelta | None = None
    is_window_delayed = False

    async def evaluate(self, context: EvaluationContext) -> Evaluation:
        return Evaluation()


class LevelRuleType:
    """Params: ``level`` (required, a number), ``note`` (default "none"); the state belongs to the level."""

    id = ".level"
    name = "Level"
    action_groups = (ActionGroup("high", "High"), ActionGroup("low", "Low"))
    default_action_group = "high"
    recovery_group = RECOVERED
    producer = "stackAlerts"
    category = "management"
    minimum_license = "basic"
    auto_recovers = True
    timeout: str | None = None
    cancel_alerts_on_timeout = True
    context_variables: Mapping[str, str] = {}
    param_variables: Mapping[str, str] = {}

    def validate(self, params: JsonObject) -> JsonObject:
        if "level" not in params:
            raise InvalidInput([Problem("level", "is required", "add it")])
        return {"note": "none", **params}

    def compile(self, params: JsonObject) -> Evaluator:
        if params["level"] == 13:
            raise InvalidInput([Problem("level", "cannot be compiled", "use another")])
        return Compiled()

    def warnings(self, params: JsonObject) -> list[str]:
        return []

    def keeps_state(self, old_params: JsonObject, new_params: JsonObject) -> bool:
        return bool(old_params["level"] == new_params["level"])


class BareRuleType(LevelRuleType):
    """The same without alert documents."""

    id = ".bare"
    keeps_documents = False


class TargetType:
    """A connector type whose params are free."""

    minimum_license = "basic"
    max_attempts: int | None = None
    is_system_action = False
    template_treatment: TemplateTreatment = DEFAULT_TREATMENT

    def __init__(self, type_id: str, *features: str) -> None:
        self.id = self.name = type_id
        self.supported_features = features

    def validate_config(self, config: JsonObject, settings: HttpSettings) -> JsonObject:
        return config

    def validate_secrets(self, secrets: JsonObject, settings: HttpSettings) -> JsonObject:
        return secrets

    def validate_connector(self, config: JsonObject, secrets: JsonObject) -> None: ...

    def validate_params(self, params: JsonObject) -> JsonObject:
        return params

    async def execute(self, execution: ConnectorExecution) -> ConnectorResult | None:
        return None


def build_registry() -> Registry:
    registry = Registry()
    registry.add_rule_type(LevelRuleType())
    registry.add_rule_type(BareRuleType())
    registry.add_connector_type(TargetType(".log", "alerting"))
    registry.add_connector_type(TargetType(".cases-only", "cases"))
    return registry


CONNECTORS = {
    "log": Connector("log", "Log", ".log"),
    "bare": Connector("bare", "Imported", ".log", is_missing_secrets=True),
    "cases": Connector("cases", "Cases", ".cases-only"),
    "gone": Connector("gone", "Gone", ".uninstalled"),
    "system": Connector("system", "System", ".log", is_system_action=True),
}


@dataclass
class World:
    """The operations over a store; ``before_write`` happens just before a change of a rule is written."""

    store: SqliteStore
    settings: EngineSettings = field(default_factory=EngineSettings)
    pauses: int = 0
    ids: int = 0
    rules: Rules = field(init=False)

    def __post_init__(self) -> None:
        self.use(self.settings)

    def use(self, settings: EngineSettings) -> None:
        self.rules = Rules(
            store=self.store,
            registry=build_registry(),
            connectors=PreconfiguredConnectors(CONNECTORS.values()),
            settings=settings,
            new_id=self._new_id,
            pause=self._pause,
        )

    def _new_id(self) -> str:
        self.ids += 1
        return f"uuid-{self.ids}"

    async def _pause(self) -> None:
        self.pauses += 1

    async def run(self, rule_id: str, *alerts: Alert, at: datetime = NOW, type_state: JsonObject | None = None) -> None:
        """Commit a run of the rule that leaves these alerts active and this rule type state."""
        claim = await self.store.claim_rule(RuleKey("default", rule_id), at, "test", at + timedelta(minutes=1))
        assert claim is not None
        stored = await self.rules.get(rule_id)
        state = RuleState({a.id: a for a in alerts}, previous_started_at=at, type_state=type_state or {})
        trace = RunTrace(RuleIdentity(rule_id, "default"), f"run-{at}", at, at, at, "ok", "success")
        status = RuleStatus(ExecutionStatus("ok", at, 7), metrics=LastRunMetrics(at, 7, total_alerts_detected=1))
        known = (await self.store.load_state(claim.key)) or None
        new = [
            NewDocument(a.uuid, a.id, at, {"kibana.alert.rule.name": stored.rule.name})
            for a in alerts
            if a.visible and (known is None or a.id not in known.state.active)
        ]
        schedule = replace(stored.schedule, last_planned=at, next_run=at + timedelta(minutes=1), shown_next_run=None)
        record = RunRecord(claim, status, schedule, trace, state=state, new_documents=new)
        assert await self.store.commit_runs([record]) == [CommitOutcome.COMMITTED]

    async def state_of(self, rule_id: str) -> RuleState:
        versioned = await self.store.load_state(RuleKey("default", rule_id))
        assert versioned is not None
        return versioned.state

    async def audited(self) -> list[str]:
        return [entry.operation for entry in await self.store.audit("default")]

    def interfere(self, times: int, change: Callable[[RuleChange], RuleChange] = lambda change: change) -> None:
        """Let somebody else change the rule just before each of the next ``times`` changes is written."""
        write = self.store.change_rule
        left = times

        async def change_rule(mine: RuleChange) -> bool:
            nonlocal left
            if left:
                left -= 1
                stored = (await self.store.load_rules([RuleKey(mine.rule.space, mine.rule.id)])).popitem()[1]
                await write(change(RuleChange(replace(stored.rule, tags=("theirs",)), stored.version)))
            return await write(mine)

        self.store.change_rule = change_rule  # type: ignore[method-assign]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    store = open_store("sqlite://")
    await store.open()
    yield World(store)
    await store.close()


@pytest.fixture
def body() -> Callable[..., JsonObject]:
    """A valid create body, with members replaced or (by None in ``without``) left out."""

    def build(without: str = "", **members: object) -> JsonObject:
        whole = {
            "name": "CPU",
            "rule_type_id": ".level",
            "consumer": "alerts",
            "schedule": {"interval": "1m"},
            "params": {"level": 5},
            **members,
        }
        return {name: value for name, value in whole.items() if name != without}

    return build


@pytest.fixture
def action() -> Callable[..., JsonObject]:
    """A valid action with a frequency of its own."""

    def build(**members: object) -> JsonObject:
        return {
            "id": "log",
            "group": "high",
            "params": {"message": "{{alert.id}}"},
            "frequency": {"summary": False, "notify_when": "onActiveAlert", "throttle": None},
            **members,
        }

    return build


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def registry() -> Registry:
    return build_registry()
