"""Cuts a template into text and tags, in one pass over the text (templates.md 5).

Comments, partials and delimiter changes leave no token. A line that holds nothing but white space and tags without
output of their own leaves only its tags.
"""

from enum import Enum, auto
from typing import NamedTuple

from engine.template.failure import TemplateError

# What JavaScript counts as white space; Python's own set differs in U+001C..1F, U+0085 and U+FEFF.
WHITE_SPACE = (
    "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)

_SIGILS = frozenset("#^/>!&{=")


class TokenKind(Enum):
    """What a token is. A VARIABLE is escaped, a RAW one is not."""

    TEXT = auto()
    VARIABLE = auto()
    RAW = auto()
    SECTION = auto()
    INVERTED = auto()
    CLOSE = auto()


class Token(NamedTuple):
    """``value`` is the literal text, or the tag's name without white space around it. ``offset`` is where it starts in
    the template, ``end`` where the text after a tag does.
    """

    kind: TokenKind
    value: str
    offset: int
    end: int = 0


_KINDS = {
    "": TokenKind.VARIABLE,
    "&": TokenKind.RAW,
    "{": TokenKind.RAW,
    "#": TokenKind.SECTION,
    "^": TokenKind.INVERTED,
    "/": TokenKind.CLOSE,
}
_WITH_OUTPUT = frozenset({TokenKind.VARIABLE, TokenKind.RAW})


class _Delimiters(NamedTuple):
    opening: str
    closing: str


class _Tag(NamedTuple):
    sigil: str
    content: str
    end: int


def tokenize(template: str) -> list[Token]:
    """The tokens of a template. Raises TemplateError for a tag that is not closed and for invalid delimiters."""
    lines = _Lines()
    delimiters = _Delimiters("{{", "}}")
    position = 0
    while (start := template.find(delimiters.opening, position)) >= 0:
        lines.add_text(template[position:start], position)
        tag = _read_tag(template, start, delimiters)
        kind = _KINDS.get(tag.sigil)
        if kind is None:
            lines.add_silent_tag()
        else:
            lines.add_tag(Token(kind, tag.content, start, tag.end))
        if tag.sigil == "=":
            delimiters = _parse_delimiters(tag.content, start)
        position = tag.end
    lines.add_text(template[position:], position)
    lines.end_line()
    return lines.tokens


class _Lines:
    """Collects tokens line by line and drops the white space of lines that only hold tags without output."""

    def __init__(self) -> None:
        self.tokens: list[Token] = []
        self._begin_line()

    def _begin_line(self) -> None:
        self._first = len(self.tokens)
        self._has_silent_tag = False
        self._has_output = False

    def add_text(self, text: str, offset: int) -> None:
        """Add the text between two tags: the rest of the current line, whole lines, the start of the next line."""
        rest_of_line = text.find("\n") + 1
        if rest_of_line == 0:
            self._add_piece(text, offset)
            return
        whole_lines = text.rfind("\n") + 1
        self._add_piece(text[:rest_of_line], offset)
        self.end_line()
        self._add_piece(text[rest_of_line:whole_lines], offset + rest_of_line)
        self._begin_line()
        self._add_piece(text[whole_lines:], offset + whole_lines)

    def _add_piece(self, text: str, offset: int) -> None:
        if text:
            self.tokens.append(Token(TokenKind.TEXT, text, offset))
            self._has_output = self._has_output or bool(text.strip(WHITE_SPACE))

    def add_tag(self, token: Token) -> None:
        self.tokens.append(token)
        if token.kind in _WITH_OUTPUT:
            self._has_output = True
        else:
            self._has_silent_tag = True

    def add_silent_tag(self) -> None:
        """A comment, partial or delimiter change: it counts for its line and is no token."""
        self._has_silent_tag = True

    def end_line(self) -> None:
        if self._has_silent_tag and not self._has_output:
            self.tokens[self._first :] = [
                token for token in self.tokens[self._first :] if token.kind is not TokenKind.TEXT
            ]
        self._begin_line()


def _read_tag(template: str, start: int, delimiters: _Delimiters) -> _Tag:
    begin = start + len(delimiters.opening)
    while begin < len(template) and template[begin] in WHITE_SPACE:
        begin += 1
    sigil = template[begin : begin + 1]
    if sigil not in _SIGILS:
        sigil = ""
    begin += len(sigil)
    if sigil == "=":
        return _read_delimiter_tag(template, begin, start, delimiters.closing)
    closing = "}" + delimiters.closing if sigil == "{" else delimiters.closing
    end = template.find(closing, begin)
    if end < 0:
        raise _not_closed(template, start)
    # `{{{a}} ... }}}`: the triple ends where the first closing delimiter is, or it is a mistake.
    if sigil == "{" and template.find(delimiters.closing, begin, end) >= 0:
        raise _not_closed(template, start)
    return _Tag(sigil, template[begin:end].strip(WHITE_SPACE), end + len(closing))


def _read_delimiter_tag(template: str, begin: int, start: int, closing: str) -> _Tag:
    equals = template.find("=", begin)
    end = template.find(closing, equals + 1) if equals >= 0 else -1
    if end < 0:
        raise _not_closed(template, start)
    if template[equals + 1 : end].strip(WHITE_SPACE):
        raise TemplateError(start, "a delimiter tag must end with the equals sign")
    return _Tag("=", template[begin:equals], end + len(closing))


def _parse_delimiters(content: str, offset: int) -> _Delimiters:
    parts = content.split()
    if len(parts) != 2:
        raise TemplateError(offset, "a delimiter tag must name two delimiters")
    return _Delimiters(*parts)


def _not_closed(template: str, start: int) -> TemplateError:
    return TemplateError(len(template), f"tag not closed, it opens at offset {start}")
