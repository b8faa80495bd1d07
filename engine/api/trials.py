"""Rules tried over HTTP: checked whole, run dry, and run now with their result."""

from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import RootModel

from engine.api.route import Answer, Request, Route, answer_json
from engine.model.errors import Conflict, Forbidden
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.settings import EngineSettings
from engine.operations.authorization import Authorization
from engine.operations.body import CreateBody
from engine.operations.retries import pause_before_retry
from engine.operations.rule_access import RuleAccess
from engine.operations.rule_types import may_read_some_rules
from engine.operations.rule_validation import find_problems, problem_to_json
from engine.operations.run_soon import note_run
from engine.ports.connectors import ConnectorDirectory
from engine.ports.registry import Registry
from engine.ports.store import RuleKey, Store
from engine.security.caller import Caller
from engine.service.run_result import run_as_json
from engine.service.service import Service

_OURS = "/api/tocsin/v1"


class TryRule(Protocol):
    """Runs the rule of a create body once, in a store of its own; nothing is sent."""

    async def __call__(self, body: JsonValue, *, space: str, caller: Caller) -> JsonObject:
        """The result, as `run_as_json`. Raises what creating the rule raises."""
        ...


class AnyBody(RootModel[Any]):
    """Any JSON: what is wrong with it is the answer."""


@dataclass(frozen=True, slots=True)
class Trials:
    """What the routes work with."""

    store: Store
    registry: Registry
    connectors: ConnectorDirectory
    settings: EngineSettings
    service: Service
    try_rule: TryRule


def routes(trials: Trials) -> tuple[Route, ...]:
    """The routes; what each needs depends on the rule."""
    on = _TrialRoutes(trials)
    test, validate = f"{_OURS}/rule/_test", f"{_OURS}/rules/_validate"
    run = f"{_OURS}/rule/{{id}}/_run"
    return (
        Route("POST", test, on.test, body=CreateBody, summary="Run a rule dry, without storing it"),
        Route("POST", validate, on.validate, body=AnyBody, summary="Tell all that is wrong with a rule"),
        Route("POST", run, on.run, summary="Run a rule now, and tell what came of it"),
    )


@dataclass(frozen=True, slots=True)
class _TrialRoutes:
    """One method a route."""

    on: Trials

    async def test(self, request: Request) -> Answer:
        return answer_json(await self.on.try_rule(request.body, space=request.space, caller=request.caller))

    async def validate(self, request: Request) -> Answer:
        on = self.on
        if not may_read_some_rules(request.caller.rights, request.space, on.registry.rule_types(), on.settings):
            raise Forbidden(f"not allowed in space [{request.space}]: this needs a role that reads some kind of rule")
        problems = await find_problems(
            request.body,
            space=request.space,
            store=on.store,
            registry=on.registry,
            connectors=on.connectors,
            settings=on.settings,
        )
        return answer_json({"valid": not problems, "problems": [problem_to_json(problem) for problem in problems]})

    async def run(self, request: Request) -> Answer:
        """Its notifications are delivered by the tick that a change brings about."""
        key = RuleKey(request.space, request.parts["id"])
        rule = await note_run(self._access(request), key, at=request.at, actor=request.caller.name)
        reports = await self.on.service.run_rules([key], request.at)
        if not reports:
            raise Conflict(f"rule [{key.id}] is running already: ask for its result once it has ended")
        return answer_json(run_as_json(rule, reports[0], {}))

    def _access(self, request: Request) -> RuleAccess:
        return RuleAccess(self.on.store, Authorization(self.on.registry, request.caller), pause_before_retry)
