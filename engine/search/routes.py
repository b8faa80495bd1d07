"""Which backend an index expression means, where there are several: the files, and clusters by name.

As in Elasticsearch's cross-cluster search ``NAME:index`` is an index of the cluster NAME, if there is one of that name.
Of the others, what names an index of the files, or has a wildcard that matches one, means the files; anything else the
default cluster, which may know clusters by other names itself. One request goes to one backend.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import NoReturn

from engine.model.errors import SearchError
from engine.search.expressions import split_expressions

_EVERYTHING = re.compile(r"\*+|_all")
_TERM = re.compile(r"(?P<minus>-?)(?:(?P<cluster>[^:<>{}]+):)?(?P<name>.+)", re.DOTALL)
_DATE_MATH = re.compile(r"\{.*\}")


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes. ``cluster`` None: to the files. ``index``: the expressions as that backend knows them.

    ``prefix``: the name under which the request knows the cluster, and under which it expects its indices.
    """

    cluster: str | None
    index: tuple[str, ...]
    prefix: str | None = None


@dataclass(frozen=True, slots=True)
class _Term:
    """One expression. ``cluster``: the one that it names, if it is known; ``name``: without that."""

    text: str
    cluster: str | None
    name: str
    is_exclusion: bool


class Routes:
    """``files``: the names of the indices of the files; ``default``: the cluster of expressions without a name."""

    def __init__(self, files: Collection[str], clusters: Collection[str], default: str | None) -> None:
        self.default = default
        self._files, self._clusters = tuple(files), frozenset(clusters)
        self.of = lru_cache(maxsize=4096)(self._find)

    def _find(self, index: tuple[str, ...]) -> Route:
        """Raises SearchError 400 for expressions that mean several backends."""
        terms = [self._term(text) for text in split_expressions(index) or ["*"]]
        # An exclusion takes away from what the others mean: it means no backend, unless it names one.
        telling = [term for term in terms if term.cluster is not None or not term.is_exclusion] or terms[:1]
        first, *others = telling
        cluster = self._cluster_of(first)
        for term in others:
            if (other := self._cluster_of(term)) != cluster:
                places = f"[{first.text}] is one of {_place(cluster)}, [{term.text}] one of {_place(other)}"
                _refuse(f"index {places}: one search goes to one of them, make a rule for each")
        if all(term.cluster is None for term in terms):
            return Route(cluster, index)
        is_by_name = all(term.cluster is not None for term in telling)
        return Route(cluster, tuple(map(_unnamed, terms)), cluster if is_by_name else None)

    def _term(self, text: str) -> _Term:
        match = _TERM.fullmatch(text)
        assert match is not None, "the pattern takes every text that is not empty"
        minus, cluster, name = match["minus"], match["cluster"], match["name"]
        if cluster in self._clusters:
            # Both -NAME:index and NAME:-index take away.
            return _Term(text, cluster, name.removeprefix("-"), bool(minus) or name.startswith("-"))
        if cluster is not None and "*" in cluster:
            self._check_pattern(text, cluster)
        return _Term(text, None, text.removeprefix("-"), bool(minus))

    def _check_pattern(self, text: str, pattern: str) -> None:
        """A pattern of cluster names may mean those that the default cluster knows, but none of ours besides."""
        matching = sorted(name for name in self._clusters if fnmatchcase(name, pattern) and name != self.default)
        if matching:
            _refuse(f"index [{text}] would match several clusters, such as [{matching[0]}]: name one")

    def _cluster_of(self, term: _Term) -> str | None:
        if term.cluster is not None or self.default is None or not self._files:
            return term.cluster or self.default
        if _EVERYTHING.fullmatch(term.name):
            _refuse(
                f"index [{term.text}] would match both the files and cluster [{self.default}]: write "
                f"{self.default}:{term.text}, or name the indices of the files ({', '.join(self._files)})"
            )
        return None if self.in_files(term.name) else self.default

    def in_files(self, name: str) -> tuple[str, ...]:
        """The indices of the files that an expression without a cluster may match; date math may be any date."""
        pattern = _DATE_MATH.sub("*", name[1:-1]) if name.startswith("<") else name
        return tuple(known for known in self._files if _matches(known, "*" if pattern == "_all" else pattern))


def _matches(name: str, pattern: str) -> bool:
    is_hidden = name.startswith(".") and not pattern.startswith(".")
    return fnmatchcase(name, pattern) and not is_hidden


def _unnamed(term: _Term) -> str:
    return f"-{term.name}" if term.is_exclusion else term.name


def _place(cluster: str | None) -> str:
    return "the files" if cluster is None else f"cluster [{cluster}]"


def _refuse(reason: str) -> NoReturn:
    body = {"error": {"type": "illegal_argument_exception", "reason": reason}, "status": 400}
    raise SearchError(400, "illegal_argument_exception", reason, body)
