"""Every field of files that users write, changed in one way at a time: valid or not, as `mutations.txt` says.

The files are shipped samples, and those of the folder `mutated`, which have the members that no sample has.

Each invalid change must give exactly one problem with file, line, path and remedy, each valid one none. The table is
generated; read its changes before you check them in:  TOCSIN_REGENERATE=1 pytest tests/unit/tocsin/files
"""

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from engine.model.errors import InvalidInput
from engine.operations.snoozing import read_snooze, read_snooze_schedule
from tocsin.files.data_views import load_data_views
from tocsin.files.documents import Document, read_document
from tocsin.files.problems import FileProblem, one_per_place

TABLE = Path(__file__).with_name("mutations.txt")
SAMPLES = Path(__file__).parents[4] / "config"
OWN = Path(__file__).with_name("mutated")
SHIPPED = ("tocsin.yml", "rules/busy-hosts.yml", "rules/response-time.yml", "rules/server-errors.yml")
FILES = (*SHIPPED, *sorted(file.name for file in OWN.iterdir()))
AT = datetime(2026, 1, 15, tzinfo=UTC)
HEADER = f"{'file':<26} {'field':<52} {'change':<12} problem at, or valid"
DROPPED = object()
TOLD_AT_TWO_PLACES = {("params", "searchType")}
"""Without it, what the default search type lacks is missing, and the members of the other one are too many."""


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
    document = read_document(OWN / file if (OWN / file).exists() else SAMPLES / file)
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
        (folder / name).write_text("-----BEGIN CERTIFICATE-----", encoding="utf-8")
    judges = {
        "rule": check_rules,
        "view": lambda file: load_data_views([file]).problems,
        "snooze": lambda file: check_body(file, lambda body: read_snooze(body, AT)),
        "snooze-schedule": lambda file: check_body(file, lambda body: read_snooze_schedule(body, "new", AT)),
    }

    def problems(mutation: Mutation) -> list[FileProblem]:
        # As JSON, which is read faster; indented, so that every field has a line of its own.
        file = folder / "mutated.json"
        changed = mutated(sample_value(mutation.file), mutation.path, mutation.value)
        file.write_text(json.dumps(changed, indent=1), encoding="utf-8")
        return judges.get(kind_of(mutation.file), check_settings)(file)

    return problems


def kind_of(file: str) -> str:
    """What a file is, by its name; what is no other kind is settings."""
    return "rule" if file.startswith("rule") else file.removesuffix(".yml")


def check_body(file: Path, read: Callable[[Any], object]) -> list[FileProblem]:
    """What is wrong with a body, with its place in the file that it comes from."""
    document = read_document(file)
    assert isinstance(document, Document)
    try:
        read(document.value)
    except InvalidInput as error:
        return one_per_place(document.problem(problem) for problem in error.problems)
    return []


def test_every_mutation_is_judged_as_the_table_says(problems_of: Callable[[Mutation], list[FileProblem]]) -> None:
    judged, faults = {}, []
    for mutation in MUTATIONS:
        problems = problems_of(mutation)
        judged[mutation.key] = (problems[0].path or "(whole)").replace(" ", "_") if problems else "valid"
        most = 2 if mutation.path in TOLD_AT_TWO_PLACES else 1
        if len(problems) > most or not all(is_complete(problem) for problem in problems):
            faults.append((mutation.key, [str(problem) for problem in problems]))
    assert faults == []
    if os.environ.get("TOCSIN_REGENERATE"):
        rows = [f"{key:<91} {verdict}" for key, verdict in judged.items()]
        TABLE.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    assert judged == table()


def is_complete(problem: FileProblem) -> bool:
    return problem.file.name == "mutated.json" and problem.line >= 1 and bool(problem.message) and bool(problem.remedy)


@pytest.mark.parametrize("file", FILES)
def test_the_files_themselves_are_valid(problems_of: Callable[[Mutation], list[FileProblem]], file: str) -> None:
    assert problems_of(Mutation(file, (), "none", sample_value(file))) == []


def test_the_table_holds_both_verdicts() -> None:
    verdicts = list(table().values())
    assert len(verdicts) == len(MUTATIONS) > 1000
    assert verdicts.count("valid") > 200
