"""Files of data views: a spec object, or what Kibana exports, alone, in a list, or a line each (data-views.md 8)."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.model.data_view import DataView
from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.query.data_view_spec import read_data_view, spec_of_export
from tocsin.files.documents import MAX_BYTES, Document, read_document
from tocsin.files.problems import FileProblem, one_per_place
from tocsin.files.rules import SUFFIXES, files_in

_LINES = ".ndjson"
_VIEW_SUFFIXES = SUFFIXES | {_LINES}


@dataclass(frozen=True, slots=True)
class ViewDefinition:
    """One data view of a file: its spec, which is valid, and what that means."""

    spec: JsonObject
    view: DataView
    place: str

    @property
    def id(self) -> str:
        return self.view.id


@dataclass(frozen=True, slots=True)
class LoadedViews:
    """The data views of all files, and everything that is wrong with others."""

    views: list[ViewDefinition] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)


def load_data_views(paths: Sequence[Path]) -> LoadedViews:
    """The data views in files and in folders (searched all the way down, in order of their names)."""
    loaded = LoadedViews()
    by_id: dict[str, ViewDefinition] = {}
    for file in files_in(paths, loaded.problems, _VIEW_SUFFIXES):
        for definition, problem in _views_of(file):
            if definition is None:
                loaded.problems.append(problem)
            elif (earlier := by_id.setdefault(definition.id, definition)) is not definition:
                text = f"data view id [{definition.id}] is used by {earlier.place} too"
                loaded.problems.append(_at(problem, text, "give one of the two another id"))
    loaded.views[:] = by_id.values()
    return loaded


_Found = tuple[ViewDefinition | None, FileProblem]
"""A view and an empty problem with its place; or None, and what is wrong."""


def _views_of(file: Path) -> Iterator[_Found]:
    if file.suffix.lower() == _LINES:
        yield from _views_in_lines(file)
        return
    document = read_document(file)
    if isinstance(document, FileProblem):
        yield None, document
    elif document.value is None:
        problem = Problem("", "holds no data view", "write one with id and title, or delete the file")
        yield None, document.problem(problem)
    elif isinstance(document.value, list):
        for at, value in enumerate(document.value):
            yield from _view(document, value, str(at))
    else:
        yield from _view(document, document.value, "")


def _view(document: Document, value: JsonValue, path: str) -> Iterator[_Found]:
    if isinstance(value, dict) and isinstance(value.get("data_view"), dict):
        # As the API answers.
        value, path = value["data_view"], f"{path}.data_view" if path else "data_view"
    here = document.problem(Problem(path, ""))
    definition, problems = _read(value, f"{here.file}:{here.line}")
    if definition is not None:
        yield definition, here
    placed = [document.problem(problem.under(path) if path else problem) for problem in problems]
    yield from ((None, problem) for problem in one_per_place(placed))


def _views_in_lines(file: Path) -> Iterator[_Found]:
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}"
        yield None, FileProblem(file, 1, 1, "", reason, "check path and permissions")
        return
    if len(content) > MAX_BYTES:
        yield None, FileProblem(file, 1, 1, "", "is larger than 5 MB", "split it into several files")
        return
    for number, line in enumerate(content.decode("utf-8", errors="replace").splitlines(), start=1):
        here = FileProblem(file, number, 1, "", "")
        try:
            value = json.loads(line) if line.strip() else None
        except (ValueError, RecursionError):
            yield None, _at(here, "is no JSON", "write one object on each line")
            continue
        if value is None or (isinstance(value, dict) and "exportedCount" in value):
            # An export ends with a line about itself.
            continue
        definition, problems = _read(value, f"{file}:{number}")
        if definition is not None:
            yield definition, here
        for problem in problems[:1]:
            yield None, FileProblem(file, number, 1, problem.path, problem.message, problem.remedy)


def _read(value: JsonValue, place: str) -> tuple[ViewDefinition | None, Sequence[Problem]]:
    if not isinstance(value, dict):
        return None, [Problem("", "is no data view", "a data view is an object with id and title")]
    try:
        spec = spec_of_export(value)
        return ViewDefinition(spec, read_data_view(spec), place), ()
    except InvalidInput as error:
        return None, error.problems


def _at(place: FileProblem, message: str, remedy: str) -> FileProblem:
    return FileProblem(place.file, place.line, place.column, "id", message, remedy, place.excerpt)
