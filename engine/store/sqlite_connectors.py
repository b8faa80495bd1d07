"""The embedded store's methods for connectors and sealed secrets; `engine.store.sqlite` has the others."""

from collections.abc import Collection, Hashable, Sequence
from datetime import datetime

from engine.model.connector_trace import ConnectorTrace
from engine.ports.store import AuditEntry, ConnectorKey, RuleReference, SealedSecret, StoredConnector
from engine.ports.vault import SealedRecord
from engine.store import connectors, executions, sealed_secrets
from engine.store.session import SqliteSession


class SqliteConnectors:
    """`engine.ports.store.ConnectorStore`, `ExecutionStore` and `SealedStore` on SQLite."""

    _session: SqliteSession
    _connector_changes = 0

    async def insert_connector(self, stored: StoredConnector, audit: AuditEntry | None) -> bool:
        return self._noted(await self._session.write(connectors.insert_connector, stored, audit))

    async def connectors(self, space: str, connector_id: str | None = None) -> list[StoredConnector]:
        return await self._session.read(connectors.read_connectors, space, connector_id)

    async def connectors_stamp(self) -> Hashable:
        return await self._session.change_counter(), self._connector_changes

    async def change_connector(self, stored: StoredConnector, expected_version: int, audit: AuditEntry | None) -> bool:
        return self._noted(await self._session.write(connectors.change_connector, stored, expected_version, audit))

    async def delete_connector(self, space: str, connector_id: str, audit: AuditEntry | None) -> bool:
        return self._noted(await self._session.write(connectors.delete_connector, space, connector_id, audit))

    async def connector_references(self, space: str) -> dict[str, int]:
        return await self._session.read_aside(connectors.count_references, space)

    async def rules_with_connector(self, key: ConnectorKey, limit: int = 100) -> list[RuleReference]:
        return await self._session.read_aside(connectors.read_references, key, limit)

    async def access_token(self, key: ConnectorKey) -> bytes | None:
        return await self._session.read(connectors.read_access_token, key)

    async def put_access_token(self, key: ConnectorKey, connector_type_id: str, sealed: bytes | None) -> None:
        await self._session.write(connectors.put_access_token, key, connector_type_id, sealed)

    async def put_executions(self, traces: Sequence[ConnectorTrace]) -> None:
        await self._session.write_unsynced(executions.insert_executions, traces)

    async def executions(
        self,
        spaces: Collection[str],
        *,
        connector_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 1000,
    ) -> list[ConnectorTrace]:
        read = executions.read_executions
        return await self._session.read_aside(read, spaces, connector_id, since, until, limit)

    async def sealed_secrets(self, after: SealedRecord | None, limit: int) -> list[SealedSecret]:
        return await self._session.read_aside(sealed_secrets.read_sealed, after, limit)

    async def replace_sealed(self, secret: SealedSecret, sealed: bytes, audit: AuditEntry | None = None) -> bool:
        return self._noted(await self._session.write(sealed_secrets.replace_sealed, secret, sealed, audit))

    def _noted(self, is_done: bool) -> bool:
        self._connector_changes += is_done
        return is_done
