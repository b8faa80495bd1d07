"""Files of data views: which forms are read, and where each mistake is told."""

import json
from pathlib import Path

import pytest

from tocsin.files.data_views import load_data_views

SPEC = '{"id": "v", "title": "logs-*", "timeFieldName": "t"}'
EXPORTED = {
    "id": "e",
    "type": "index-pattern",
    "attributes": {
        "title": "old-*",
        "timeFieldName": "t",
        "fields": "[]",
        "runtimeFieldMap": '{"r": {"type": "long", "script": {"source": "emit(1)"}}}',
        "sourceFilters": '[{"value": "x.*"}]',
        "fieldAttrs": '{"r": {"count": "5"}, "s": {"count": "many"}}',
    },
    "references": [],
}


def load(tmp_path: Path, **files: str) -> tuple[list[str], list[str]]:
    """Ids of the views, and problems as ``file:line path``."""
    for name, text in files.items():
        stem, _, suffix = name.rpartition("_")
        (tmp_path / f"{stem}.{suffix}").write_text(text, encoding="utf-8")
    loaded = load_data_views([tmp_path])
    assert all(problem.remedy for problem in loaded.problems)
    told = [f"{problem.file.name}:{problem.line} {problem.path}" for problem in loaded.problems]
    return [definition.id for definition in loaded.views], told


@pytest.mark.parametrize(
    "files",
    [
        {"a_json": SPEC},
        {"a_json": f"[{SPEC}]"},
        {"a_json": '{"data_view": {"id": "v", "title": "x", "version": "W10=", "fields": {}, "namespaces": []}}'},
        {"a_yml": "id: v\ntitle: logs-*\n"},
        {"a_ndjson": f'{SPEC}\n\n{{"exportedCount": 1}}\n'},
    ],
)
def test_every_form_of_a_spec(tmp_path: Path, files: dict[str, str]) -> None:
    assert load(tmp_path, **files) == (["v"], [])


@pytest.mark.parametrize("name", ["a.json", "a.ndjson"])
def test_what_kibana_exports(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(json.dumps(EXPORTED), encoding="utf-8")
    ((definition,), problems) = (load_data_views([tmp_path]).views, load_data_views([tmp_path]).problems)
    view = definition.view
    assert problems == []
    assert (view.id, view.title, view.name, view.time_field) == ("e", "old-*", "old-*", "t")
    assert view.runtime_fields == {"r": {"type": "long", "script": {"source": "emit(1)"}}}
    assert view.source_filters == ({"value": "x.*"},)
    assert view.field_attrs == {"r": {"count": 5}, "s": {"count": 0}}


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"a_yml": "title: x\n"}, ["a.yml:1 id"]),
        ({"a_yml": "id: v\ntitle: x\nrogue: 1\n"}, ["a.yml:3 rogue"]),
        ({"a_yml": "- id: v\n  title: x\n- id: w\n  title: 5\n"}, ["a.yml:4 1.title"]),
        ({"a_yml": "5"}, ["a.yml:1 "]),
        ({"a_yml": ""}, ["a.yml:1 "]),
        ({"a_json": "{"}, ["a.json:1 "]),
        ({"a_ndjson": SPEC + "\nnothing\n5\n"}, ["a.ndjson:2 id", "a.ndjson:3 "]),
        ({"a_ndjson": '{"id": "d", "type": "dashboard", "attributes": {}}'}, ["a.ndjson:1 type"]),
        (
            {"a_ndjson": '{"id": "d", "attributes": {"title": "x", "fieldAttrs": "{"}}'},
            ["a.ndjson:1 attributes.fieldAttrs"],
        ),
        ({"a_json": SPEC, "b_json": SPEC}, ["b.json:1 id"]),
    ],
)
def test_mistakes_are_told_at_their_place(tmp_path: Path, files: dict[str, str], told: list[str]) -> None:
    ids, found = load(tmp_path, **files)
    assert found == told
    assert set(ids) <= {"v"}


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    (problem,) = load_data_views([tmp_path / "none"]).problems
    assert problem.message == "does not exist"
