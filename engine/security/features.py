"""Features: what roles grant, and which rules a feature stands for (rest-api.md 1.8, 7.1)."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

Level: TypeAlias = Literal["read", "all"]
"""How much of a feature: ``all`` includes ``read``."""

ACTIONS: Final = "actions"
DATA_VIEWS: Final = "indexPatterns"
MAINTENANCE_WINDOWS: Final = "maintenanceWindow"
RULE_SETTINGS: Final = "rulesSettings"
STACK_RULES: Final = "stackAlerts"

LEVEL_OF_PRIVILEGE: Final[Mapping[str, Level]] = {
    "all": "all",
    "minimal_all": "all",
    "read": "read",
    "minimal_read": "read",
}
"""Privilege id -> level; others have no effect."""

_ALERTS = "alerts"
"""The consumer that belongs to no feature of its own: whoever has the rule type's feature may use it."""
_STACK_CONSUMERS = frozenset({STACK_RULES, _ALERTS})
_SEARCHING_TYPE = ".es-query"
_CONSUMERS_OF_SEARCHING = frozenset({"infrastructure", "logs", "observability"})
_CASES_OF_OWNER: Mapping[str, str] = {
    "cases": "generalCases",
    "observability": "observabilityCases",
    "securitySolution": "securitySolutionCases",
}
_CASES_SUFFIXES = ("", "V2", "V3")
_OTHER_FEATURES_OF_CONSUMER: Mapping[str, tuple[str, ...]] = {
    "securitySolution": ("securitySolution", "siem"),
    "siem": ("siem", "securitySolution"),
}
_CONSUMERS_OF_APPS = frozenset({"apm", "discover", "metrics", "ml", "monitoring", "slo", "uptime"})


def features_of_rule(rule_type_id: str, producer: str, consumer: str) -> tuple[str, ...]:
    """The features that stand for rules of a type (with its producer) and a consumer; one of them is enough.

    () = none does: only a superuser may have such rules.
    """
    if producer != STACK_RULES:
        return (producer,) if consumer == _ALERTS else features_of_consumer(consumer)
    if consumer in _STACK_CONSUMERS:
        return (STACK_RULES,)
    if rule_type_id == _SEARCHING_TYPE and consumer == "discover":
        return (STACK_RULES,)
    if consumer in _CONSUMERS_OF_SEARCHING:
        return (consumer,) if rule_type_id == _SEARCHING_TYPE else ()
    if consumer in _CONSUMERS_OF_APPS or consumer in _OTHER_FEATURES_OF_CONSUMER:
        return ()
    # A consumer that the operator added: a feature of the same name stands for it.
    return (consumer,)


def features_of_consumer(consumer: str) -> tuple[str, ...]:
    """The features that stand for a consumer."""
    return _OTHER_FEATURES_OF_CONSUMER.get(consumer, (consumer,))


def features_of_cases(owner: str) -> tuple[str, ...]:
    """The features that stand for cases of an owner; one of them is enough."""
    feature = _CASES_OF_OWNER.get(owner)
    return () if feature is None else tuple(f"{feature}{suffix}" for suffix in _CASES_SUFFIXES)
