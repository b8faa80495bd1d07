"""Wildcard patterns: ``*`` any run of characters, ``?`` one character, ``\\`` escapes (kql.md 4.1, 10)."""

import re
from collections.abc import Callable

from engine.query.glob import matches_pieces

TextTest = Callable[[str], bool]


def compile_pattern(pattern: str, *, is_folded: bool = False) -> TextTest:
    """Whether a whole text has the form of the pattern; ``is_folded``: whatever the case of its letters.

    Each piece between two stars is looked for once, from left to right, so no pattern makes this slow.
    """
    pieces = _split(pattern.lower() if is_folded else pattern)
    if all(isinstance(character, str) for piece in pieces for character in piece):
        texts = ["".join(map(str, piece)) for piece in pieces]
        return (lambda text: matches_pieces(text.lower(), texts)) if is_folded else lambda t: matches_pieces(t, texts)
    return _with_single_characters(pieces, is_folded)


def _split(pattern: str) -> list[list[str | None]]:
    """The pieces between the stars; None stands for one character, whichever."""
    pieces: list[list[str | None]] = [[]]
    characters = iter(pattern)
    for character in characters:
        if character == "*":
            pieces.append([])
        elif character == "?":
            pieces[-1].append(None)
        elif character == "\\":
            # A backslash at the very end stands for itself.
            pieces[-1].append(next(characters, "\\"))
        else:
            pieces[-1].append(character)
    return pieces


def _with_single_characters(pieces: list[list[str | None]], is_folded: bool) -> TextTest:
    flags = re.DOTALL | (re.IGNORECASE if is_folded else 0)
    expressions = [
        re.compile("".join("." if one is None else re.escape(one) for one in piece), flags) for piece in pieces
    ]
    first, middle, last = expressions[0], expressions[1:-1], expressions[-1]
    last_length = len(pieces[-1])

    def test(text: str) -> bool:
        if len(expressions) == 1:
            return first.fullmatch(text) is not None
        found = first.match(text)
        end = len(text) - last_length
        if found is None or end < found.end() or last.fullmatch(text, end) is None:
            return False
        at = found.end()
        for expression in middle:
            found = expression.search(text, at, end)
            if found is None:
                return False
            at = found.end()
        return True

    return test
