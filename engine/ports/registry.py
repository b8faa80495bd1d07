"""The registry of rule types and connector types that the composition fills."""

from collections.abc import Iterator
from typing import Final

from engine.ports.connector import ConnectorType
from engine.ports.rule_type import RuleType

_FEATURES: Final = frozenset(
    {
        *("alerting", "cases", "uptime", "siem", "endpointSecurity", "workflows", "agentBuilder"),
        *("generativeAIForSecurity", "generativeAIForObservability", "generativeAIForSearchPlayground"),
    }
)
"""What connectors can be for, named as in Kibana: a misspelt one would keep a type out of every list."""


class Registry:
    """Rule types and connector types by id.

    Registering an id twice, or a connector type without a feature that is known, is a programming error (ValueError).
    """

    def __init__(self) -> None:
        self._rule_types: dict[str, RuleType] = {}
        self._connector_types: dict[str, ConnectorType] = {}

    def add_rule_type(self, rule_type: RuleType) -> None:
        if rule_type.id in self._rule_types:
            raise ValueError(f"rule type {rule_type.id!r} is already registered")
        self._rule_types[rule_type.id] = rule_type

    def add_connector_type(self, connector_type: ConnectorType) -> None:
        if connector_type.id in self._connector_types:
            raise ValueError(f"connector type {connector_type.id!r} is already registered")
        if not connector_type.supported_features:
            raise ValueError(f"connector type {connector_type.id!r} supports no feature")
        unknown = sorted(set(connector_type.supported_features) - _FEATURES)
        if unknown:
            known = ", ".join(sorted(_FEATURES))
            raise ValueError(
                f"connector type {connector_type.id!r} supports unknown features {unknown}: known are {known}"
            )
        self._connector_types[connector_type.id] = connector_type

    def rule_type(self, type_id: str) -> RuleType | None:
        return self._rule_types.get(type_id)

    def connector_type(self, type_id: str) -> ConnectorType | None:
        return self._connector_types.get(type_id)

    def rule_types(self) -> Iterator[RuleType]:
        return iter(self._rule_types.values())

    def connector_types(self) -> Iterator[ConnectorType]:
        return iter(self._connector_types.values())
