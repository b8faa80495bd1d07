"""Bringing a database's schema to the present revision.

A fresh database gets the present tables at once and the stamp of the newest migration; an older one is migrated. A
test holds both ways equal. Alembic is imported only when there is something to migrate.
"""

from pathlib import Path

from sqlalchemy import Connection, MetaData, String, Table, inspect, select
from sqlalchemy.schema import Column, CreateIndex, CreateTable, PrimaryKeyConstraint

from engine.model.errors import StoreUnavailable
from engine.store.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"

_stamp = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def prepare_schema(connection: Connection) -> None:
    """Create or migrate the schema in the connection's present transaction.

    Raises StoreUnavailable if the database is another program's or of a newer Tocsin.
    """
    revision = read_revision(connection)
    if revision is None:
        _create(connection)
    elif revision != known_revisions()[-1]:
        migrate(connection)


def read_revision(connection: Connection) -> str | None:
    """The schema's revision, None for an empty database.

    Raises StoreUnavailable if the database is another program's or of a newer Tocsin.
    """
    names = inspect(connection).get_table_names()
    if not names:
        return None
    revision = connection.execute(select(_stamp.c.version_num)).scalar() if _stamp.name in names else None
    if revision is None:
        raise StoreUnavailable("the database holds other tables than Tocsin's (name another file for the store)")
    if revision not in known_revisions():
        raise StoreUnavailable(
            f"the store has schema revision {revision}, which this version of Tocsin does not know"
            " (it was written by a newer one: upgrade Tocsin, or restore a copy made before)"
        )
    return str(revision)


def known_revisions() -> list[str]:
    """The revisions that there are migrations for, oldest first: ``0001_initial.py`` is revision ``0001``."""
    return sorted(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def migrate(connection: Connection, revision: str = "head") -> None:
    """Apply the migrations that the database has not seen yet, up to a revision."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _create(connection: Connection) -> None:
    for table in [*metadata.sorted_tables, _stamp]:
        connection.execute(CreateTable(table))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index))
    connection.execute(_stamp.insert(), {"version_num": known_revisions()[-1]})
