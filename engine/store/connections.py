"""SQLite engines and connections, and what their errors mean.

One connection writes, in transactions that take the write lock at their beginning, so that nothing can fail on a lock
later. It never waits for the lock: that would stop the event loop. Files are in WAL mode with a sync at every commit,
or after several (`engine.store.log_sync`).
"""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, OperationalError
from sqlalchemy.pool import NullPool, StaticPool

from engine.model.errors import StoreLocked, StoreUnavailable
from engine.store.encoding import decode_json, encode_text
from engine.store.value_tests import add_functions

_WAL_KEPT_BYTES = 64 * 1024 * 1024
_CACHE_KIB = 32 * 1024

_REMEDIES = {
    sqlite3.SQLITE_CANTOPEN: "check that the file and its directory may be read and written",
    sqlite3.SQLITE_READONLY: "make the file and its directory writable",
    sqlite3.SQLITE_NOTADB: "it is another kind of file: name another one for the store",
    sqlite3.SQLITE_CORRUPT: "restore a copy, or start with a new file",
    sqlite3.SQLITE_FULL: "free some space on the disk",
    sqlite3.SQLITE_BUSY: "another process keeps its write lock: wait for it, or stop it",
}


def sqlite_url(path: Path) -> str:
    """The store URL of a file."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def file_of(url: str) -> Path | None:
    """The file that a store URL names, None for a store in memory.

    Raises StoreUnavailable for a URL of another kind.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreUnavailable(f"[{url}] is not a store URL (write sqlite:///path/to/file)") from error
    if parsed.get_backend_name() != "sqlite" or parsed.query:
        raise StoreUnavailable(
            f"the store URL [{parsed.render_as_string()}] is not supported (write sqlite:///path/to/file)"
        )
    return None if parsed.database in (None, "", ":memory:") else Path(parsed.database)


def memory_engine() -> Engine:
    """An engine on a database of its own in memory; its connections share one underlying connection."""
    engine = create_engine("sqlite://", poolclass=StaticPool, **_options())
    event.listen(engine, "connect", _prepare_any)
    event.listen(engine, "begin", _begin_writing)
    return engine


def writer_engine(path: Path) -> Engine:
    """An engine whose transactions write to a file."""
    engine = create_engine(sqlite_url(path), poolclass=NullPool, **_options())
    event.listen(engine, "connect", _prepare_any)
    event.listen(engine, "connect", _prepare_writer)
    event.listen(engine, "begin", _begin_writing)
    return engine


def reader_engine(path: Path) -> Engine:
    """An engine whose transactions read a snapshot of a file; its connections may change threads."""
    engine = create_engine(sqlite_url(path), poolclass=NullPool, **_options())
    event.listen(engine, "connect", _prepare_any)
    event.listen(engine, "connect", _prepare_reader)
    event.listen(engine, "begin", _begin_reading)
    return engine


def prepare_place(path: Path) -> None:
    """Make sure of a file that only its owner may read: messages on their way may hold secrets.

    Raises StoreUnavailable, with the remedy, if there cannot be a store at that path.
    """
    if not path.parent.is_dir():
        raise StoreUnavailable(f"cannot open the store {path}: there is no directory {path.parent} (create it)")
    if path.is_dir():
        raise StoreUnavailable(f"cannot open the store {path}: it is a directory (name a file in it)")
    try:
        path.touch(mode=0o600)
        with path.open("r+b"):
            pass
    except OSError as error:
        raise StoreUnavailable(
            f"cannot open the store {path}: {error.strerror} (make the file and its directory writable)"
        ) from error


def is_busy(error: DBAPIError) -> bool:
    """Whether another connection holds the lock."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return isinstance(code, int) and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_storage_failure(error: DBAPIError) -> bool:
    """Whether the database itself failed, as against what was to be written."""
    # A file that is no database, or a damaged one, is a plain DatabaseError.
    return isinstance(error, OperationalError) or type(error) is DatabaseError


def explain(error: DBAPIError) -> StoreUnavailable:
    """A database error as the user may be told about it."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    remedy = _REMEDIES.get(code & 0xFF) if isinstance(code, int) else None
    kind = StoreLocked if is_busy(error) else StoreUnavailable
    return kind(f"the database failed: {error.orig}" + (f" ({remedy})" if remedy else ""))


def _options() -> dict[str, Any]:
    return {
        "json_serializer": encode_text,
        "json_deserializer": decode_json,
        # What failed is told without its values: they are users' documents and messages.
        "hide_parameters": True,
        "connect_args": {"timeout": 0, "check_same_thread": False, "cached_statements": 256},
    }


def _prepare_any(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    add_functions(connection)


def _prepare_writer(connection: sqlite3.Connection, _record: object) -> None:
    # Checkpoints are made aside (`engine.store.checkpoints`), not by the commit that happens to fill the log.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "wal_autocheckpoint=0",
        f"journal_size_limit={_WAL_KEPT_BYTES}",
        f"cache_size=-{_CACHE_KIB}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_reader(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA query_only=ON")


def _begin_writing(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_reading(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
