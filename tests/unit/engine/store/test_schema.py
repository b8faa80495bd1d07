"""The schema: migrations lead to the tables that the code uses; other databases are refused."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from engine.model.errors import StoreUnavailable
from engine.store import schema
from engine.store.connections import memory_engine
from engine.store.tables import metadata


@pytest.fixture
def connection() -> object:
    engine = memory_engine()
    with engine.connect() as opened, opened.begin():
        yield opened
    engine.dispose()


def definitions(connection: Connection) -> dict[str, str]:
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    return {name: re.sub(r"\s+", " ", sql) for name, sql in rows}


def test_migrations_and_fresh_tables_are_the_same(connection: Connection) -> None:
    schema.prepare_schema(connection)
    fresh = definitions(connection)
    other = memory_engine()
    with other.connect() as migrated, migrated.begin():
        schema.migrate(migrated)
        assert definitions(migrated) == fresh
        context = MigrationContext.configure(migrated, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert schema.read_revision(migrated) == schema.read_revision(connection)
    other.dispose()


def test_references_of_rules_of_older_stores_are_filled_in(connection: Connection) -> None:
    params = [
        {"searchConfiguration": {"index": "v"}},
        {"searchConfiguration": {"index": {"title": "logs"}}},
        {"indexId": "v", "boundaryIndexId": "w", "searchConfiguration": None},
        {"index": ["v"], "indexId": ""},
    ]
    schema.migrate(connection, "0004")
    columns = [column["name"] for column in inspect(connection).get_columns("rules")]
    insert = text(f"INSERT INTO rules ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)})")
    for no, each in enumerate(params):
        given = {"no": no, "id": str(no), "params": json.dumps(each)}
        connection.execute(insert, dict.fromkeys(columns, "0") | given)
    schema.migrate(connection)
    found = connection.execute(text("SELECT rule_no, kind, id FROM rule_references")).all()
    assert sorted(map(tuple, found)) == [
        (0, "index-pattern", "v"),
        (2, "index-pattern", "v"),
        (2, "index-pattern", "w"),
    ]


def test_owners_from_before_there_were_users_are_forgotten(connection: Connection) -> None:
    schema.migrate(connection, "0004")
    columns = [column["name"] for column in inspect(connection).get_columns("rules")]
    insert = text(f"INSERT INTO rules ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)})")
    connection.execute(insert, dict.fromkeys(columns, "0") | {"owner": "rule files", "params": "{}"})
    schema.migrate(connection)
    found = connection.execute(text("SELECT owner, api_key_created_by_user, api_key FROM rules")).all()
    assert [tuple(row) for row in found] == [(None, None, None)]


def test_the_newest_revision_is_alembic_s_head() -> None:
    scripts = ScriptDirectory(str(schema.MIGRATIONS))
    assert scripts.get_heads() == [schema.known_revisions()[-1]]
    assert sorted(script.revision for script in scripts.walk_revisions()) == schema.known_revisions()


def test_migrations_do_not_follow_the_code_they_were_written_with() -> None:
    for path in (schema.MIGRATIONS / "versions").glob("*.py"):
        imported = {
            name.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Import)
            for name in node.names
        }
        assert imported <= {"sqlalchemy"}


def test_an_older_schema_is_migrated(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    schema.prepare_schema(connection)
    applied: list[Connection] = []
    newer = [*schema.known_revisions(), "9999"]
    monkeypatch.setattr(schema, "known_revisions", lambda: newer)
    monkeypatch.setattr(schema, "migrate", applied.append)
    schema.prepare_schema(connection)
    assert applied == [connection]


def test_preparing_twice_changes_nothing(connection: Connection) -> None:
    schema.prepare_schema(connection)
    before = definitions(connection)
    schema.prepare_schema(connection)
    assert definitions(connection) == before


def test_a_newer_schema_is_refused(connection: Connection) -> None:
    schema.prepare_schema(connection)
    connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnavailable, match=r"9999.*upgrade Tocsin"):
        schema.prepare_schema(connection)


def test_another_program_s_database_is_refused(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE songs (id INTEGER)"))
    with pytest.raises(StoreUnavailable, match="other tables"):
        schema.prepare_schema(connection)


def test_a_fresh_store_needs_no_alembic() -> None:
    program = (
        "import asyncio, sys\n"
        "from engine.store.sqlite import open_store\n"
        "store = open_store('sqlite://')\n"
        "asyncio.run(store.open())\n"
        "sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=Path.cwd(), check=False).returncode == 0
