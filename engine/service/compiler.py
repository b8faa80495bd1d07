"""Rules compiled once per revision: everything a run needs that does not change from run to run."""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from engine.model.errors import InvalidInput
from engine.model.rule import Rule
from engine.model.settings import EngineSettings
from engine.model.trace import RuleIdentity
from engine.notify.actions import CompiledAction, ParamsInjection, compile_actions
from engine.notify.injection import injection_of
from engine.ports.connector import DEFAULT_TREATMENT, TemplateTreatment
from engine.ports.registry import Registry
from engine.ports.rule_type import Evaluator, RuleType, page_path
from engine.ports.store import Claim, RuleKey, Store, StoredRule
from engine.run.schedule import run_timeout
from engine.run.subject import RunSubject, identity_of, subject_of
from engine.service.snoozes import RuleSnoozes
from engine.template.links import rule_url
from engine.template.variables import RuleVariables, rule_variables
from engine.timing.durations import parse_duration

_log = logging.getLogger("tocsin.rules")

_MOST_COMPILED = 50_000
_STATE_IS_DAMAGED = "the stored run state is damaged; disable the rule and enable it again to start without any alerts"


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule ready to run."""

    subject: RunSubject
    evaluator: Evaluator
    actions: tuple[CompiledAction, ...]
    variables: RuleVariables
    url: str | None
    interval: timedelta
    timeout: timedelta
    snoozes: RuleSnoozes

    @property
    def rule(self) -> Rule:
        return self.subject.rule

    @property
    def identity(self) -> RuleIdentity:
        return self.subject.identity


@dataclass(frozen=True, slots=True)
class Unrunnable:
    """A rule that cannot run: the error reason of rule-run.md 9.1 and its text."""

    identity: RuleIdentity
    reason: str
    message: str
    interval: timedelta | None = None


class RuleCompiler:
    """Compiles rules and keeps them by revision of their definition, least recently used ones dropped."""

    def __init__(self, store: Store, registry: Registry, settings: EngineSettings) -> None:
        self._store, self._registry, self._settings = store, registry, settings
        self._compiled: OrderedDict[RuleKey, tuple[int, CompiledRule | Unrunnable]] = OrderedDict()

    async def compile(self, claims: Sequence[Claim]) -> list[CompiledRule | Unrunnable]:
        """The rules of the claims, in their order; only those of a new revision are loaded."""
        known = [self._known(claim) for claim in claims]
        unknown = [claim.key for claim, rule in zip(claims, known, strict=True) if rule is None]
        loaded = await self._store.load_rules(unknown) if unknown else {}
        compiled = [
            rule or self._compile(claim, loaded.get(claim.key)) for claim, rule in zip(claims, known, strict=True)
        ]
        return [
            rule if claim.is_state_readable else Unrunnable(rule.identity, "decrypt", _STATE_IS_DAMAGED, rule.interval)
            for claim, rule in zip(claims, compiled, strict=True)
        ]

    def _known(self, claim: Claim) -> CompiledRule | Unrunnable | None:
        known = self._compiled.get(claim.key)
        if known is None or known[0] != claim.version:
            return None
        self._compiled.move_to_end(claim.key)
        return known[1]

    def _compile(self, claim: Claim, stored: StoredRule | None) -> CompiledRule | Unrunnable:
        if stored is None:
            identity = RuleIdentity(claim.key.id, claim.key.space)
            return Unrunnable(identity, "decrypt", "the stored rule cannot be read (the log of the store says why)")
        compiled = self._compile_rule(stored.rule)
        self._compiled[claim.key] = (stored.version, compiled)
        if len(self._compiled) > _MOST_COMPILED:
            self._compiled.popitem(last=False)
        return compiled

    def _compile_rule(self, rule: Rule) -> CompiledRule | Unrunnable:
        rule_type = self._registry.rule_type(rule.rule_type_id)
        identity = identity_of(rule, rule_type)
        interval: timedelta | None = None
        try:
            interval = parse_duration(rule.interval)
            if not rule.enabled:
                return Unrunnable(identity, "disabled", "the rule is disabled", interval)
            if rule_type is None:
                message = f"rule type [{rule.rule_type_id}] is not registered; install the package that provides it"
                return Unrunnable(identity, "license", message, interval)
            return self._compile_for(rule_type, rule, interval)
        except InvalidInput as error:
            return Unrunnable(identity, "validate", f"params are not valid: {error}", interval)
        except Exception as error:  # noqa: BLE001 - a rule that breaks its compilation must not stop its batch
            _log.exception("rule [%s] could not be compiled", rule.id)
            return Unrunnable(identity, "unknown", f"the rule could not be compiled: {error}", interval)

    def _compile_for(self, rule_type: RuleType, rule: Rule, interval: timedelta) -> CompiledRule:
        page = page_path(rule_type, rule.id, rule.params, None)
        return CompiledRule(
            subject_of(rule, rule_type),
            rule_type.compile(rule_type.validate(rule.params)),
            compile_actions(rule, rule_type, self._treatment_of, self._injection_of),
            rule_variables(rule, public_base_url=self._settings.public_base_url, relative_path=page),
            rule_url(self._settings.public_base_url, rule.space, rule.id, page),
            interval,
            run_timeout(self._settings, rule_type),
            RuleSnoozes(rule),
        )

    def _treatment_of(self, connector_type_id: str) -> TemplateTreatment:
        connector_type = self._registry.connector_type(connector_type_id)
        return connector_type.template_treatment if connector_type else DEFAULT_TREATMENT

    def _injection_of(self, connector_type_id: str) -> ParamsInjection | None:
        return injection_of(self._treatment_of(connector_type_id).rule_link)
