"""Parquet: typed by the file's schema; read through a connection of its own (embedded-search.md 2)."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import orjson
from duckdb.sqltypes import DuckDBPyType

from engine.search.local.index import SourceDocument
from engine.search.local.report import DocumentProblem

_CHUNK = 2000
_TEXTS = ("uuid", "enum", "interval", "hugeint", "uhugeint", "bit", "time", "time with time zone", "time_tz")
_INSTANTS = ("timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns", "timestamp with time zone")


def read_parquet(path: Path) -> Iterator[SourceDocument | DocumentProblem]:
    """The documents of a file; problems count rows from 1."""
    name = str(path)
    connection = duckdb.connect(
        ":memory:", config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    try:
        connection.execute("SET TimeZone='UTC'")
        relation = connection.execute("SELECT * FROM read_parquet(?)", [name])
        columns = [(str(column[0]), column[1]) for column in relation.description or []]
        parts = [
            f"{_quoted(column, chr(34))} := {_json_ready(_quoted(column, chr(34)), kind)}" for column, kind in columns
        ]
        if not parts:
            return
        cursor = connection.execute(f"SELECT to_json(struct_pack({', '.join(parts)})) FROM read_parquet(?)", [name])
        number = 0
        while rows := cursor.fetchmany(_CHUNK):
            for (text,) in rows:
                number += 1
                yield SourceDocument(text, orjson.loads(text), None, name, number)
    except duckdb.Error as error:
        yield DocumentProblem(name, 0, None, f"not readable as Parquet: {str(error).splitlines()[0]}")
    finally:
        connection.close()


def _quoted(name: str, quote: str) -> str:
    return quote + name.replace(quote, quote * 2) + quote


def _json_ready(expression: str, kind: DuckDBPyType, depth: int = 0) -> str:
    """The expression with instants as ISO texts, and nothing in it that JSON has no form for."""
    if kind.id == "list":
        inner = _json_ready(f"x{depth}", _child(kind), depth + 1)
        return f"list_transform({expression}, lambda x{depth}: {inner})"
    if kind.id == "struct":
        parts = [
            f"{_quoted(name, chr(34))} := {_json_ready(f'({expression}).{_quoted(name, chr(34))}', child, depth)}"
            for name, child in _members(kind)
        ]
        return f"CASE WHEN {expression} IS NULL THEN NULL ELSE struct_pack({', '.join(parts)}) END"
    if kind.id in _INSTANTS:
        return f"strftime(({expression})::TIMESTAMP_MS::TIMESTAMP, '%Y-%m-%dT%H:%M:%S.%gZ')"
    if kind.id == "date":
        return f"strftime({expression}, '%Y-%m-%d')"
    if kind.id in ("float", "double"):
        return f"CASE WHEN isfinite({expression}) THEN {expression} END"
    if kind.id == "decimal":
        return f"({expression})::DOUBLE"
    if kind.id == "blob":
        return f"base64({expression})"
    return f"({expression})::VARCHAR" if kind.id in _TEXTS else expression


def _members(kind: DuckDBPyType) -> list[tuple[str, DuckDBPyType]]:
    return [(name, child) for name, child in kind.children if isinstance(child, DuckDBPyType)]


def _child(kind: DuckDBPyType) -> DuckDBPyType:
    return _members(kind)[0][1]
