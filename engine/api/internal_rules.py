"""Rules for the clients that Kibana calls internal: with what the public routes keep back (rest-api.md 8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from engine.api.query import QueryBool
from engine.api.route import NO_CONTENT, Answer, Request, Route, answer_json, answer_text
from engine.model.errors import InvalidInput
from engine.model.jsonvalue import JsonObject
from engine.operations.authorization import Authorization
from engine.operations.retries import pause_before_retry
from engine.operations.rule_access import RuleAccess
from engine.operations.rules import Rules
from engine.operations.run_soon import run_soon
from engine.operations.snoozing import SnoozeBody
from engine.operations.values import NotNull, Strict
from engine.operations.whole_rule import whole_rule_to_json
from engine.ports.registry import Registry
from engine.ports.store import RuleKey, Store

_RULE = "/internal/alerting/rule/{id}"


class RunSoonQuery(Strict):
    """``force``: run the rule once more although it is running."""

    force: QueryBool = False


class InternalSnoozeBody(Strict):
    """A snooze in its stored form."""

    snooze_schedule: SnoozeBody


class UnsnoozeBody(Strict):
    """The snoozes to be removed; none named: what silences the rule now is ended."""

    schedule_ids: Annotated[list[str] | None, NotNull] = None


def routes(rules: Rules, store: Store, registry: Registry) -> tuple[Route, ...]:
    """Reading a rule whole, snoozing it in the stored form, running it now."""
    on = _InternalRoutes(rules, store, registry)
    return (
        Route("GET", _RULE, on.get),
        Route("GET", f"{_RULE}/_resolve", on.resolve),
        Route("POST", f"{_RULE}/_snooze", on.snooze, body=InternalSnoozeBody),
        Route("POST", f"{_RULE}/_unsnooze", on.unsnooze, body=UnsnoozeBody, body_is_optional=True),
        Route("POST", f"{_RULE}/_run_soon", on.run_soon, query=RunSoonQuery),
    )


@dataclass(frozen=True, slots=True)
class _InternalRoutes:
    """One method a route; what each may raise is what its operation raises."""

    rules: Rules
    store: Store
    registry: Registry

    async def get(self, request: Request) -> Answer:
        return answer_json(await self._whole(request))

    async def resolve(self, request: Request) -> Answer:
        """Ids never change here, so that every rule is found under its own."""
        return answer_json({**await self._whole(request), "outcome": "exactMatch"})

    async def snooze(self, request: Request) -> Answer:
        rule_id, member = request.parts["id"], "snooze_schedule"
        try:
            await self.rules.under(request.caller).snooze(rule_id, request.body[member], **request.by_caller)
        except InvalidInput as error:
            raise InvalidInput([problem.under(member) for problem in error.problems]) from None
        return NO_CONTENT

    async def unsnooze(self, request: Request) -> Answer:
        ids: Sequence[str] | None = (request.body or {}).get("schedule_ids")
        await self.rules.under(request.caller).unsnooze(request.parts["id"], ids, **request.by_caller)
        return NO_CONTENT

    async def run_soon(self, request: Request) -> Answer:
        access = RuleAccess(self.store, Authorization(self.registry, request.caller), pause_before_retry)
        key, is_forced = RuleKey(request.space, request.parts["id"]), request.query_as(RunSoonQuery).force
        hindrance = await run_soon(access, key, at=request.at, actor=request.caller.name, is_forced=is_forced)
        return NO_CONTENT if hindrance is None else answer_text(hindrance)

    async def _whole(self, request: Request) -> JsonObject:
        stored = await self.rules.under(request.caller).get(request.parts["id"], space=request.space)
        return await whole_rule_to_json(stored, self.store, self.registry, at=request.at)
