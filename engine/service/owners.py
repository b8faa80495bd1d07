"""What rules may do, judged by the rights of their owners (rest-api.md 1.7): once for each state of users and roles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.model.rule import Rule
from engine.security.directory import Directory
from engine.security.features import ACTIONS
from engine.security.policy import Security
from engine.service.compiler import CompiledRule, Unrunnable

_REMEDY = "let somebody who may do so update the rule or its API key"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a rule may do at a run. ``refusal``: why it may not even run; None: it may."""

    refusal: str | None = None
    may_use_connectors: bool = True


UNBOUND = Standing()
"""The standing of a rule without an owner: it runs with the rights of the operator."""


class OwnerRights:
    """Judges rules by their owners while security is on."""

    def __init__(self, security: Security) -> None:
        self._security = security
        self._judged_by = Directory()
        self._standings: dict[tuple[str, str, str, str], Standing] = {}

    async def judge(
        self, rules: Sequence[CompiledRule | Unrunnable], at: datetime
    ) -> tuple[list[CompiledRule | Unrunnable], list[Standing]]:
        """The rules, in place of each that may not run one that says why; and their standings.

        Raises StoreUnavailable.
        """
        directory = await self._security.judges()
        if directory is None:
            return list(rules), [UNBOUND] * len(rules)
        if directory is not self._judged_by:
            self._judged_by, self._standings = directory, {}
        standings = [self._standing(rule, at) if isinstance(rule, CompiledRule) else UNBOUND for rule in rules]
        judged = [
            rule if standing.refusal is None else _refused(rule, standing.refusal)
            for rule, standing in zip(rules, standings, strict=True)
        ]
        return judged, standings

    def _standing(self, compiled: CompiledRule, at: datetime) -> Standing:
        rule = compiled.rule
        if rule.api_key_owner is None:
            return UNBOUND
        if rule.api_key_id is not None and not self._is_valid(rule.api_key_id, at):
            return Standing(f"the API key [{rule.api_key_id}] of the rule was revoked or has expired: {_REMEDY}")
        key = (rule.api_key_owner, rule.space, rule.rule_type_id, rule.consumer)
        if key not in self._standings:
            producer = compiled.subject.rule_type.producer
            self._standings[key] = _judge(self._judged_by, rule, rule.api_key_owner, producer)
        return self._standings[key]

    def _is_valid(self, key_id: str, at: datetime) -> bool:
        key = self._judged_by.keys.get(key_id)
        return key is not None and not key.is_expired(at)


def _judge(directory: Directory, rule: Rule, owner: str, producer: str) -> Standing:
    who = f"user [{owner}], with whose rights the rule runs,"
    rights = directory.rights(owner)
    if rights is None:
        return Standing(f"{who} does not exist or is shut out: {_REMEDY}")
    if not rights.may_rule(rule.space, rule.rule_type_id, producer, rule.consumer, "read"):
        kind = f"rules of type [{rule.rule_type_id}] and consumer [{rule.consumer}] in space [{rule.space}]"
        return Standing(f"{who} has no role any more that grants {kind}: {_REMEDY}")
    return Standing(may_use_connectors=rights.may(rule.space, [ACTIONS], "read"))


def _refused(rule: CompiledRule | Unrunnable, refusal: str) -> Unrunnable:
    return Unrunnable(rule.identity, "read", refusal, rule.interval)
