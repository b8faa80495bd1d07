"""What a run is about: a rule with its type, and the document fields and event identity that follow from the two."""

from dataclasses import dataclass

from engine.model.jsonvalue import JsonObject
from engine.model.rule import Rule
from engine.model.trace import RuleIdentity
from engine.model.version import ENGINE_VERSION
from engine.ports.rule_type import RuleType


@dataclass(frozen=True, slots=True)
class RunSubject:
    """A rule and its type. ``rule_fields``: the fields of alert documents that come from the rule; ``identity``: the
    rule's fields in events.

    Compute it anew for every stored version of the rule: muting changes documents without raising the revision.
    """

    rule: Rule
    rule_type: RuleType
    rule_fields: JsonObject
    identity: RuleIdentity


def subject_of(rule: Rule, rule_type: RuleType) -> RunSubject:
    """The subject of all runs of this version of the rule."""
    return RunSubject(rule, rule_type, _rule_fields(rule, rule_type), identity_of(rule, rule_type))


def identity_of(rule: Rule, rule_type: RuleType | None) -> RuleIdentity:
    """What the rule's events carry; ``rule_type`` is None when the type is not known."""
    return RuleIdentity(
        id=rule.id,
        space=rule.space,
        name=rule.name,
        rule_type_id=rule.rule_type_id,
        consumer=rule.consumer,
        producer=rule_type.producer if rule_type else None,
        category=rule_type.category if rule_type else None,
        revision=rule.revision,
        license=getattr(rule_type, "minimum_license", None),
    )


def _rule_fields(rule: Rule, rule_type: RuleType) -> JsonObject:
    return {
        "kibana.alert.rule.category": rule_type.name,
        "kibana.alert.rule.consumer": rule.consumer,
        "kibana.alert.rule.name": rule.name,
        "kibana.alert.rule.parameters": rule.params,
        "kibana.alert.rule.producer": rule_type.producer,
        "kibana.alert.rule.revision": rule.revision,
        "kibana.alert.rule.rule_type_id": rule.rule_type_id,
        "kibana.alert.rule.tags": list(rule.tags),
        "kibana.alert.rule.uuid": rule.id,
        "kibana.space_ids": [rule.space],
        "kibana.version": ENGINE_VERSION,
    }
