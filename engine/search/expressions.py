"""Index expressions as text: ``logs-*,-logs-old`` is two, ``<logs-{now/d{yyyy,MM}}>`` one (embedded-search.md 11)."""

import re
from collections.abc import Iterable

_COMMA = re.compile(r",(?![^<]*>)")
"""Commas inside date math belong to the name."""


def split_expressions(texts: Iterable[str]) -> list[str]:
    """The single expressions of lists of them, without blanks around; empty ones are left out."""
    return [part.strip() for text in texts for part in _COMMA.split(text) if part.strip()]
