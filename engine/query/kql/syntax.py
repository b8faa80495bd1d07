"""The syntax tree of KQL. Chains are flat; parentheses keep a node of their own."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Comparison: TypeAlias = Literal["gt", "gte", "lt", "lte"]


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted or bare text without wildcards. ``value`` is JSON null, true or false for these bare words."""

    value: str | bool | None
    is_quoted: bool = False

    def as_name(self) -> str:
        """The text where it names a field."""
        words: dict[object, str] = {None: "null", True: "true", False: "false"}
        return self.value if isinstance(self.value, str) else words[self.value]


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A bare text cut at its wildcard marks: two pieces at least."""

    pieces: tuple[str, ...]

    @property
    def is_lone_star(self) -> bool:
        return self.pieces == ("", "")

    def as_name(self) -> str:
        """The text with its marks written as ``*``."""
        return "*".join(self.pieces)


Atom: TypeAlias = Text | Wildcard


@dataclass(frozen=True, slots=True)
class MatchAll:
    """The empty query."""


@dataclass(frozen=True, slots=True)
class And:
    children: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    children: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    child: "Node"


@dataclass(frozen=True, slots=True)
class FieldTest:
    """A value in a field; ``field`` None: in any field."""

    field: Atom | None
    value: Atom


@dataclass(frozen=True, slots=True)
class Range:
    field: Atom
    comparison: Comparison
    value: Atom


@dataclass(frozen=True, slots=True)
class NestedGroup:
    """``path:{query}``: the query holds for one and the same nested document."""

    path: Atom
    query: "Node"


Node: TypeAlias = MatchAll | And | Or | Not | FieldTest | Range | NestedGroup
