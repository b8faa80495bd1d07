"""Builds the tree of a template: text, variables and sections (templates.md 5, 5.1, 5.2)."""

from dataclasses import dataclass, field
from typing import TypeAlias

from engine.template.failure import TemplateError
from engine.template.lambdas.contract import TRIMS
from engine.template.tokens import WHITE_SPACE, Token, TokenKind, tokenize

MAX_SECTION_DEPTH = 100

Path: TypeAlias = tuple[str, ...]
"""The segments of a dotted name; empty for ``.``, the current item."""

Body: TypeAlias = "tuple[tuple[str, Variable | Section | None], ...]"
"""Pairs of literal text, maybe empty, and the tag that follows it; no tag follows the last one."""


@dataclass(frozen=True, slots=True)
class Variable:
    """``{{name}}``, or with ``is_escaped`` False ``{{{name}}}`` and ``{{&name}}``.

    ``first`` and ``rest`` are the path once more, in parts; ``first`` is ``.``, a key that no object has, for ``.``.
    """

    path: Path
    first: str
    rest: Path
    is_escaped: bool
    offset: int


@dataclass(frozen=True, slots=True)
class Section:
    """``{{#name}}`` or ``{{^name}}`` with what stands between it and its end.

    ``text_chars`` is the length of the literal text that one pass over the body puts out by itself. ``called`` is the
    lambda of that name if there is one; it is called unless a variable has the name too.
    """

    path: Path
    is_inverted: bool
    body: Body
    text_chars: int
    offset: int
    called: "LambdaBody | None" = None


@dataclass(frozen=True, slots=True)
class Tree:
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
            while start < end and around[end - 1] in WHITE_SPACE:
                end -= 1
            while start < end and around[start] in WHITE_SPACE:
                start += 1
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


@dataclass(slots=True)
class _Open:
    """A section whose end has not come yet; None as ``token`` for the template itself."""

    token: Token | None
    pieces: list[tuple[str, Variable | Section | None]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    text_chars: int = 0

    def add_text(self, text: str) -> None:
        self.texts.append(text)
        self.text_chars += len(text)

    def add(self, node: Variable | Section | None) -> None:
        self.pieces.append(("".join(self.texts), node))
        self.texts.clear()

    def body(self) -> Body:
        if self.texts:
            self.add(None)
        return tuple(self.pieces)


def parse(template: str) -> Tree:
    """The tree of a template. Raises TemplateError; needs no recursion, so no nesting can exhaust the stack."""
    open_sections = [_Open(None)]
    names: set[str] = set()
    for token in tokenize(template):
        innermost = open_sections[-1]
        match token.kind:
            case TokenKind.TEXT:
                innermost.add_text(token.value)
            case TokenKind.VARIABLE | TokenKind.RAW:
                if token.value:  # `{{}}` puts out nothing
                    names.add(token.value)
                    innermost.add(_variable(token))
            case TokenKind.SECTION | TokenKind.INVERTED:
                if len(open_sections) > MAX_SECTION_DEPTH:
                    raise TemplateError(token.offset, f"sections nested deeper than {MAX_SECTION_DEPTH}")
                names.add(token.value)
                open_sections.append(_Open(token))
            case TokenKind.CLOSE:
                section = _close(innermost, token, template)
                open_sections.pop()
                open_sections[-1].add(section)
    root = open_sections.pop()
    if root.token is not None:
        raise TemplateError(root.token.offset, f"section [{root.token.value}] not closed")
    return Tree(root.body(), root.text_chars, frozenset(names))


def _close(opened: _Open, closing: Token, template: str) -> Section:
    if opened.token is None:
        raise TemplateError(closing.offset, f"[{closing.value}] closed without having been opened")
    if opened.token.value != closing.value:
        reason = f"[{closing.value}] closed where [{opened.token.value}] is open"
        raise TemplateError(closing.offset, reason)
    name = closing.value
    return Section(
        path=_path(name),
        is_inverted=opened.token.kind is TokenKind.INVERTED,
        body=opened.body(),
        text_chars=opened.text_chars,
        offset=opened.token.offset,
        called=LambdaBody(name, template, opened.token.end, closing.offset) if name in TRIMS else None,
    )


def _variable(token: Token) -> Variable:
    path = _path(token.value)
    return Variable(path, path[0] if path else ".", path[1:], token.kind is TokenKind.VARIABLE, token.offset)


def _path(name: str) -> Path:
    return () if name == "." else tuple(name.split("."))
