"""Cuts a template into texts and tags (templates.md 5)."""

import re
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import NamedTuple, TypeAlias

from engine.template.failure import TemplateError

# What JavaScript counts as white space; Python's own set differs in U+001C..1F, U+0085 and U+FEFF.
WHITE_SPACE = (
    "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)

Path: TypeAlias = tuple[str, ...]
"""The segments of a dotted name; empty for ``.``, the current item."""

_NOWHERE: Path = (".",)  # no object has a key with a dot


@dataclass(slots=True, eq=False)
class Variable:
    """``{{name}}``, or with ``is_escaped`` False ``{{{name}}}`` and ``{{&name}}``.

    ``first`` and ``rest`` are the path once more, in parts; ``first`` is ``.``, a key that no object has, for ``.``.
    The path of ``{{}}`` leads nowhere. ``is_repeated``: the tag stands in the template more than once.
    """

    name: str
    path: Path
    first: str
    rest: Path
    is_escaped: bool
    is_repeated: bool = False


@dataclass(slots=True, eq=False)
class Opening:
    """``{{#name}}``, or with ``is_inverted`` ``{{^name}}``."""

    name: str
    path: Path
    is_inverted: bool


@dataclass(slots=True, eq=False)
class Closing:
    """``{{/name}}``."""

    name: str


Tag: TypeAlias = Variable | Opening | Closing | None
"""A tag, its name without white space around it. Of a comment, a partial and a delimiter change nothing is left: None.
Tags of one template that are written alike are one object."""


class Cut(NamedTuple):
    """A template in pieces: ``texts[i]``, maybe empty, stands before ``tags[i]``, and one more text after the last tag.

    ``starts`` and ``ends`` are where the tags start and end, in characters from the start of the template.
    """

    texts: list[str]
    tags: list[Tag]
    starts: list[int]
    ends: list[int]


_OPENING, _CLOSING = "{{", "}}"
_BLANK = f"[{WHITE_SPACE}]*"
# Most tags hold no brace, and runs of other characters are found faster than the first two braces.
_TAG = re.compile(r"(\{\{[^{}]*\}\}|\{\{(?:" + _BLANK + r"\{.*?\}\}\}?|.*?\}\}))", re.DOTALL)
_DELIMITER_TAG = re.compile(r"\{\{" + _BLANK + "=")
_TRIPLE = re.compile(_BLANK + r"\{")
_EQUALS = re.compile(_BLANK + "=")


class _NotClosed(Exception):
    """A triple tag lacks the closing brace of its own."""


def cut(template: str) -> Cut:
    """The pieces of a template. Raises TemplateError for a tag that is not closed and for invalid delimiters."""
    return _cut_at_once(template) or _cut_tag_by_tag(template)


def _cut_at_once(template: str) -> Cut | None:
    """The pieces of a template that keeps the usual delimiters and closes all its tags; None for any other.

    Nearly all templates are such, and one expression cuts them several times faster than a loop. It must not meet a tag
    that is not closed: it would look for the end of all text after it again and again.
    """
    before, closing, after = template.rpartition(_CLOSING)
    if _OPENING in after or _DELIMITER_TAG.search(template):
        return None
    pieces = _TAG.split(before + closing)
    pieces[-1] += after
    sources = pieces[1::2]
    try:
        tag_of = {source: _read_tag(source[len(_OPENING) : -len(_CLOSING)]) for source in set(sources)}
    except _NotClosed:
        return None
    positions = list(accumulate(map(len, pieces)))
    tags = [tag_of[source] for source in sources]
    return Cut(pieces[::2], tags, positions[::2], positions[1::2])


def _cut_tag_by_tag(template: str) -> Cut:
    """The pieces of any template. Raises TemplateError."""
    pieces = Cut([], [], [], [])
    opening, closing = _OPENING, _CLOSING
    read_tag = cache(_read_tag)
    position = 0
    while (start := template.find(opening, position)) >= 0:
        pieces.texts.append(template[position:start])
        begin = start + len(opening)
        equals = _EQUALS.match(template, begin)
        try:
            if equals:
                tag = None
                opening, closing, position = _read_delimiters(template, start, equals.end(), closing)
            else:
                end = _end_of_content(template, begin, closing)
                tag = read_tag(template[begin:end])
                position = end + len(closing)
        except _NotClosed:
            raise TemplateError(len(template), f"tag not closed, it opens at offset {start}") from None
        pieces.tags.append(tag)
        pieces.starts.append(start)
        pieces.ends.append(position)
    pieces.texts.append(template[position:])
    return pieces


def _read_delimiters(template: str, start: int, begin: int, closing: str) -> tuple[str, str, int]:
    """The delimiters that a delimiter tag names from ``begin`` on, and where the tag ends. Raises TemplateError."""
    equals = template.find("=", begin)
    end = template.find(closing, equals + 1) if equals >= 0 else -1
    if end < 0:
        raise _NotClosed
    if template[equals + 1 : end].strip(WHITE_SPACE):
        raise TemplateError(start, "a delimiter tag must end with the equals sign")
    delimiters = template[begin:equals].split()
    if len(delimiters) != 2:
        raise TemplateError(start, "a delimiter tag must name two delimiters")
    return delimiters[0], delimiters[1], end + len(closing)


def _end_of_content(template: str, begin: int, closing: str) -> int:
    """Where a tag's content ends, to which a triple tag's own closing brace belongs. Raises _NotClosed."""
    end = template.find(closing, begin)
    if end < 0:
        raise _NotClosed
    return end + 1 if template.startswith("}" + closing, end) and _TRIPLE.match(template, begin) else end


def _read_tag(content: str) -> Tag:
    """The tag that has this content between its delimiters. Raises _NotClosed."""
    content = content.lstrip(WHITE_SPACE)
    match content[:1]:
        case "!" | ">":
            return None
        case "/":
            return Closing(content[1:].strip(WHITE_SPACE))
        case "#" | "^" as sigil:
            name = content[1:].strip(WHITE_SPACE)
            return Opening(name, _path(name), sigil == "^")
        case "&":
            return _variable(content[1:], is_escaped=False)
        case "{":
            if not content.endswith("}"):
                raise _NotClosed
            return _variable(content[1:-1], is_escaped=False)
    return _variable(content, is_escaped=True)


def _variable(text: str, *, is_escaped: bool) -> Variable:
    name = text.strip(WHITE_SPACE)
    path = _path(name) if name else _NOWHERE
    return Variable(name, path, path[0] if path else ".", path[1:], is_escaped)


def _path(name: str) -> Path:
    return () if name == "." else tuple(name.split("."))
