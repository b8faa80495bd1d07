"""Every field of the shipped rules and settings, changed in one way at a time: valid or not, as `mutations.txt` says.

Each invalid change must give exactly one problem with file, line, path and remedy, each valid one none. The table is
generated; read its changes before you check them in:  TOCSIN_REGENERATE=1 pytest tests/unit/tocsin/files
"""

import json
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tocsin.files.documents import Document, read_document
from tocsin.files.problems import FileProblem

TABLE = Path(__file__).with_name("mutations.txt")
SAMPLES = Path(__file__).parents[4] / "config"
CLUSTERS = Path(__file__).with_name("clusters.yml")
FILES = ("tocsin.yml", CLUSTERS.name, "rules/busy-hosts.yml", "rules/response-time.yml", "rules/server-errors.yml")
HEADER = f"{'file':<26} {'field':<52} {'change':<12} problem at, or valid"
DROPPED = object()


class Mutation(NamedTuple):
    file: str
    path: tuple[str | int, ...]
    change: str
    value: Any

    @property
    def key(self) -> str:
        return f"{self.file:<26} {'.'.join(map(str, self.path)) or '(whole)':<52} {self.change}"


def mutations_of(file: str) -> Iterator[Mutation]:
    for path, value in fields_of(sample_value(file)):
        for change, mutated in changes_of(value):
            if path or change != "dropped":
                yield Mutation(file, path, change, mutated)


@cache
def sample_value(file: str) -> Any:
    document = read_document(CLUSTERS if file == CLUSTERS.name else SAMPLES / file)
    assert isinstance(document, Document)
    return document.value


def fields_of(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    yield path, value
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield from fields_of(member, (*path, name))


def changes_of(value: Any) -> Iterator[tuple[str, Any]]:
    """The changes that a field of this kind of value goes through."""
    yield "dropped", DROPPED
    yield "null", None
    if isinstance(value, dict):
        yield "wrong type", "text"
        yield "empty", {}
        yield "unknown key", {**value, "unheard_of": 1}
    elif isinstance(value, list):
        yield "wrong type", {"a": 1}
        yield "empty", []
    elif isinstance(value, bool):
        yield "wrong type", "perhaps"
    elif isinstance(value, (int, float)):
        yield "wrong type", "many"
        yield "below range", -1
        yield "above range", 10**15
        yield "fraction", 2.5
    elif isinstance(value, str):
        yield "wrong type", [value]
        yield "empty", ""
        yield "other text", "no such thing"


def mutated(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    if not path:
        return value
    name, *rest = path
    copy = dict(document) if isinstance(document, dict) else list(document)
    if value is DROPPED and not rest:
        del copy[name]
    else:
        copy[name] = mutated(copy[name], tuple(rest), value)
    return copy


MUTATIONS = [mutation for file in FILES for mutation in mutations_of(file)]


def table() -> dict[str, str]:
    rows = TABLE.read_text(encoding="utf-8").splitlines()[1:] if TABLE.exists() else []
    return {row[: len(row) - len(row.rpartition(" ")[2])].rstrip(): row.rpartition(" ")[2] for row in rows}


@pytest.fixture(scope="module")
def problems_of(
    check_settings: Callable[[Path], list[FileProblem]],
    check_rules: Callable[[Path], list[FileProblem]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Mutation], list[FileProblem]]:
    folder = tmp_path_factory.mktemp("mutated")
    for name in ("ca.pem", "client.pem", "token"):
        # What the settings name must be there; what it holds is looked at by those who use it.
        (folder / name).write_text("content", encoding="utf-8")

    def problems(mutation: Mutation) -> list[FileProblem]:
        # As JSON, which is read faster; indented, so that every field has a line of its own.
        file = folder / "mutated.json"
        changed = mutated(sample_value(mutation.file), mutation.path, mutation.value)
        file.write_text(json.dumps(changed, indent=1), encoding="utf-8")
        return check_rules(file) if mutation.file.startswith("rules/") else check_settings(file)

    return problems


def test_every_mutation_is_judged_as_the_table_says(problems_of: Callable[[Mutation], list[FileProblem]]) -> None:
    judged, faults = {}, []
    for mutation in MUTATIONS:
        problems = problems_of(mutation)
        judged[mutation.key] = (problems[0].path or "(whole)").replace(" ", "_") if problems else "valid"
        if len(problems) > 1 or not all(is_complete(problem) for problem in problems):
            faults.append((mutation.key, [str(problem) for problem in problems]))
    assert faults == []
    if os.environ.get("TOCSIN_REGENERATE"):
        rows = [f"{key:<91} {verdict}" for key, verdict in judged.items()]
        TABLE.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    assert judged == table()


def is_complete(problem: FileProblem) -> bool:
    return problem.file.name == "mutated.json" and problem.line >= 1 and bool(problem.message) and bool(problem.remedy)


def test_the_samples_themselves_are_valid(
    check_settings: Callable[[Path], list[FileProblem]], check_rules: Callable[[Path], list[FileProblem]]
) -> None:
    assert check_settings(SAMPLES / "tocsin.yml") == []
    assert check_rules(SAMPLES / "rules") == []


def test_the_table_holds_both_verdicts() -> None:
    verdicts = list(table().values())
    assert len(verdicts) == len(MUTATIONS) > 300
    assert verdicts.count("valid") > 50
