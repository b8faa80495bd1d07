"""Patterns in which only ``*`` is special: it stands for any run of characters, none included."""

from collections.abc import Sequence


def matches_pieces(text: str, pieces: Sequence[str]) -> bool:
    """Whether the whole text matches the pattern, given as the pieces between its stars.

    Each piece is looked for once, from left to right, so no pattern makes this slow.
    """
    if len(pieces) == 1:
        return text == pieces[0]
    first, *middle, last = pieces
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in middle:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True
