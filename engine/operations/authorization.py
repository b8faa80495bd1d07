"""Whether a caller may do something to rules of a type and consumer, and use connectors for them (rest-api.md 1.8)."""

from collections.abc import Collection
from dataclasses import dataclass

from engine.model.errors import Forbidden
from engine.model.rule import Rule
from engine.model.settings import EngineSettings
from engine.operations.checks import KNOWN_CONSUMERS
from engine.ports.registry import Registry
from engine.security.caller import ANYBODY, Caller
from engine.security.features import ACTIONS, Level


@dataclass(frozen=True, slots=True)
class Authorization:
    """Judges by the rights of a caller."""

    registry: Registry
    caller: Caller = ANYBODY

    def check(self, operation: str, rule: Rule) -> None:
        """Raises Forbidden unless the caller may do that to the rule; reading is all that ``get`` needs."""
        self.check_kind(operation, rule.space, rule.rule_type_id, rule.consumer)

    def check_kind(self, operation: str, space: str, rule_type_id: str, consumer: str) -> None:
        """The same for a rule of a type and a consumer."""
        if not self._may(space, rule_type_id, consumer, "read" if operation == "get" else "all"):
            kind = f"rules of type [{rule_type_id}] and consumer [{consumer}]"
            raise Forbidden(f"not allowed to {operation} {kind} in space [{space}]: this needs a role that grants it")

    def check_connectors(self, space: str) -> None:
        """Raises Forbidden unless the caller may execute connectors, as rules with actions do."""
        if not self.caller.rights.may(space, [ACTIONS], "read"):
            need = f"a role with [read] of the feature [{ACTIONS}]"
            raise Forbidden(
                f"not allowed to use connectors in space [{space}], as the rule's actions do: this needs {need}"
            )

    def readable_kinds(self, space: str, settings: EngineSettings) -> Collection[tuple[str, str]] | None:
        """The rule types with consumers whose rules the caller may see; None: those of all.

        Raises Forbidden if there are none.
        """
        if self.caller.rights.is_superuser:
            return None
        kinds = [
            (rule_type.id, consumer)
            for rule_type in self.registry.rule_types()
            for consumer in (*KNOWN_CONSUMERS, *settings.consumers)
            if self._may(space, rule_type.id, consumer, "read")
        ]
        if not kinds:
            raise Forbidden(
                f"not allowed to find rules in space [{space}]: this needs a role that reads some kind of rule"
            )
        return kinds

    def _may(self, space: str, rule_type_id: str, consumer: str, level: Level) -> bool:
        rule_type = self.registry.rule_type(rule_type_id)
        # Of a type that is not registered any more nobody knows who made it: its consumer's feature is left.
        producer = consumer if rule_type is None else rule_type.producer
        return self.caller.rights.may_rule(space, rule_type_id, producer, consumer, level)
