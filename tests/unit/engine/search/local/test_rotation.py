"""Followed files that are rotated, cut, replaced and taken away while they are read."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from engine.search.local import LoadReport, LocalSearch
from engine.search.local.documents import sources

Refresh = Callable[[], Awaitable[LoadReport]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "web.ndjson"
    write(path, 1, 2)
    return path


@pytest.fixture
async def refresh(search: LocalSearch, path: Path) -> Refresh:
    """Reads what is new in the file of index ``i``, which was read up to document 2."""
    search.add_files("i", [str(path)], follow=True)
    await search.refresh()

    async def refresh() -> LoadReport:
        return (await search.refresh())[-1]

    return refresh


def write(path: Path, *numbers: int) -> None:
    with path.open("a") as file:
        file.writelines(f'{{"n":{number}}}\n' for number in numbers)


def move(path: Path, to: Path) -> None:
    path.rename(to)


def remove(path: Path) -> None:
    path.unlink()


@pytest.fixture
def numbers(ask: Any) -> Callable[[], Awaitable[list[int]]]:
    async def numbers() -> list[int]:
        return [hit["_source"]["n"] for hit in (await ask("i", size=1000))["hits"]["hits"]]

    return numbers


async def test_a_file_that_is_away_for_a_moment_is_told_once_and_found_again(
    path: Path, refresh: Refresh, numbers: Any
) -> None:
    remove(path)
    report = await refresh()
    assert [(problem.file, problem.line) for problem in report.problems] == [(str(path), 0)]
    assert "there is no such file" in report.problems[0].reason
    assert (await refresh()).problems == []
    write(path, 3)
    assert (await refresh()).problems == []
    assert await numbers() == [1, 2, 3]
    remove(path)
    assert len((await refresh()).problems) == 1, "another time is told again"


async def test_what_was_written_before_and_after_a_rename_is_read(path: Path, refresh: Refresh, numbers: Any) -> None:
    rotated = path.with_name("web.ndjson.1")
    write(path, 3)
    move(path, rotated)
    write(path, 5)
    await refresh()
    write(rotated, 4)  # whoever writes has not opened the new file yet
    await refresh()
    assert await numbers() == [1, 2, 3, 5, 4]
    move(rotated, path.with_name("web.ndjson.2"))
    move(path, rotated)
    write(path, 6)
    write(rotated, 7)
    await refresh()
    write(path.with_name("web.ndjson.2"), 8)  # two names ago: left alone
    await refresh()
    assert await numbers() == [1, 2, 3, 5, 4, 7, 6]


async def test_a_renamed_file_that_still_matches_is_not_read_again(
    search: LocalSearch, tmp_path: Path, path: Path, numbers: Any
) -> None:
    search.add_files("i", [str(tmp_path / "web*.ndjson")], follow=True)
    await search.refresh()
    move(path, tmp_path / "web-20240508.ndjson")
    write(tmp_path / "web-20240508.ndjson", 3)
    write(path, 4)
    await search.refresh()
    assert sorted(await numbers()) == [1, 2, 3, 4]


async def test_one_file_of_two_names_is_read_once(
    search: LocalSearch, tmp_path: Path, path: Path, numbers: Any
) -> None:
    (tmp_path / "web-current.ndjson").symlink_to(path)
    search.add_files("i", [str(tmp_path / "web*.ndjson")], follow=True)
    await search.refresh()
    write(path, 3)
    await search.refresh()
    assert await numbers() == [1, 2, 3]


async def test_a_file_that_was_copied_and_cut_is_read_from_its_start(
    path: Path, refresh: Refresh, numbers: Any
) -> None:
    os.truncate(path, 0)
    write(path, 3, 4, 5)  # longer than before already
    await refresh()
    assert await numbers() == [1, 2, 3, 4, 5]


async def test_a_disk_that_comes_back_is_not_read_again(
    tmp_path: Path, path: Path, refresh: Refresh, numbers: Any
) -> None:
    away = tmp_path / "elsewhere"
    away.mkdir()
    move(path, away / path.name)
    assert len((await refresh()).problems) == 1
    move(away / path.name, path)
    write(path, 3)
    await refresh()
    assert await numbers() == [1, 2, 3]


async def test_however_many_files_are_renamed_at_once_all_are_followed(
    search: LocalSearch, tmp_path: Path, path: Path, numbers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_MOST_LOST", 2)
    names = [tmp_path / f"web-{number}.ndjson" for number in range(3)]
    for number, name in enumerate(names):
        write(name, number + 10)
    search.add_files("i", [str(tmp_path / "web*.ndjson")], follow=True)
    await search.refresh()
    for name in (*names, path):
        move(name, name.with_suffix(".away"))
    await search.refresh()
    assert await numbers() == [10, 11, 12, 1, 2]
    for name in (*names, path):
        move(name.with_suffix(".away"), name)
        write(name, 20)
    await search.refresh()
    assert sorted(await numbers()) == [1, 2, 10, 11, 12, 20, 20, 20, 20]


async def test_a_file_of_unknown_kind_holds_no_other_back(
    search: LocalSearch, tmp_path: Path, path: Path, numbers: Any
) -> None:
    search.add_files("i", [str(tmp_path / "web*")], follow=True)
    await search.refresh()
    for name in ("web.ndjson.swp", "web.ndjson.1.gz"):
        (tmp_path / name).write_bytes(b"x")
    write(path, 3)
    [report] = await search.refresh()
    assert sorted(Path(problem.file or "").name for problem in report.problems) == ["web.ndjson.1.gz", "web.ndjson.swp"]
    assert (await search.refresh())[0].problems == []
    assert await numbers() == [1, 2, 3]
