"""Whether a definition may be stored: the checks in the order of rest-api.md 1.4, stopping at the first that fails."""

from dataclasses import dataclass

from engine.model.errors import InvalidInput, Problem
from engine.model.settings import EngineSettings
from engine.operations.actions import ActionScope, action_problems, build_actions, missing_groups
from engine.operations.authorization import Authorization
from engine.operations.body import CreateBody, UpdateBody
from engine.operations.capacity import check_capacity, interval_problems, runs_per_minute
from engine.operations.checks import check_consumer, find_rule_type, flapping_problems, refuse, validate_params
from engine.operations.definition import CheckedParts
from engine.operations.unsupported import unsupported_members
from engine.ports.clock import Ids
from engine.ports.connectors import ConnectorDirectory
from engine.ports.registry import Registry
from engine.ports.rule_type import RuleType
from engine.ports.store import Store, StoredRule
from engine.query.options import options_of


@dataclass(frozen=True, slots=True)
class Admission:
    """Judges bodies whose schema is right, and hands on their params and actions in the stored form."""

    store: Store
    registry: Registry
    connectors: ConnectorDirectory
    settings: EngineSettings
    new_id: Ids
    authorization: Authorization

    async def admit_new(self, body: CreateBody, space: str) -> CheckedParts:
        """Admit a rule to be created. Raises InvalidInput; Forbidden, also for an unknown consumer."""
        scope = await self._scope(space)
        refuse(missing_groups(body, scope))
        flapping = (await self.store.space_settings(space)).flapping
        refuse(flapping_problems(body.flapping, flapping, stored=None))
        rule_type = find_rule_type(body.rule_type_id, self.registry)
        if body.enabled:
            await self.check_capacity(body.schedule.interval)
        check_consumer(body.consumer, self.settings)
        self.authorization.check_kind("create", space, rule_type.id, body.consumer)
        return self._check_parts(body, rule_type, scope, space, stored=None)

    async def admit_edit(self, body: UpdateBody | CreateBody, stored: StoredRule) -> CheckedParts:
        """Admit an edit of a stored rule. Raises InvalidInput or Forbidden."""
        rule = stored.rule
        scope = await self._scope(rule.space)
        refuse(missing_groups(body, scope))
        flapping = (await self.store.space_settings(rule.space)).flapping
        refuse(flapping_problems(body.flapping, flapping, stored=rule.flapping))
        rule_type = find_rule_type(rule.rule_type_id, self.registry)
        if rule.enabled and body.schedule.interval != rule.interval:
            await self.check_capacity(body.schedule.interval, replacing=rule.interval)
        self.authorization.check("update", rule)
        return self._check_parts(body, rule_type, scope, rule.space, stored=stored)

    async def admit_redefinition(self, body: CreateBody, stored: StoredRule) -> CheckedParts:
        """Admit a whole new definition of a stored rule, whose type and consumer stay. Raises Forbidden, InvalidInput.

        The right comes first: what is refused tells something of the stored rule.
        """
        self.authorization.check("update", stored.rule)
        for name in ("rule_type_id", "consumer"):
            given, present = getattr(body, name), getattr(stored.rule, name)
            if given != present:
                remedy = "give the rule another id, or delete the old rule first"
                raise InvalidInput([Problem(name, f"cannot be changed from [{present}] to [{given}]", remedy)])
        return await self.admit_edit(body, stored)

    async def check_capacity(self, interval: str, *, replacing: str | None = None) -> None:
        """Raises InvalidInput when all enabled rules together would run too often (2.7)."""
        load = runs_per_minute(await self.store.rule_intervals())
        freed = 0.0 if replacing is None else runs_per_minute({replacing: 1})
        limit = self.settings.max_scheduled_per_minute
        check_capacity(load, limit, wanted=runs_per_minute({interval: 1}), freed=freed)

    async def _scope(self, space: str) -> ActionScope:
        connectors = await self.connectors.in_space(space)
        return ActionScope(connectors, self.registry, options_of(self.settings.query))

    def _check_parts(
        self,
        body: CreateBody | UpdateBody,
        rule_type: RuleType,
        scope: ActionScope,
        space: str,
        stored: StoredRule | None,
    ) -> CheckedParts:
        params = validate_params(rule_type, body.params)
        if body.actions:
            self.authorization.check_connectors(space)
        refuse(action_problems(body, rule_type, scope))
        refuse(interval_problems(body.schedule.interval, self.settings))
        refuse(unsupported_members(body.actions, scope))
        known = () if stored is None else stored.rule.actions
        return CheckedParts(params, build_actions(body.actions, scope, known, self.new_id))
