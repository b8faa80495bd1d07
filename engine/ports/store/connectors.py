"""Connectors in the store, with the access tokens that were fetched for them."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.model.connector import Connector
from engine.ports.store.audit import AuditEntry
from engine.ports.store.keys import ConnectorKey, RuleKey


@dataclass(frozen=True, slots=True)
class StoredConnector:
    """A connector, whose secrets are sealed, with the counter of its changes and who made them."""

    connector: Connector
    version: int
    created_at: datetime
    updated_at: datetime
    created_by: str | None = None
    updated_by: str | None = None


@dataclass(frozen=True, slots=True)
class RuleReference:
    """A rule that names a connector in its actions."""

    key: RuleKey
    name: str


class ConnectorStore(Protocol):
    """Connectors. Changing or removing one removes its access token in the same transaction."""

    async def insert_connector(self, stored: StoredConnector, audit: AuditEntry | None) -> bool:
        """Store a new connector; False if the id is taken in its space."""
        ...

    async def connectors(self, space: str, connector_id: str | None = None) -> list[StoredConnector]:
        """The connectors of a space in order of their ids, or the one of that id.

        One that cannot be read is left out and logged.
        """
        ...

    async def connectors_stamp(self) -> Hashable:
        """A value that is another one once connectors were changed, here or by others; cheap enough for every run."""
        ...

    async def change_connector(self, stored: StoredConnector, expected_version: int, audit: AuditEntry | None) -> bool:
        """Replace a connector; False if it has not the expected version any more."""
        ...

    async def delete_connector(self, space: str, connector_id: str, audit: AuditEntry | None) -> bool:
        """Remove a connector; False if unknown."""
        ...

    async def connector_references(self, space: str) -> dict[str, int]:
        """How many rules of a space name each connector, by its id; those that none names are left out."""
        ...

    async def rules_with_connector(self, key: ConnectorKey, limit: int = 100) -> list[RuleReference]:
        """The first ``limit`` rules of the connector's space that name it, in order of their names."""
        ...

    async def access_token(self, key: ConnectorKey) -> bytes | None:
        """The sealed access token of a connector, None if there is none."""
        ...

    async def put_access_token(self, key: ConnectorKey, connector_type_id: str, sealed: bytes | None) -> None:
        """Keep the sealed access token of a connector; None: forget it."""
        ...
