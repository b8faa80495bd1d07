"""What a store holds, read without opening it: nothing is migrated, locked or written."""

import sqlite3
from collections.abc import Set
from contextlib import closing
from typing import Any

import orjson

from engine.model.connector import Connector
from engine.model.errors import StoreUnavailable
from engine.store.connections import file_of

_CONNECTORS = """
SELECT id, name, connector_type_id, config, is_missing_secrets FROM connectors WHERE space = ? ORDER BY id
"""


def glance_at_views(url: str, space: str) -> Set[str] | None:
    """The ids of a space's data views; none where there is no store yet, and None where that cannot be seen."""
    found = _read(url, "SELECT id FROM data_views WHERE space = ?", space)
    return None if found is None else frozenset(view_id for (view_id,) in found)


def glance_at_connectors(url: str, space: str) -> list[Connector] | None:
    """A space's stored connectors without secrets; none where there is no store yet, None where it cannot be seen."""
    found = _read(url, _CONNECTORS, space)
    if found is None:
        return None
    return [
        Connector(connector_id, name, type_id, orjson.loads(config), space=space, is_missing_secrets=bool(is_missing))
        for connector_id, name, type_id, config, is_missing in found
    ]


def _read(url: str, query: str, space: str) -> list[Any] | None:
    try:
        file = file_of(url)
        if file is None or not file.exists():
            return []
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(query, (space,)).fetchall()
    except (StoreUnavailable, sqlite3.Error, OSError):
        return None
