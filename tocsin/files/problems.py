"""One finding in a file, and how it is shown: place, member, what is wrong, remedy, and the source line."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from engine.model.errors import Problem

_LONGEST_EXCERPT = 160


@dataclass(frozen=True, slots=True)
class FileProblem:
    """What is wrong at one place of a file. ``line`` and ``column`` count from 1; ``path`` is dotted, "" = the whole.

    ``excerpt`` is the source line; "" where it could show a secret or there is none.
    """

    file: Path
    line: int
    column: int
    path: str
    message: str
    remedy: str = ""
    excerpt: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {Problem(self.path, self.message, self.remedy)}"

    def joined_with(self, other: "FileProblem") -> "FileProblem":
        """This problem, which also tells of another one at the same place."""
        also = str(Problem(other.path, other.message))
        return replace(self, message=f"{self.message}; also: {also}")


def one_per_place(problems: Iterable[FileProblem]) -> list[FileProblem]:
    """Findings at one place of a file as one: members missing from one object, a value that fails two checks."""
    merged: dict[tuple[int, int], FileProblem] = {}
    for problem in problems:
        place = (problem.line, problem.column)
        known = merged.get(place)
        merged[place] = problem if known is None else known.joined_with(problem)
    return list(merged.values())


def render(problem: FileProblem) -> str:
    """The problem as lines of text, with the source line and a caret below the column."""
    if not problem.excerpt.strip():
        return str(problem)
    number = f"{problem.line:>5}"
    start = max(0, problem.column - 1 - _LONGEST_EXCERPT // 2)
    shown = problem.excerpt[start : start + _LONGEST_EXCERPT]
    # Tabs are repeated below, so that the caret stands under its character whatever their width.
    margin = "".join("\t" if character == "\t" else " " for character in shown[: problem.column - 1 - start])
    return f"{problem}\n{number} | {_printable(shown)}\n{' ' * len(number)} | {margin}^"


def _printable(text: str) -> str:
    """The text without control characters, which could rewrite what a terminal shows."""
    return "".join(
        character if character.isprintable() or character == "\t" else "\N{REPLACEMENT CHARACTER}" for character in text
    )
