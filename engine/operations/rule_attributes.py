"""The names by which callers mean attributes of rules: Kibana's stored ones, and those of responses (4.5)."""

import re
from typing import Final

from engine.model.errors import InvalidInput, Problem
from engine.ports.store.rule_conditions import ATTRIBUTES, Attribute

_ALIASES: Final = {
    "ruleTypeId": "alertTypeId",
    "mutedAlertIds": "mutedInstanceIds",
    "actions.connectorTypeId": "actions.actionTypeId",
    "params.riskScore": "params.risk_score",
}
"""Names of responses, in camelCase, that differ from the stored ones."""
_WITH_MEMBERS: Final = ("actions.params", "params")
_REFUSED: Final = re.compile(r"(monitoring|mapped_?params|snooze_?schedule|active_?snoozes)", re.IGNORECASE)
_MONITORED: Final = re.compile(r"monitoring\.run\.")
_SNAKE: Final = re.compile(r"(?<=[a-z0-9])_([a-z0-9])")


def attribute_named(name: str, place: str, *, is_internal: bool = False) -> Attribute:
    """The attribute of a name. Raises InvalidInput, with ``place`` as its path.

    ``is_internal``: for a client of internal routes, which may ask for what is monitored, too (rest-api.md 8).
    """
    if _REFUSED.match(name) and not (is_internal and _MONITORED.match(name)):
        raise InvalidInput([Problem(place, f"[{name[:80]}] is nothing that can be searched", "use another attribute")])
    for parent in _WITH_MEMBERS:
        if name.startswith(f"{parent}."):
            return _member(parent, name.removeprefix(f"{parent}."), place)
    camel = _SNAKE.sub(lambda found: found[1].upper(), name)
    known = _ALIASES.get(camel, camel)
    if known in ATTRIBUTES:
        return Attribute(known)
    remedy = "use one like name, tags, enabled, executionStatus.status or params.<member>"
    raise InvalidInput([Problem(place, f"rules have no attribute [{name[:80]}]", remedy)])


def _member(parent: str, rest: str, place: str) -> Attribute:
    whole = f"{parent}.{rest}"
    if whole in ATTRIBUTES:
        return Attribute(whole)
    path = tuple(rest.split("."))
    if not all(path) or '"' in rest:
        problem = Problem(place, f"[{whole[:80]}] names no member", "write the names of members with a dot between")
        raise InvalidInput([problem])
    return Attribute(parent, path)
