"""What became of documents that were to be loaded."""

from dataclasses import dataclass, field

_MOST_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class DocumentProblem:
    """A document that was rejected. ``file`` is None for documents from memory; ``line`` counts from 1."""

    file: str | None
    line: int
    field: str | None
    reason: str

    def __str__(self) -> str:
        where = f"{self.file or 'document'}:{self.line}"
        return f"{where}: {f'field [{self.field}]: ' if self.field else ''}{self.reason}"


@dataclass(slots=True)
class LoadReport:
    """How many documents were loaded and rejected, and why (the first 100 of those)."""

    index: str
    loaded: int = 0
    rejected: int = 0
    problems: list[DocumentProblem] = field(default_factory=list)

    def reject(self, problem: DocumentProblem) -> None:
        """Count a rejected document."""
        self.rejected += 1
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(problem)
