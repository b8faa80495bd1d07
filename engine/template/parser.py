"""Builds the tree of a template: text, variables and sections (templates.md 5, 5.1, 5.2)."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from engine.template.failure import TemplateError
from engine.template.lambdas.contract import TRIMS
from engine.template.lines import drop_silent_lines
from engine.template.tokens import WHITE_SPACE, Closing, Cut, Opening, Tag, Variable, cut

MAX_SECTION_DEPTH: Final = 100

_MAX_SHARED_CHARS: Final = 1_000
"""Lambdas with a longer text are not looked up among those before: texts of lambdas in lambdas would add up."""

_MANY: Final = 1_000

Node: TypeAlias = "Tag | Section"
"""What stands in a body: variables, whole sections, and None for tags of which nothing is left."""

Piece: TypeAlias = "tuple[str, Node, int]"
"""Literal text, maybe empty, the node that follows it, and where that starts, in characters from the start of the body.
"""


class ManyPieces:
    """Pieces that are put together anew whenever they are walked through.

    To make hundreds of thousands of tuples that stay takes longer, most of all in the garbage collector.
    """

    __slots__ = ("_columns",)

    def __init__(self, texts: Sequence[str], nodes: Sequence[Node], starts: Sequence[int]) -> None:
        self._columns = texts, nodes, starts

    def __iter__(self) -> Iterator[Piece]:
        return zip(*self._columns, strict=True)

    def __len__(self) -> int:
        return len(self._columns[0])


class Body(NamedTuple):
    """A template, or what stands between the tags of a section; ``text_chars`` is the length of its literal text."""

    pieces: "tuple[Piece, ...] | ManyPieces"
    last_text: str
    text_chars: int


@dataclass(slots=True, eq=False)
class Section:
    """``{{#name}}`` or ``{{^name}}`` with what stands between it and its end.

    ``body_start`` is where the body starts, in characters from the start of the section; ``only_text`` is the body if
    it is nothing but text. ``called`` is the lambda of that name if there is one; it is called unless a variable has
    the name too. Sections of one template that are alike are one object, with ``is_repeated`` set.
    """

    opening: Opening
    body: Body
    body_start: int
    only_text: str | None
    called: "LambdaBody | None"
    is_repeated: bool = False


class Tree(NamedTuple):
    """A parsed template, and every name it refers to as written."""

    body: Body
    names: frozenset[str]


class LambdaBody:
    """What stands between the tags of a lambda: a template of its own, from ``begin`` to ``end`` of the one around it.

    ``start`` is where it starts, in characters from the start of the section. It is parsed when it is first rendered:
    if each template parsed what its lambdas hold, lambdas in lambdas would be parsed twice as often with each level.
    """

    __slots__ = ("_around", "_begin", "_end", "_tree", "name", "start")

    def __init__(self, name: str, around: str, section_start: int, begin: int, end: int) -> None:
        if TRIMS[name]:
            text = around[begin:end].rstrip(WHITE_SPACE)
            end = begin + len(text)
            begin = end - len(text.lstrip(WHITE_SPACE))
        self.name, self.start = name, begin - section_start
        self._around, self._begin, self._end = around, begin, end
        self._tree: Tree | None = None

    def text(self) -> str:
        return self._around[self._begin : self._end]

    def tree(self) -> Tree:
        """The parsed text. Raises TemplateError with an offset in this text."""
        if self._tree is None:
            self._tree = parse(self.text())
        return self._tree


def parse(template: str) -> Tree:
    """The tree of a template. Raises TemplateError; needs no recursion, so no nesting can exhaust the stack."""
    pieces = cut(template)
    counts = Counter(pieces.tags)
    for tag, count in counts.items():
        if type(tag) is Variable:
            tag.is_repeated = count > 1
    if any(type(tag) is not Variable for tag in counts):
        drop_silent_lines(pieces.texts, pieces.tags)
    body = _Nesting(pieces, template).body()
    return Tree(body, frozenset(_names(counts)))


def _names(tags: Iterable[Tag]) -> Iterator[str]:
    for tag in tags:
        if type(tag) is Opening or (type(tag) is Variable and tag.name):
            yield tag.name


class _Open(NamedTuple):
    """A section whose end has not come yet.

    ``start`` and ``end`` are those of its tag, ``text`` is the text just before it; ``outside`` nodes stand before its
    body.
    """

    opening: Opening
    start: int
    end: int
    text: str
    outside: int


class _Nesting:
    """Makes sections of the pieces of one template: each closing tag folds the pieces since its opening tag into one.

    Only the tags of sections are looked at one by one.
    """

    def __init__(self, pieces: Cut, template: str) -> None:
        self._pieces, self._template = pieces, template
        self._texts: list[str] = []
        self._nodes: list[Node] = []
        self._starts: list[int] = []
        self._opened: list[_Open] = []
        self._known: dict[Hashable, Section] = {}

    def body(self) -> Body:
        """The whole template. Raises TemplateError for sections that do not open and close by turns."""
        pieces = self._pieces
        taken = 0
        for number, tag in enumerate(pieces.tags):
            if type(tag) is Opening or type(tag) is Closing:
                if taken < number:
                    self._take(taken, number)
                taken = number + 1
                if isinstance(tag, Opening):
                    self._open(tag, number)
                else:
                    self._close(tag, number)
        if self._opened:
            raise TemplateError(self._opened[-1].start, f"section [{self._opened[-1].opening.name}] not closed")
        self._take(taken, len(pieces.tags))
        return _body([*self._texts, pieces.texts[-1]], self._nodes, self._starts)

    def _take(self, first: int, last: int) -> None:
        """Take pieces as they are."""
        self._texts += self._pieces.texts[first:last]
        self._nodes += self._pieces.tags[first:last]
        self._starts += self._pieces.starts[first:last]

    def _open(self, tag: Opening, number: int) -> None:
        pieces = self._pieces
        start = pieces.starts[number]
        if len(self._opened) == MAX_SECTION_DEPTH:
            raise TemplateError(start, f"sections nested deeper than {MAX_SECTION_DEPTH}")
        self._opened.append(_Open(tag, start, pieces.ends[number], pieces.texts[number], len(self._nodes)))

    def _close(self, tag: Closing, number: int) -> None:
        end = self._pieces.starts[number]
        opened = self._innermost(tag, end)
        outside, inside = opened.outside, opened.end
        texts = (*self._texts[outside:], self._pieces.texts[number])
        starts = tuple([start - inside for start in self._starts[outside:]])
        section = self._section(opened, texts, tuple(self._nodes[outside:]), starts, end)
        self._texts[outside:] = [opened.text]
        self._nodes[outside:] = [section]
        self._starts[outside:] = [opened.start]

    def _innermost(self, closing: Closing, start: int) -> _Open:
        """Take the section that this tag closes. Raises TemplateError if it closes another one or none."""
        if not self._opened:
            raise TemplateError(start, f"[{closing.name}] closed without having been opened")
        opened = self._opened.pop()
        if opened.opening.name != closing.name:
            raise TemplateError(start, f"[{closing.name}] closed where [{opened.opening.name}] is open")
        return opened

    def _section(
        self, opened: _Open, texts: tuple[str, ...], nodes: tuple[Node, ...], starts: tuple[int, ...], end: int
    ) -> Section:
        """The section of this opening tag and body, the same object for the same ones.

        A lambda's text counts, too: what its body leaves of it may be the same where the text is not.
        """
        opening = opened.opening
        key: tuple[Hashable, ...] = opening, texts, nodes, starts
        if opening.name in TRIMS:
            is_short = end - opened.end <= _MAX_SHARED_CHARS
            key = *key, self._template[opened.end : end] if is_short else end
        section = self._known.get(key)
        if section is not None:
            section.is_repeated = True
            return section
        called = None
        if opening.name in TRIMS:
            called = LambdaBody(opening.name, self._template, opened.start, opened.end, end)
        only_text = None if nodes else texts[0]
        section = Section(opening, _body(texts, nodes, starts), opened.end - opened.start, only_text, called)
        self._known[key] = section
        return section


def _body(texts: Sequence[str], nodes: Sequence[Node], starts: Sequence[int]) -> Body:
    columns = texts[:-1], nodes, starts
    pieces = ManyPieces(*columns) if len(nodes) > _MANY else tuple(zip(*columns, strict=True))
    return Body(pieces, texts[-1], sum(map(len, texts)))
