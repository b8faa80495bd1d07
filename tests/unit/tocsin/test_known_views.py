"""Which data views `tocsin check` can see."""

from pathlib import Path

import pytest

from engine.model.data_view import DataView
from engine.store.connections import sqlite_url
from engine.store.sqlite import open_store
from tocsin.known_views import known_views
from tocsin.session import load_session


@pytest.fixture
async def store(tmp_path: Path) -> Path:
    """The file of a store with the data views ``stored`` and, in another space, ``far``."""
    file = tmp_path / "state.db"
    opened = open_store(sqlite_url(file))
    await opened.open()
    await opened.insert_data_view(DataView("stored", "logs", "Logs"), None)
    await opened.insert_data_view(DataView("far", "logs", "Logs", space="other"), None)
    await opened.close()
    return file


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Settings beside the store, which name a file of the data view ``declared``."""
    (tmp_path / "view.yml").write_text("id: declared\ntitle: logs\n")
    file = tmp_path / "tocsin.yml"
    file.write_text("store: state.db\ndata_views: [view.yml]\n")
    return file


def seen(settings: Path) -> list[bool]:
    is_known = known_views(load_session(settings, ()))
    return [is_known(each) for each in ("declared", "stored", "far", "none")]


def test_those_of_files_and_of_the_store_which_is_left_as_it_is(store: Path, settings: Path) -> None:
    before = store.read_bytes()
    assert seen(settings) == [True, True, False, False]
    assert store.read_bytes() == before


def test_a_store_that_is_not_there_has_none_and_is_not_made(settings: Path) -> None:
    assert seen(settings) == [True, False, False, False]
    assert not (settings.parent / "state.db").exists()


def test_a_store_that_cannot_be_read_may_have_any(store: Path, settings: Path) -> None:
    store.write_text("no store at all")
    assert seen(settings) == [True, True, True, True]
