"""What a store holds, read without opening it: nothing is migrated, locked or written."""

import sqlite3
from collections.abc import Set
from contextlib import closing

from engine.model.errors import StoreUnavailable
from engine.store.connections import file_of


def glance_at_views(url: str, space: str) -> Set[str] | None:
    """The ids of a space's data views; none where there is no store yet, and None where that cannot be seen."""
    try:
        file = file_of(url)
        if file is None or not file.exists():
            return frozenset()
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT id FROM data_views WHERE space = ?", (space,)).fetchall()
    except (StoreUnavailable, sqlite3.Error, OSError):
        return None
    return frozenset(view_id for (view_id,) in found)
