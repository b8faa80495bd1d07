"""Connectors that commands see: of tocsin.yml and of the store, without their secrets; rule files may name both."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.model.connector import Connector
from engine.model.errors import InvalidInput, StoreUnavailable
from engine.operations.connector_secrets import seal_secrets
from engine.ports.store import StoredConnector
from engine.store.connections import sqlite_url
from engine.store.sqlite import open_store
from engine.vault.vault import AeadVault
from tocsin.cli.connector_result import show_connector, show_connectors
from tocsin.cli.options import OutputFormat
from tocsin.client.place import StorePlace
from tocsin.session import load_session

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTINGS = "connectors: {log: {name: Log, connector_type_id: .server-log}}\n"
RULE: dict[str, Any] = {
    "id": "r",
    "name": "R",
    "rule_type_id": ".index-threshold",
    "consumer": "alerts",
    "schedule": {"interval": "1m"},
    "params": {
        "index": ["web"],
        "timeField": "@timestamp",
        "timeWindowSize": 5,
        "timeWindowUnit": "m",
        "thresholdComparator": ">",
        "threshold": [1],
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tocsin.yml").write_text(SETTINGS)
    return tmp_path


def keep(folder: Path, *connectors: Connector, file: str = "tocsin.db") -> None:
    async def insert() -> None:
        store = open_store(sqlite_url(folder / file))
        await store.open()
        for connector in connectors:
            sealed = seal_secrets(connector, AeadVault(["a key for tests that is long enough"]))
            assert await store.insert_connector(StoredConnector(sealed, 1, AT, AT), None)
        await store.close()

    asyncio.run(insert())


def show(folder: Path, store: str | None, output: OutputFormat, name: str | None = None) -> None:
    """All connectors, or the one of a name, as the verbs print them."""
    place = StorePlace(folder / "tocsin.yml", store, "default")
    asyncio.run(show_connectors(place, output) if name is None else show_connector(place, name, output))


HOOK = Connector("hook", "Hook", ".webhook", {"url": "https://h.example/"}, {"password": "hush-hush"})


def test_both_kinds_are_listed_by_id(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(folder, HOOK, Connector("log", "Hidden by the other", ".webhook"), Connector("x", "X", ".x", space="other"))
    show(folder, None, OutputFormat.JSON)
    assert json.loads(capsys.readouterr().out)["connectors"] == [
        {"id": "hook", "name": "Hook", "connector_type_id": ".webhook", "is_preconfigured": False},
        {"id": "log", "name": "Log", "connector_type_id": ".server-log", "is_preconfigured": True},
    ]
    show(folder, None, OutputFormat.TABLE)
    table = capsys.readouterr().out
    assert "hush" not in table
    assert [line.split()[-1] for line in table.splitlines()[-3:-1]] == ["store", "tocsin.yml"]


def test_a_stored_one_is_shown_without_secrets(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(folder, HOOK)
    show(folder, None, OutputFormat.JSON, "HOOK")
    out = capsys.readouterr().out
    assert json.loads(out)["connector"] == {
        "id": "hook",
        "name": "Hook",
        "connector_type_id": ".webhook",
        "is_preconfigured": False,
        "config": {"url": "https://h.example/"},
        "is_missing_secrets": False,
    }
    assert "hush" not in out
    with pytest.raises(InvalidInput, match=r"hook \(Hook\), log \(Log\)"):
        show(folder, None, OutputFormat.JSON, "nobody")


def test_a_store_is_needed_only_where_it_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show(folder, None, OutputFormat.TABLE)
    assert "1 connectors" in capsys.readouterr().out
    assert not (folder / "tocsin.db").exists()
    with pytest.raises(StoreUnavailable):
        show(folder, str(folder / "nowhere.db"), OutputFormat.TABLE)
    (folder / "bad.db").write_bytes(b"no database" * 100)
    with pytest.raises(StoreUnavailable, match="cannot be read"):
        show(folder, str(folder / "bad.db"), OutputFormat.TABLE)
    keep(folder, HOOK, file="other.db")
    show(folder, str(folder / "other.db"), OutputFormat.TABLE)
    assert "2 connectors" in capsys.readouterr().out


def test_rule_files_may_name_stored_connectors(folder: Path) -> None:
    action = {"id": "hook", "group": "threshold met", "frequency": {"summary": False, "notify_when": "onActiveAlert"}}
    (folder / "rule.json").write_text(json.dumps(RULE | {"actions": [action]}))
    [problem] = load_session(folder / "tocsin.yml", [folder / "rule.json"]).problems
    assert problem.path == "actions.0.id"
    keep(folder, HOOK)
    session = load_session(folder / "tocsin.yml", [folder / "rule.json"])
    assert session.problems == []
    assert list(session.connectors.by_id) == ["log"]
