"""Atoms of KQL: quoted and bare texts (kql.md 2.1, 2.2)."""

import re

from engine.query.kql.syntax import Atom, Text, Wildcard

_CONTROLS = {"t": "\t", "r": "\r", "n": "\n"}
_WORDS: dict[str, bool | None] = {"null": None, "true": True, "false": False}
# What JavaScript's String.trim takes away.
_TRIMMED = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_QUOTED_ESCAPE = re.compile(r'\\(?:([trn])|u([0-9a-fA-F]{4})|([\\"]))')

_BARE_PART = re.compile(
    r"""
      (?P<plain>[^\\():<>"*{}nN \t\r\n\u00a0]+)
    | (?P<keyword>not[ \t\r\n\u00a0] | [ \t\r\n\u00a0]+(?:or|and)[ \t\r\n\u00a0])
    | (?P<blank>[ \t\r\n\u00a0]+)
    | \\(?P<not>not)(?=[ \t\r\n\u00a0]|\Z)
    | \\(?P<control>(?-i:[trn]))
    | \\(?P<special>[\\():<>"*{}])
    | \\(?-i:u)(?P<unit>[0-9a-f]{4})
    | \\(?P<word>or|and|not)
    | (?P<star>\*)
    | (?P<n>n)
    """,
    re.VERBOSE | re.IGNORECASE,
)


def read_atom(text: str, at: int) -> tuple[Atom, int] | None:
    """The atom that starts there and where it ends; None if none does."""
    return _read_quoted(text, at) if text.startswith('"', at) else _read_bare(text, at)


def _read_quoted(text: str, at: int) -> tuple[Atom, int] | None:
    match = _QUOTED.match(text, at)
    if match is None:
        return None
    return Text(_join_surrogates(_QUOTED_ESCAPE.sub(_unescape, match[1])), is_quoted=True), match.end()


def _unescape(match: re.Match[str]) -> str:
    control, unit, other = match.groups()
    return _CONTROLS[control] if control else chr(int(unit, 16)) if unit else str(other)


def _read_bare(text: str, start: int) -> tuple[Atom, int] | None:
    """A run of characters up to a special one, a keyword or the end; whitespace inside belongs to it."""
    pieces: list[list[str]] = [[]]
    at = start
    while (match := _BARE_PART.match(text, at)) is not None and match.lastgroup != "keyword":
        if match.lastgroup == "star":
            pieces.append([])
        else:
            pieces[-1].append(_plain_text(match))
        at = match.end()
    return None if at == start else (_atom_of(["".join(piece) for piece in pieces]), at)


def _plain_text(match: re.Match[str]) -> str:
    text = match[match.lastgroup or 0]
    if match.lastgroup == "control":
        return _CONTROLS[text]
    return chr(int(text, 16)) if match.lastgroup == "unit" else text


def _atom_of(pieces: list[str]) -> Atom:
    pieces[0] = pieces[0].lstrip(_TRIMMED)
    pieces[-1] = pieces[-1].rstrip(_TRIMMED)
    joined = [_join_surrogates(piece) for piece in pieces]
    if len(joined) > 1:
        return Wildcard(tuple(joined))
    return Text(_WORDS.get(joined[0], joined[0]))


def _join_surrogates(text: str) -> str:
    r"""Two ``\u`` escapes may make up one character."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
