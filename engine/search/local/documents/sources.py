"""File sources: globs that feed one index, read once or followed as they grow."""

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Literal

from engine.model.errors import InvalidInput, Problem
from engine.search.local.documents.csv_file import read_csv
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
class _FileState:
    """How far a file was read, and of which file (its name may be given to another one)."""

    inode: int
    position: Position = field(default_factory=Position)


@dataclass(slots=True)
class FileSource:
    """The files of one index. `load` reads what is new: files not seen, and, following, what files have grown by."""

    globs: Sequence[str]
    follow: bool
    on_bad_document: OnBadDocument
    is_loaded: bool = False
    failure: InvalidInput | None = None
    _states: dict[Path, _FileState] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def load(self, index: Index) -> LoadReport:
        """Read what is new into the index. Raises InvalidInput for files of unknown kinds, and, with
        ``on_bad_document`` = ``fail``, for the first bad document."""
        with self._lock:
            if self.failure is not None:
                raise self.failure
            report = LoadReport(index.name)
            if self.is_loaded and not self.follow:
                return report
            try:
                for path in self._paths():
                    self._load_file(path, index, report)
            except InvalidInput as failure:
                self.failure = failure
                raise
            self.is_loaded = True
            return report

    def _paths(self) -> list[Path]:
        paths: dict[Path, None] = {}
        for pattern in self.globs:
            matching = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute patterns
            if not matching and not glob.has_magic(pattern):
                raise InvalidInput([Problem(pattern, "there is no such file", "check the path")])
            paths.update(dict.fromkeys(Path(each) for each in matching if Path(each).is_file()))
        for path in paths:
            kind = format_of(path)
            if self.follow and (kind in ("json", "parquet") or path.suffix == ".gz"):
                problem = Problem(str(path), "only NDJSON and CSV files can be followed", "leave out follow")
                raise InvalidInput([problem])
        return list(paths)

    def _load_file(self, path: Path, index: Index, report: LoadReport) -> None:
        try:
            status = path.stat()
            state = self._states.get(path)
            if state is None or state.inode != status.st_ino or status.st_size < state.position.offset:
                state = self._states[path] = _FileState(status.st_ino)
            elif not self.follow:
                return
            kind = format_of(path)
            self._append(_read(path, kind, state.position, follow=self.follow), index, report, is_csv=kind == "csv")
        except READ_ERRORS as error:
            problem = DocumentProblem(str(path), 0, None, f"cannot be read: {error}")
            report.reject(problem)
            if self.on_bad_document == "fail":
                raise _refusal(problem) from error

    def _append(
        self, found: Iterator[SourceDocument | DocumentProblem], index: Index, report: LoadReport, *, is_csv: bool
    ) -> None:
        known = len(report.problems)
        while index.append(found, report, numeric_detection=is_csv):
            if len(report.problems) > known and self.on_bad_document == "fail":
                raise _refusal(report.problems[known])


def _refusal(problem: DocumentProblem) -> InvalidInput:
    remedy = "mend or remove the document, or set on_bad_document to skip"
    return InvalidInput([Problem(f"{problem.file}:{problem.line}", problem.reason, remedy)])


def _read(path: Path, kind: Format, position: Position, *, follow: bool) -> Iterator[SourceDocument | DocumentProblem]:
    if kind == "ndjson":
        return read_ndjson(path, position, follow=follow)
    if kind == "csv":
        return read_csv(path, position, follow=follow)
    return read_json(path) if kind == "json" else read_parquet(path)
