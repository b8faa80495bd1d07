"""Builds the tree of a template: text, variables and sections (templates.md 5, 5.1, 5.2)."""

from dataclasses import dataclass, field
from typing import TypeAlias

from engine.template.failure import TemplateError
from engine.template.tokens import Token, TokenKind, tokenize

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

    ``text_chars`` is the length of the literal text that one pass over the body puts out by itself.
    """

    path: Path
    is_inverted: bool
    body: Body
    text_chars: int
    offset: int


@dataclass(frozen=True, slots=True)
class Tree:
    """A parsed template, and every name it refers to as written."""

    body: Body
    text_chars: int
    names: frozenset[str]


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
                section = _close(innermost, token)
                open_sections.pop()
                open_sections[-1].add(section)
    root = open_sections.pop()
    if root.token is not None:
        raise TemplateError(root.token.offset, f"section [{root.token.value}] not closed")
    return Tree(root.body(), root.text_chars, frozenset(names))


def _close(opened: _Open, closing: Token) -> Section:
    if opened.token is None:
        raise TemplateError(closing.offset, f"[{closing.value}] closed without having been opened")
    if opened.token.value != closing.value:
        reason = f"[{closing.value}] closed where [{opened.token.value}] is open"
        raise TemplateError(closing.offset, reason)
    return Section(
        path=_path(closing.value),
        is_inverted=opened.token.kind is TokenKind.INVERTED,
        body=opened.body(),
        text_chars=opened.text_chars,
        offset=opened.token.offset,
    )


def _variable(token: Token) -> Variable:
    path = _path(token.value)
    return Variable(path, path[0] if path else ".", path[1:], token.kind is TokenKind.VARIABLE, token.offset)


def _path(name: str) -> Path:
    return () if name == "." else tuple(name.split("."))
