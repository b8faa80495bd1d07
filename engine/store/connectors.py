"""Connectors: what users store and change. Their secrets come sealed and stay so."""

import logging
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, select

from engine.model.connector import Connector
from engine.model.instant import from_ms, to_ms
from engine.ports.store import AuditEntry, ConnectorKey, RuleKey, RuleReference, StoredConnector
from engine.store.dialect import upsert
from engine.store.tables import access_tokens, connectors, rule_connectors, rules
from engine.store.versioned import delete_object, insert_object, replace_object

_log = logging.getLogger(__name__)


def insert_connector(connection: Connection, stored: StoredConnector, audit: AuditEntry | None) -> bool:
    """Store a new connector; False if the id is taken in its space."""
    return insert_object(connection, connectors, _pack(stored), audit)


def read_connectors(connection: Connection, space: str, connector_id: str | None = None) -> list[StoredConnector]:
    """The connectors of a space in order of their ids, or the one of that id; what cannot be read is left out."""
    query = select(connectors).where(connectors.c.space == space).order_by(connectors.c.id)
    if connector_id is not None:
        query = query.where(connectors.c.id == connector_id)
    try:
        return [_unpack(row) for row in connection.execute(query).mappings()]
    except (LookupError, TypeError, ValueError) as error:
        if connector_id is not None:
            _log.error("connector %s/%s cannot be read: %s", space, connector_id, error)
            return []
    # Reading stops at a damaged row: find out which one it is.
    ids = connection.execute(query.with_only_columns(connectors.c.id)).scalars().all()
    return [found for each in ids for found in read_connectors(connection, space, each)]


def change_connector(
    connection: Connection, stored: StoredConnector, expected_version: int, audit: AuditEntry | None
) -> bool:
    """Replace a connector, forgetting its token; False if it has not the expected version any more."""
    is_done = replace_object(connection, connectors, _pack(stored), expected_version, audit)
    if is_done:
        put_access_token(connection, _key(stored.connector), stored.connector.connector_type_id, None)
    return is_done


def delete_connector(connection: Connection, space: str, connector_id: str, audit: AuditEntry | None) -> bool:
    """Remove a connector and its token; False if unknown."""
    is_done = delete_object(connection, connectors, space, connector_id, audit)
    if is_done:
        put_access_token(connection, ConnectorKey(space, connector_id), "", None)
    return is_done


def count_references(connection: Connection, space: str) -> dict[str, int]:
    """How many rules of a space name each connector."""
    query = (
        select(rule_connectors.c.connector_id, func.count().label("rules"))
        .join(rules, rules.c.no == rule_connectors.c.rule_no)
        .where(rules.c.space == space)
        .group_by(rule_connectors.c.connector_id)
    )
    return {row.connector_id: row.rules for row in connection.execute(query)}


def read_references(connection: Connection, key: ConnectorKey, limit: int) -> list[RuleReference]:
    """The first rules of the connector's space that name it, in order of their names."""
    query = (
        select(rules.c.id, rules.c.name)
        .join(rule_connectors, rule_connectors.c.rule_no == rules.c.no)
        .where(rule_connectors.c.connector_id == key.connector_id, rules.c.space == key.space)
        .order_by(rules.c.name, rules.c.id)
        .limit(limit)
    )
    return [RuleReference(RuleKey(key.space, row.id), row.name) for row in connection.execute(query)]


def read_access_token(connection: Connection, key: ConnectorKey) -> bytes | None:
    """The sealed access token of a connector, None if there is none."""
    return connection.execute(select(access_tokens.c.sealed).where(*_is_token_of(key))).scalar()


def put_access_token(connection: Connection, key: ConnectorKey, connector_type_id: str, sealed: bytes | None) -> None:
    """Keep the sealed access token of a connector; None: forget it."""
    if sealed is None:
        connection.execute(delete(access_tokens).where(*_is_token_of(key)))
        return
    row = {
        "space": key.space,
        "connector_id": key.connector_id,
        "connector_type_id": connector_type_id,
        "sealed": sealed,
    }
    connection.execute(upsert(connection, access_tokens, ["space", "connector_id"]), row)


def _is_token_of(key: ConnectorKey) -> tuple[Any, Any]:
    return access_tokens.c.space == key.space, access_tokens.c.connector_id == key.connector_id


def _key(connector: Connector) -> ConnectorKey:
    return ConnectorKey(connector.space, connector.id)


def _pack(stored: StoredConnector) -> dict[str, Any]:
    connector = stored.connector
    return {
        "space": connector.space,
        "id": connector.id,
        "version": stored.version,
        "name": connector.name,
        "connector_type_id": connector.connector_type_id,
        "config": connector.config,
        "secrets": connector.sealed_secrets,
        "is_missing_secrets": connector.is_missing_secrets,
        "owner": stored.updated_by,
        "created_at": to_ms(stored.created_at),
        "updated_at": to_ms(stored.updated_at),
        "created_by": stored.created_by,
        "updated_by": stored.updated_by,
    }


def _unpack(row: RowMapping) -> StoredConnector:
    connector = Connector(
        id=row["id"],
        name=row["name"],
        connector_type_id=row["connector_type_id"],
        config=row["config"],
        space=row["space"],
        is_missing_secrets=row["is_missing_secrets"],
        sealed_secrets=row["secrets"],
    )
    created_at, updated_at = from_ms(row["created_at"]), from_ms(row["updated_at"])
    return StoredConnector(connector, row["version"], created_at, updated_at, row["created_by"], row["updated_by"])
