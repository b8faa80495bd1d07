"""Which route a method and a path belong to. Paths are taken apart before they are decoded: ids may hold slashes."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from engine.api.errors import Misplaced
from engine.api.route import Route
from engine.model.errors import InvalidInput, Problem
from engine.model.rule import DEFAULT_SPACE

_PARAMETER = re.compile(r"\{([a-zA-Z_]+)\}")
_SPACE_MARK = "s"


@dataclass(frozen=True, slots=True)
class Found:
    """A route, the space that the path names, and the texts that stand for the path's parameters, decoded."""

    route: Route
    space: str
    parts: Mapping[str, str]


class RouteTable:
    """Finds routes; of those that fit, the one with the most literal segments counts."""

    def __init__(self, routes: Iterable[Route]) -> None:
        shapes: dict[tuple[str, int], list[tuple[tuple[str, ...], Route]]] = defaultdict(list)
        for route in routes:
            pattern = tuple(_segments(route.path))
            same = shapes[route.method, len(pattern)]
            if any(_names_removed(pattern) == _names_removed(other) for other, _ in same):
                raise ValueError(f"{route.method} {route.path} is declared twice")
            same.append((pattern, route))
        self._shapes = {
            shape: sorted(same, key=lambda each: [_is_parameter(part) for part in each[0]])
            for shape, same in shapes.items()
        }

    def find(self, method: str, raw_path: str) -> Found | None:
        """The route of a path as it was sent, with or without ``/s/{space}`` before it; None = there is none.

        HEAD counts as GET. Raises Misplaced for parameters that are no UTF-8.
        """
        segments = _segments(raw_path)
        space = DEFAULT_SPACE
        is_prefixed = len(segments) > 1 and segments[0] == _SPACE_MARK
        if is_prefixed:
            space, segments = segments[1], segments[2:]
        method = "GET" if method == "HEAD" else method
        for pattern, route in self._shapes.get((method, len(segments)), ()):
            if _fits(pattern, segments) and (route.in_spaces or not is_prefixed):
                return Found(route, space, _decoded(pattern, segments))
        return None


def _segments(path: str) -> list[str]:
    """The parts of a path between slashes; a slash at the end is no part (real clients send it)."""
    return path.removeprefix("/").removesuffix("/").split("/")


def _fits(pattern: tuple[str, ...], segments: list[str]) -> bool:
    return all(
        bool(given) if _is_parameter(wanted) else wanted == given
        for wanted, given in zip(pattern, segments, strict=True)
    )


def _decoded(pattern: tuple[str, ...], segments: list[str]) -> dict[str, str]:
    parts = {}
    for wanted, given in zip(pattern, segments, strict=True):
        if not _is_parameter(wanted):
            continue
        name = wanted[1:-1]
        try:
            parts[name] = unquote(given, errors="strict")
        except UnicodeDecodeError:
            problem = Problem(name, "is not UTF-8", "percent-encode the bytes of its UTF-8 form")
            raise Misplaced("request params", InvalidInput([problem])) from None
    return parts


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{") and _PARAMETER.fullmatch(segment) is not None


def _names_removed(pattern: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("{}" if _is_parameter(part) else part for part in pattern)
