"""Text from rules, data and connectors on its way to a terminal.

Alert ids and messages come from data: raw, they could move the cursor, clear the screen or forge lines.
"""

from collections.abc import Iterable

_MOST_NAMES = 20


def printable(text: object, kept: str = "") -> str:
    """The text with control and other invisible characters as escapes (``\\x1b``), but for those in ``kept``."""
    shown = str(text)
    if shown.isprintable():
        return shown
    return "".join(
        character if character.isprintable() or character in kept else ascii(character)[1:-1] for character in shown
    )


def printable_lines(text: object) -> str:
    """The same for text of our own that has several lines."""
    return printable(text, kept="\n\t")


def some(names: Iterable[str]) -> str:
    """Names in a sentence, not too many of them."""
    every = list(names)
    more = f" and {len(every) - _MOST_NAMES} more" if len(every) > _MOST_NAMES else ""
    return ", ".join(every[:_MOST_NAMES]) + more
