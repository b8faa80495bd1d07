"""Members that rules may have in Kibana and that this version cannot honour yet: refused by name, never ignored.

They are looked at after every other check, so that a wrong value is reported as what it is (DECISIONS 4).
"""

from collections.abc import Iterator, Sequence

from engine.model.errors import Problem
from engine.operations.actions import ActionScope
from engine.operations.body import ActionBody


def unsupported_members(actions: Sequence[ActionBody], scope: ActionScope) -> list[Problem]:
    """The members of valid actions that are refused for now."""
    return [problem for at, action in enumerate(actions) for problem in _of_action(f"actions.{at}", action, scope)]


def _of_action(path: str, action: ActionBody, scope: ActionScope) -> Iterator[Problem]:
    connector = scope.connector(action)
    if connector is not None and connector.is_system_action:
        yield Problem(f"{path}.id", "system connectors are not supported yet", "name an ordinary connector")
