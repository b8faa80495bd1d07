"""What the same storing costs without an engine: rows that it wrote, written again by the standard library alone."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

Group = dict[str, list[tuple[object, ...]]]
"""The rows of one transaction by table."""

_APPENDED = ("events", "outbox")
_REPLACED = ("monitoring", "rule_runtime")


def read_groups(store: Path, runs: int, most: int) -> list[Group]:
    """The newest rows of the store at that path as groups of so many runs, at most so many groups."""
    source = sqlite3.connect(store)
    rows = {
        table: source.execute(f"SELECT * FROM {table}").fetchall()  # the tables have row numbers that rise
        for table in (*_APPENDED, *_REPLACED)
    }
    source.close()
    recorded = len(rows["events"])
    number = min(most, recorded // runs)
    groups: list[Group] = []
    for at in range(number):
        group: Group = {}
        for table in _APPENDED:
            a_group = len(rows[table]) * runs / recorded
            newest = rows[table][len(rows[table]) - round(number * a_group) :]
            group[table] = newest[round(at * a_group) : round((at + 1) * a_group)]
        for table in _REPLACED:
            group[table] = _cyclic(rows[table], at * runs, runs)
        groups.append(group)
    return groups


def open_bare(store: Path, bare: Path) -> sqlite3.Connection:
    """An empty database of the same schema as the store, durable like it."""
    connection = sqlite3.connect(bare, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    source = sqlite3.connect(store)
    for (sql,) in source.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"):
        connection.execute(sql)
    source.close()
    return connection


def write_group(connection: sqlite3.Connection, group: Group) -> None:
    """Write a group's rows in one transaction, those of a table by one statement."""
    connection.execute("BEGIN IMMEDIATE")
    for table, rows in group.items():
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows)
    connection.execute("COMMIT")


def _cyclic(rows: Sequence[tuple[object, ...]], start: int, number: int) -> list[tuple[object, ...]]:
    return [rows[(start + at) % len(rows)] for at in range(number)]
