"""File sources: globs that feed one index, read once or followed as they grow."""

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Literal

from engine.model.errors import InvalidInput, Problem
from engine.search.local.documents.csv_file import read_csv
from engine.search.local.documents.followed_file import FileKey, FollowedFile, key_of
from engine.search.local.documents.json_file import read_json
from engine.search.local.documents.lines import READ_ERRORS, Position
from engine.search.local.documents.ndjson import read_ndjson
from engine.search.local.documents.parquet import read_parquet
from engine.search.local.index import Index, SourceDocument
from engine.search.local.report import DocumentProblem, LoadReport

Format = Literal["ndjson", "json", "csv", "parquet"]
OnBadDocument = Literal["skip", "fail"]

_FORMATS: dict[str, Format] = {
    ".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "json", ".csv": "csv", ".parquet": "parquet",
}  # fmt: skip
_KNOWN = ", ".join(_FORMATS)
_MOST_LOST = 1000
"""Vanished files that are recognised when they come back, as after a disk was away: what was read stays read."""


def format_of(path: Path) -> Format:
    """The format that a file's suffix names. Raises InvalidInput."""
    suffixes = path.suffixes
    if path.suffix == ".zst":
        raise InvalidInput([Problem(str(path), "Zstandard files cannot be read", "unpack it, or pack it with gzip")])
    packed = path.suffix == ".gz"
    suffix = suffixes[-2] if packed and len(suffixes) > 1 else path.suffix
    found = _FORMATS.get(suffix.lower())
    if found is None or (packed and found == "parquet"):
        raise InvalidInput(
            [Problem(str(path), "unknown kind of data file", f"use {_KNOWN}, all but .parquet also .gz")]
        )
    return found


@dataclass(slots=True)
class FileSource:
    """The files of one index. `load` reads what is new: files not seen, and, following, what files have grown by.

    A followed file keeps its identity when it is renamed. One that lost its name to another file is read on until the
    next one does: whoever writes it may go on for a moment. What is cut is read from its start.
    """

    globs: Sequence[str]
    follow: bool
    on_bad_document: OnBadDocument
    is_loaded: bool = False
    failure: InvalidInput | None = None
    _files: dict[FileKey, FollowedFile] = field(default_factory=dict)
    _lost: dict[FileKey, FollowedFile] = field(default_factory=dict)
    _told: dict[str, str] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def load(self, index: Index) -> LoadReport:
        """Read what is new into the index. Raises InvalidInput for files of unknown kinds and missing ones, and, with
        ``on_bad_document`` = ``fail``, for the first bad document.

        Once loaded, a followed source tells of such files in the report, once until they change, and reads the others.
        """
        with self._lock:
            if self.failure is not None:
                raise self.failure
            report = LoadReport(index.name)
            if self.is_loaded and not self.follow:
                return report
            try:
                self._load(index, report)
            except InvalidInput as failure:
                self.failure = failure
                raise
            self.is_loaded = True
            return report

    def _load(self, index: Index, report: LoadReport) -> None:
        refused: dict[str, str] = {}
        for file in self._current_files(self._paths(refused), refused):
            try:
                self._append(file, index, report)
            except READ_ERRORS as error:
                refused[str(file.path)] = f"cannot be read: {error}"
        for path, reason in refused.items():
            if self._told.get(path) != reason:
                report.reject(DocumentProblem(path, 0, None, reason))
        self._told = refused
        if report.problems and self.on_bad_document == "fail":
            raise _refusal(report.problems[0])

    def _paths(self, refused: dict[str, str]) -> list[Path]:
        """The files that there are. Those that cannot be data are ``refused``, by an error at the first load."""
        paths: dict[Path, None] = {}
        for pattern in self.globs:
            matching = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute patterns
            if not matching and not glob.has_magic(pattern):
                self._refuse(Problem(pattern, "there is no such file", "check the path"), refused)
            paths.update(dict.fromkeys(Path(each) for each in matching if Path(each).is_file()))
        return [path for path in paths if self._is_readable(path, refused)]

    def _is_readable(self, path: Path, refused: dict[str, str]) -> bool:
        try:
            kind = format_of(path)
        except InvalidInput as error:
            self._refuse(error.problems[0], refused)
            return False
        if self.follow and (kind in ("json", "parquet") or path.suffix == ".gz"):
            self._refuse(Problem(str(path), "only NDJSON and CSV files can be followed", "leave out follow"), refused)
            return False
        return True

    def _refuse(self, problem: Problem, refused: dict[str, str]) -> None:
        if not self.is_loaded:
            raise InvalidInput([problem])
        refused[problem.path] = f"{problem.message} ({problem.remedy})"

    def _current_files(self, paths: Sequence[Path], refused: dict[str, str]) -> list[FollowedFile]:
        """The files to read from, those first that have lost their names."""
        known, self._files = self._files, {}
        for path in paths:
            try:
                status = path.stat()
                key = key_of(status)
                if key in self._files:
                    continue
                file = known.pop(key, None) or self._lost.pop(key, None) or FollowedFile(key, path, path)
                file.name = file.path = path
                self._files[key] = file
                if self.follow and file.is_rewritten(status):
                    self._files[key] = FollowedFile(key, path, path)
            except OSError as error:
                refused[str(path)] = f"cannot be read: {error}"
        newest = {file.name: file for file in known.values()} if self.follow else {}
        renamed = {file.key: file for file in newest.values() if file.is_found_again()}
        self._lose({key: file for key, file in known.items() if key not in renamed})
        self._files = renamed | self._files
        return list(self._files.values())

    def _lose(self, files: dict[FileKey, FollowedFile]) -> None:
        self._lost |= files
        while len(self._lost) > _MOST_LOST:
            del self._lost[next(iter(self._lost))]

    def _append(self, file: FollowedFile, index: Index, report: LoadReport) -> None:
        kind, known = format_of(file.name), len(report.problems)
        found = _read(file.path, kind, file.position, follow=self.follow)
        while index.append(found, report, numeric_detection=kind == "csv"):
            if len(report.problems) > known and self.on_bad_document == "fail":
                raise _refusal(report.problems[known])
        if self.follow:
            file.note_read()


def _refusal(problem: DocumentProblem) -> InvalidInput:
    remedy = "mend or remove the document, or set on_bad_document to skip"
    return InvalidInput([Problem(f"{problem.file}:{problem.line}", problem.reason, remedy)])


def _read(path: Path, kind: Format, position: Position, *, follow: bool) -> Iterator[SourceDocument | DocumentProblem]:
    if kind == "ndjson":
        return read_ndjson(path, position, follow=follow)
    if kind == "csv":
        return read_csv(path, position, follow=follow)
    return read_json(path) if kind == "json" else read_parquet(path)
