"""Which connectors there are, and how one is made of its definition (connector-framework.md 1, 4)."""

import uuid
from collections.abc import Iterable, Iterator, Mapping

from engine.model.connector import Connector
from engine.model.errors import Conflict, InvalidInput, Problem
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.settings import HttpSettings
from engine.operations.connector_form import BLANK, blank_strings, validate_parts
from engine.ports.registry import Registry

_MEMBERS = frozenset({"id", "name", "connector_type_id", "config", "secrets", "expose_config"})
_REFUSED_IDS = frozenset({"", "__proto__", "constructor"})
_ID_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "tocsin:connector")


class PreconfiguredConnectors:
    """Connectors from configuration: visible in every space."""

    def __init__(self, connectors: Iterable[Connector] = ()) -> None:
        self._by_id: dict[str, Connector] = {}
        for connector in connectors:
            self.add(connector)

    def add(self, connector: Connector) -> None:
        """Add one. Raises Conflict if its id is taken."""
        if connector.id in self._by_id:
            raise Conflict(f"connector id [{connector.id}] is used twice; give one of the two another id")
        self._by_id[connector.id] = connector

    @property
    def by_id(self) -> Mapping[str, Connector]:
        return self._by_id

    async def in_space(self, space: str) -> Mapping[str, Connector]:
        """As `engine.ports.connectors.ConnectorDirectory`, where there is no store."""
        return self._by_id

    def get(self, space: str, connector_id: str) -> Connector | None:
        return self._by_id.get(connector_id)

    def all(self) -> tuple[Connector, ...]:
        return tuple(self._by_id.values())


def build_connector(
    definition: JsonObject, *, registry: Registry, settings: HttpSettings, is_preconfigured: bool
) -> Connector:
    """The connector that a definition describes, with validated config and secrets.

    Members: ``name``, ``connector_type_id``, optional ``id`` (else derived from the name), ``config``, ``secrets``,
    ``expose_config``.
    Raises InvalidInput with paths like ``config.url``; checks stop at the first part that is wrong: the definition
    itself, its config, its secrets, the two together (connector-framework.md 4.1, 4.2).
    """
    _refuse(_find_member_problems(definition))
    type_id = definition["connector_type_id"]
    connector_type = registry.connector_type(type_id)
    if connector_type is None:
        known = ", ".join(sorted(known.id for known in registry.connector_types()))
        raise InvalidInput([Problem("connector_type_id", f"[{type_id}] is no connector type", f"known are {known}")])
    parts = validate_parts(connector_type, definition.get("config") or {}, definition.get("secrets") or {}, settings)
    return Connector(
        id=definition.get("id") or str(uuid.uuid5(_ID_NAMESPACE, definition["name"])),
        name=definition["name"],
        connector_type_id=type_id,
        config=parts.config,
        secrets=parts.secrets,
        is_preconfigured=is_preconfigured,
        is_system_action=connector_type.is_system_action,
        exposes_config=definition.get("expose_config", False),
    )


def _find_member_problems(definition: JsonObject) -> Iterator[Problem]:
    for name in definition.keys() - _MEMBERS:
        yield Problem(name, "is not a known member", f"known are {', '.join(sorted(_MEMBERS))}")
    for name in ("name", "connector_type_id"):
        if name not in definition:
            yield Problem(name, "is required", "add it")
        elif not isinstance(definition[name], str):
            yield Problem(name, "must be a string")
        else:
            yield from _find_blank_strings(name, definition[name])
    if "id" in definition and (not isinstance(definition["id"], str) or definition["id"].strip() in _REFUSED_IDS):
        yield Problem("id", "is no usable id", "write a non-empty string or leave it out")
    for name in ("config", "secrets"):
        value = definition.get(name, {})
        if not isinstance(value, dict):
            yield Problem(name, "must be an object")
        else:
            yield from _find_blank_strings(name, value)


def _find_blank_strings(part: str, value: JsonValue) -> Iterator[Problem]:
    for path in blank_strings(value):
        yield Problem(".".join((part, *path)), *BLANK)


def _refuse(problems: Iterable[Problem]) -> None:
    found = tuple(problems)
    if found:
        raise InvalidInput(found)
