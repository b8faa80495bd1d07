"""Which rules files hold, and where (DECISIONS 1, 2)."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.model.errors import Problem
from tocsin.files.rules import LoadedRules, id_of_name, load_rules

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(name: str, text: str) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return to_file


def ids(loaded: LoadedRules) -> list[str]:
    return [rule.id for rule in loaded.rules]


def told(loaded: LoadedRules) -> list[str]:
    assert all(problem.remedy for problem in loaded.problems)
    return [f"{p.file.name}:{p.line}:{p.column}: {p.path}: {p.message}" for p in loaded.problems]


def test_a_file_holds_a_rule_or_a_list_of_rules(write: Write) -> None:
    one = write("one.yml", "id: a\nname: A\n")
    more = write("more.json", json.dumps([{"id": "b", "name": "B"}, {"id": "c", "name": "C"}]))
    loaded = load_rules([one, more])
    assert (ids(loaded), loaded.problems) == (["a", "b", "c"], [])
    assert loaded.rules[2].body == {"name": "C"}
    assert (loaded.rules[2].file, loaded.rules[0].line) == (more, 1)


def test_a_folder_is_read_all_the_way_down_in_order_of_names(write: Write, tmp_path: Path) -> None:
    for name in ("b.yml", "a/z.yaml", "c.JSON", ".hidden.yml", "..data/b.yml", "notes.txt", "a/.git/x.yml"):
        write(name, json.dumps({"id": name}))
    assert ids(load_rules([tmp_path])) == ["a/z.yaml", "b.yml", "c.JSON"]


def test_a_file_named_twice_is_read_once(write: Write, tmp_path: Path) -> None:
    file = write("a.yml", "id: a\n")
    assert ids(load_rules([file, tmp_path, tmp_path / "." / "a.yml"])) == ["a"]


def test_without_id_the_name_makes_it(write: Write) -> None:
    loaded = load_rules([write("a.yml", "name: Errors by host\n")])
    assert ids(loaded) == [id_of_name("Errors by host")]
    assert uuid.UUID(loaded.rules[0].id).version == 5


def test_rules_without_id_and_name_are_told_apart(write: Write) -> None:
    loaded = load_rules([write("a.yml", "- {tags: []}\n- {tags: [x]}\n")])
    assert len(set(ids(loaded))) == 2


def test_a_response_is_read_without_what_only_responses_have(write: Write) -> None:
    document = {"id": "a", "name": "A", "revision": 3, "execution_status": {}, "actions": [{"connector_type_id": "x"}]}
    assert load_rules([write("a.json", json.dumps(document))]).rules[0].body == {"name": "A", "actions": [{}]}


def test_two_rules_of_one_id_are_told_with_both_places(write: Write) -> None:
    first = write("a.yml", "# first\nid: x\nname: A\n")
    loaded = load_rules([first, write("b.yml", "- name: B\n- name: C\n  id: x\n")])
    assert told(loaded) == [f"b.yml:3:3: id: rule id [x] is used by {first}:2 too"]


def test_two_rules_of_one_name_are_told_by_their_names(write: Write) -> None:
    assert told(load_rules([write("a.yml", "- name: A\n- name: A\n")]))[0].startswith("a.yml:2:3: name: rule id [")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "a.yml:1:1: : holds no rule"),
        ("~", "a.yml:1:1: : holds no rule"),
        ("just text", "a.yml:1:1: : is no rule"),
        ("- 5\n- {id: ok}", "a.yml:1:3: : is no rule"),
        ("name: A\nid: 5", "a.yml:2:1: id: must be text that is not empty"),
        ("id: ''", "a.yml:1:1: id: must be text that is not empty"),
        ("id:", "a.yml:1:1: id: must be text that is not empty"),
    ],
)
def test_what_is_no_rule_is_told_with_its_place(write: Write, text: str, problem: str) -> None:
    assert told(load_rules([write("a.yml", text)])) == [problem]


def test_the_problems_of_all_files_are_told_together(write: Write, tmp_path: Path) -> None:
    write("a.yml", "a: [")
    write("b.yml", "id: 1")
    write("c.yml", "id: fine")
    loaded = load_rules([tmp_path, tmp_path / "missing"])
    assert ids(loaded) == ["fine"]
    assert [problem.file.name for problem in loaded.problems] == ["a.yml", "b.yml", "missing"]


def test_an_empty_list_holds_no_rules_and_is_fine(write: Write) -> None:
    assert load_rules([write("a.yml", "[]")]) == LoadedRules()


def test_a_problem_of_a_rule_in_a_list_keeps_its_path_and_finds_its_place(write: Write) -> None:
    rule = load_rules([write("a.yml", "- id: a\n- id: b\n  schedule:\n    interval: 5\n")]).rules[1]
    problem = rule.problem(Problem("schedule.interval", "is wrong"))
    assert (problem.line, problem.column, problem.path) == (4, 5, "schedule.interval")
