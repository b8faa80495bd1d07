"""What a user may do to connectors (connector-framework.md 11.2): stored ones change, preconfigured ones are shown."""

import logging
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine.model.connector import Connector
from engine.model.errors import Conflict, InvalidInput, NotFound, Problem, Refused
from engine.model.jsonvalue import JsonValue
from engine.model.rule import DEFAULT_SPACE
from engine.model.settings import EngineSettings
from engine.operations.connector_form import ConnectorBody, ConnectorChanges, validate_parts
from engine.operations.connector_hooks import ConnectorHooks
from engine.operations.connector_secrets import seal_secrets
from engine.operations.connector_types import check_enabled, find_connector_type
from engine.operations.retries import MOST_TRIES, pause_before_retry
from engine.operations.validation import parse_model
from engine.ports.clock import Ids
from engine.ports.connector import needs_secrets
from engine.ports.connectors import ConnectorDirectory
from engine.ports.http import HttpClient
from engine.ports.registry import Registry
from engine.ports.store import AuditEntry, ConnectorKey, RuleReference, Store, StoredConnector
from engine.ports.vault import Vault

_log = logging.getLogger("tocsin.connectors")

SYSTEM_PREFIX = "system-connector-"
"""Ids that begin so are those of system connectors, whether there is one of that type or not."""
_KIND = "connector"
_MOST_RULES_NAMED = 20


@dataclass(frozen=True, slots=True)
class ListedConnector:
    """A connector with the number of rules of the space that name it."""

    connector: Connector
    referenced_by_count: int


class ConnectorOperations:
    """The operations on connectors. ``actor`` is the user's name; all may raise StoreUnavailable."""

    def __init__(
        self,
        *,
        store: Store,
        registry: Registry,
        directory: ConnectorDirectory,
        vault: Vault,
        settings: EngineSettings,
        new_id: Ids,
        http: HttpClient | None = None,
        pause: Callable[[], Awaitable[None]] = pause_before_retry,
    ) -> None:
        self._store, self._registry, self._directory, self._vault = store, registry, directory, vault
        self._settings, self._new_id, self._pause = settings, new_id, pause
        self._hooks = ConnectorHooks(registry, http)

    async def create(
        self,
        body: JsonValue,
        *,
        at: datetime,
        actor: str | None,
        space: str = DEFAULT_SPACE,
        connector_id: str | None = None,
    ) -> Connector:
        """Create a connector. Raises, in this order: InvalidInput, Forbidden (type disabled), what the type's hook
        raises, SecretsUnavailable, Conflict (id taken)."""
        parsed = parse_model(ConnectorBody, body)
        connector_id = connector_id or self._new_id()
        await self._refuse_reserved(connector_id, space)
        connector = self._checked(connector_id, parsed.connector_type_id, parsed, space)
        async with self._hooks.around_save(connector, is_update=False):
            stored = StoredConnector(seal_secrets(connector, self._vault), 1, at, at, actor, actor)
            if not await self._store.insert_connector(stored, _audit("create", connector, at, actor)):
                raise Conflict(f"{_KIND} [{connector_id}] exists already")
        return stored.connector

    async def get(self, connector_id: str, *, space: str = DEFAULT_SPACE) -> Connector:
        """A connector that is no system connector. Raises NotFound."""
        found = (await self._directory.in_space(space)).get(connector_id)
        if found is None or found.is_system_action:
            raise NotFound(_KIND, connector_id)
        return found

    async def find(self, *, space: str = DEFAULT_SPACE, with_system: bool = False) -> list[ListedConnector]:
        """All connectors that users see in a space, in order of their names."""
        counts = await self._store.connector_references(space)
        found = (await self._directory.in_space(space)).values()
        shown = sorted((each for each in found if with_system or not each.is_system_action), key=_by_name)
        return [ListedConnector(each, counts.get(each.id, 0)) for each in shown]

    async def update(
        self, connector_id: str, body: JsonValue, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> Connector:
        """Replace name, config and secrets, each whole. Raises, in this order: InvalidInput, NotFound, InvalidInput
        (config, secrets), Forbidden (type disabled), what the type's hook raises, SecretsUnavailable, Conflict."""
        parsed = parse_model(ConnectorChanges, body)
        await self._refuse_reserved(connector_id, space)
        before = await self._stored(connector_id, space)
        connector = self._checked(connector_id, before.connector.connector_type_id, parsed, space)
        async with self._hooks.around_save(connector, is_update=True):
            return await self._replace(connector, at, actor)

    async def _replace(self, connector: Connector, at: datetime, actor: str | None) -> Connector:
        """Store it in the place of the one of its id, whatever that has become meanwhile."""
        for attempt in range(MOST_TRIES):
            if attempt:
                await self._pause()
            before = await self._stored(connector.id, connector.space)
            if before.connector.connector_type_id != connector.connector_type_id:
                # Deleted and made anew meanwhile: what was checked is not for this one.
                break
            changed = replace(
                before,
                connector=seal_secrets(connector, self._vault),
                version=before.version + 1,
                updated_at=at,
                updated_by=actor,
            )
            audit = _audit("update", connector, at, actor)
            if await self._store.change_connector(changed, before.version, audit):
                return changed.connector
        raise Conflict(f"{_KIND} [{connector.id}] was changed by others at the same time; try again")

    async def delete(
        self, connector_id: str, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE, force: bool = True
    ) -> None:
        """Remove a connector, even one that rules name: their actions fail then.

        ``force`` False: raises Conflict, with the ids of the rules, instead. Raises InvalidInput or NotFound.
        """
        await self._refuse_reserved(connector_id, space)
        connector = (await self._stored(connector_id, space)).connector
        rules = await self._store.rules_with_connector(ConnectorKey(space, connector_id), _MOST_RULES_NAMED + 1)
        if rules and not force:
            raise Conflict(f"{_KIND} [{connector_id}] is used by rules: {_named(rules)}; change them first")
        if not await self._store.delete_connector(space, connector_id, _audit("delete", connector, at, actor)):
            raise NotFound(_KIND, connector_id)
        await self._hooks.after_delete(connector)
        if rules:
            _log.warning("connector [%s] was deleted; actions of these rules fail now: %s", connector_id, _named(rules))

    def _checked(
        self, connector_id: str, type_id: str, body: ConnectorBody | ConnectorChanges, space: str
    ) -> Connector:
        """The connector that a body describes, in its validated form (4.2)."""
        connector_type = find_connector_type(type_id, self._registry)
        if connector_type.is_system_action:
            message = f"connectors of the system type [{type_id}] cannot be made"
            raise InvalidInput([Problem("connector_type_id", message, "use the one that is there")])
        parts = validate_parts(connector_type, body.config, body.secrets, self._settings.http)
        if not body.secrets and needs_secrets(connector_type, parts.config):
            message = "are required with this config"
            raise InvalidInput([Problem("secrets", message, "give them, all of them with each change")])
        check_enabled(type_id, self._settings)
        return Connector(connector_id, body.name, type_id, parts.config, parts.secrets, space)

    async def _refuse_reserved(self, connector_id: str, space: str) -> None:
        """Raises InvalidInput for ids of connectors that nobody can change."""
        if is_system_id(connector_id):
            raise Refused(f"system connector [{connector_id}] cannot be made, changed or deleted")
        found = (await self._directory.in_space(space)).get(connector_id)
        if found is not None and found.is_preconfigured:
            raise Refused(f"connector [{connector_id}] is preconfigured", "change it in tocsin.yml, or use another id")

    async def _stored(self, connector_id: str, space: str) -> StoredConnector:
        found = await self._store.connectors(space, connector_id)
        if not found:
            raise NotFound(_KIND, connector_id)
        return found[0]


def is_system_id(connector_id: str) -> bool:
    """Whether the id is one of a system connector."""
    return connector_id.startswith(SYSTEM_PREFIX)


def _by_name(connector: Connector) -> tuple[str, str, str]:
    """Accents and case count only between names that are equal otherwise."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", connector.name) if not unicodedata.combining(c))
    return plain.casefold(), connector.name, connector.id


def _named(rules: Sequence[RuleReference]) -> str:
    named = ", ".join(f"[{rule.key.id}] {rule.name}" for rule in rules[:_MOST_RULES_NAMED])
    return named if len(rules) <= _MOST_RULES_NAMED else f"{named} and more"


def _audit(operation: str, connector: Connector, at: datetime, actor: str | None) -> AuditEntry:
    details = {"name": connector.name, "connector_type_id": connector.connector_type_id}
    return AuditEntry(at, actor, operation, _KIND, connector.id, connector.space, details)
