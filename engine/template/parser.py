"""Builds the tree of a template: text, variables and sections (templates.md 5, 5.1, 5.2)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from engine.template.failure import TemplateError
from engine.template.lambdas.contract import TRIMS
from engine.template.lines import drop_silent_lines
from engine.template.tokens import WHITE_SPACE, Closing, Cut, Opening, Tag, Variable, cut

MAX_SECTION_DEPTH = 100

Piece: TypeAlias = "tuple[str, Variable | Section | None, int]"
"""Literal text, maybe empty, the tag that follows it if there is one, and where in the template that tag starts."""

Body: TypeAlias = tuple[Piece, ...]


@dataclass(slots=True, eq=False)
class Section:
    """``{{#name}}`` or ``{{^name}}`` with what stands between it and its end.

    ``text_chars`` is the length of the literal text that one pass over the body puts out by itself; ``only_text`` is
    that text if there is nothing else in the body. ``called`` is the lambda of that name if there is one; it is called
    unless a variable has the name too.
    """

    opening: Opening
    body: Body
    text_chars: int
    only_text: str | None
    called: "LambdaBody | None" = None


class Tree(NamedTuple):
    """A parsed template, and every name it refers to as written."""

    body: Body
    text_chars: int
    names: frozenset[str]


class LambdaBody:
    """What stands between the tags of a lambda: a template of its own, from ``start`` to ``end`` of the one around it.

    It is parsed when it is first rendered: if each template parsed what its lambdas hold, lambdas in lambdas would be
    parsed twice as often with each level.
    """

    __slots__ = ("_around", "_tree", "end", "name", "start")

    def __init__(self, name: str, around: str, start: int, end: int) -> None:
        if TRIMS[name]:
            text = around[start:end].rstrip(WHITE_SPACE)
            end = start + len(text)
            start = end - len(text.lstrip(WHITE_SPACE))
        self.name, self.start, self.end = name, start, end
        self._around = around
        self._tree: Tree | None = None

    def text(self) -> str:
        return self._around[self.start : self.end]

    def tree(self) -> Tree:
        """The parsed text. Raises TemplateError with an offset in this text."""
        if self._tree is None:
            self._tree = parse(self.text())
        return self._tree


def parse(template: str) -> Tree:
    """The tree of a template. Raises TemplateError; needs no recursion, so no nesting can exhaust the stack."""
    pieces = cut(template)
    if any(type(tag) is not Variable for tag in pieces.distinct):
        drop_silent_lines(pieces.texts, pieces.tags)
    body = _nest(pieces, template)
    return Tree(body, _text_chars(body), frozenset(_names(pieces.distinct)))


def _names(tags: Iterable[Tag]) -> Iterator[str]:
    for tag in tags:
        if type(tag) is Opening or (type(tag) is Variable and tag.name):
            yield tag.name


class _Open(NamedTuple):
    """A section whose end has not come yet. ``around`` holds the pieces before it, ``text`` is the text just before."""

    opening: Opening
    start: int
    end: int
    text: str
    around: list[Piece]


def _nest(pieces: Cut, template: str) -> Body:
    """The pieces, each section one of them. Raises TemplateError for sections that do not open and close by turns."""
    body: list[Piece] = []
    opened: list[_Open] = []
    for text, tag, start, end in zip(pieces.texts, pieces.tags, pieces.starts, pieces.ends, strict=False):
        if type(tag) is Variable:
            body.append((text, tag if tag.name else None, start))  # `{{}}` puts out nothing
        elif type(tag) is Opening:
            if len(opened) == MAX_SECTION_DEPTH:
                raise TemplateError(start, f"sections nested deeper than {MAX_SECTION_DEPTH}")
            opened.append(_Open(tag, start, end, text, body))
            body = []
        elif type(tag) is Closing:
            if text:
                body.append((text, None, start))
            section = _innermost(opened, tag, start)
            called = LambdaBody(tag.name, template, section.end, start) if tag.name in TRIMS else None
            node = Section(section.opening, tuple(body), _text_chars(body), _only_text(body), called)
            body = section.around
            body.append((section.text, node, section.start))
        elif text:
            body.append((text, None, start))
    if opened:
        raise TemplateError(opened[-1].start, f"section [{opened[-1].opening.name}] not closed")
    if pieces.texts[-1]:
        body.append((pieces.texts[-1], None, len(template)))
    return tuple(body)


def _innermost(opened: list[_Open], closing: Closing, start: int) -> _Open:
    """Take the section that this tag closes. Raises TemplateError if it closes another one or none."""
    if not opened:
        raise TemplateError(start, f"[{closing.name}] closed without having been opened")
    section = opened.pop()
    if section.opening.name != closing.name:
        raise TemplateError(start, f"[{closing.name}] closed where [{section.opening.name}] is open")
    return section


def _only_text(body: Sequence[Piece]) -> str | None:
    if not body:
        return ""
    text, tag, _ = body[0]
    return text if tag is None and len(body) == 1 else None


def _text_chars(body: Sequence[Piece]) -> int:
    return sum([len(piece[0]) for piece in body])
