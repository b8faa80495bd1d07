"""The excerpt of Kibana's reference that Tocsin was asked for from, read: its pages, their curls, what they require.

The excerpt itself is not part of the repository. It lies beside a checkout, or where ``$TOCSIN_SEED`` says; the tests
that read it are skipped elsewhere. Those that send its requests need `requests.toml` alone.
"""

import json
import os
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_FILE = "kibana-http-api-reference-excerpt.txt"
_FOLDER = Path(os.environ.get("TOCSIN_SEED", Path(__file__).parents[3] / "shared" / "seed"))
EXCERPT = _FOLDER / _FILE

_ROUTE = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/\S*)")
_BULLET = re.compile(r"( +)• (?:(\S+) )?(.*)")
_HIDE = re.compile(r"( +(?:• )?)Hide (?:(\S+) )?attributes? Show")
_MEMBER = re.compile(r'( +)"((?:[^"\\]|\\.)+)": (.*?),?')
_OPENED = ("{", "[")


@dataclass(frozen=True)
class Curl:
    """A command, as the shell hands it over. ``line``: its first, counted from 1. ``body``: text of ``--data``."""

    line: int
    method: str
    path: str
    headers: dict[str, str]
    body: str | None


@dataclass
class Page:
    """One page: of one route. ``lines``: the number of each line -> its text, title included."""

    title: str
    lines: dict[int, str] = field(default_factory=dict)

    @cached_property
    def curls(self) -> list[Curl]:
        starts = [number for number, line in self.lines.items() if line.startswith("curl ")]
        return [_parse_curl(start, list(self._command(start))) for start in starts]

    def _command(self, start: int) -> Iterator[str]:
        number = start
        while self.lines[number].endswith("\\"):
            yield self.lines[number].removesuffix("\\")
            number += 1
        yield self.lines[number]

    @property
    def route(self) -> tuple[str, str]:
        """Method and path, with ``{name}`` for each parameter."""
        found = next(match for line in self.lines.values() if (match := _ROUTE.fullmatch(line)))
        return found[1], found[2]

    @cached_property
    def required(self) -> set[str]:
        """The members of a 200 that are marked as required, as dotted paths; lists count as what they hold."""
        return set(_required(self._answer_schema()))

    def _answer_schema(self) -> Iterator[str]:
        is_inside = False
        for line in self.lines.values():
            if line.startswith("  • "):
                is_inside = line.startswith("  • 200 ")
            elif line.startswith("curl "):
                return
            elif is_inside:
                yield line

    def text(self, lines: Sequence[int]) -> list[str]:
        """The lines from the first to the last of these two."""
        first, last = lines
        return [self.lines[number] for number in range(first, last + 1)]


def read_pages() -> list[Page]:
    """All pages that hold a curl. A page begins with its title, two lines above the first mention of its route."""
    lines = EXCERPT.read_text(encoding="utf-8").splitlines()
    pages: list[Page] = []
    for number, line in enumerate(lines, 1):
        if number > 2 and _ROUTE.fullmatch(line) and lines[number - 2] == "" and lines[number] != "curl \\":
            pages.append(Page(lines[number - 3]))
        if pages:
            pages[-1].lines[number] = line
    return [page for page in pages if page.curls]


def count_curls() -> int:
    """How many there are, whatever the pages are taken for."""
    return EXCERPT.read_text(encoding="utf-8").count("\ncurl \\\n")


def sample_members(lines: Sequence[str]) -> list[tuple[str, Any]]:
    """Names and values that are left of a sample, in order: of scalars, and of what is empty."""
    found = []
    for line in lines:
        match = _MEMBER.fullmatch(line)
        if match and not match[3].endswith(_OPENED):
            found.append((json.loads(f'"{match[2]}"'), json.loads(match[3])))
    return found


def top_members(lines: Sequence[str]) -> set[str]:
    """The names of the outermost members of a sample."""
    return {match[2] for line in lines if (match := _MEMBER.fullmatch(line)) and len(match[1]) == 2}


def _parse_curl(line: int, command: Sequence[str]) -> Curl:
    words = shlex.split(" ".join(command))[1:]
    method, url, headers, body = "GET", "", {}, None
    while words:
        option, *words = words
        if option == "--request":
            method, url, *words = words
        elif option == "--header":
            text, *words = words
            name, _, value = text.partition(": ")
            headers[name.lower()] = value
        elif option == "--data":
            body, *words = words
        else:
            raise ValueError(f"line {line}: unknown word {option!r} of a curl")
    return Curl(line, method, urlsplit(url).path, headers, body)


def _required(lines: Iterator[str]) -> Iterator[str]:
    """By indentation: a line ``Hide NAME attributes`` opens the members of NAME at its own indentation."""
    parents: list[tuple[int, str]] = []
    latest = ""
    for line in lines:
        hide, bullet = _HIDE.match(line), _BULLET.fullmatch(line)
        if hide is not None:
            indent = len(hide[1])
            parents = [parent for parent in parents if parent[0] < indent]
            name = hide[2] or latest
            if name != "response":
                parents.append((indent, name))
        elif bullet is not None:
            parents = [parent for parent in parents if parent[0] <= len(bullet[1])]
            latest = bullet[2] or ""
            if " Required" in f" {bullet[3]}" and len(bullet[3].split()) <= 6:
                yield ".".join([*(name for _, name in parents), latest])
