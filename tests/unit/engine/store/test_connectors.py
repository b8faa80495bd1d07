"""A connector that is damaged in the database takes no other with it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from engine.model.connector import Connector
from engine.ports.store import StoredConnector
from engine.store.connections import memory_engine
from engine.store.connectors import insert_connector, read_connectors
from engine.store.schema import prepare_schema

AT = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_damaged_connector_is_left_out_and_named(caplog: pytest.LogCaptureFixture) -> None:
    engine = memory_engine()
    with engine.connect() as connection, connection.begin():
        prepare_schema(connection)
        for connector_id in ("a", "b", "c"):
            stored = StoredConnector(Connector(connector_id, "name", ".webhook", {"url": "hush"}), 1, AT, AT)
            assert insert_connector(connection, stored, None)
        connection.execute(text("""UPDATE connectors SET config = '{"url": hush' WHERE id = 'b'"""))
        assert [found.connector.id for found in read_connectors(connection, "default")] == ["a", "c"]
    engine.dispose()
    assert "default/b cannot be read" in caplog.text
