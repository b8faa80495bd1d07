"""``minimum_should_match`` (embedded-search.md 4)."""

import re

from engine.search.local.errors import illegal

_SPECIFICATION = re.compile(r"-?\d{1,9}%?", re.ASCII)
_CONDITIONAL = re.compile(r"(\d{1,9})<(-?\d{1,9}%?)", re.ASCII)


def check_minimum(text: str, at: str) -> str:
    """The text if it is well-formed, else 400."""
    parts = text.split()
    if _SPECIFICATION.fullmatch(text.strip()) or (parts and all(_CONDITIONAL.fullmatch(part) for part in parts)):
        return text.strip()
    raise illegal(f"[{text[:100]}] is no minimum_should_match: write 2, -1, 75%, -25% or 2<75%", at)


def required_clauses(text: str, total: int) -> int:
    """How many of ``total`` clauses must match; may be more than there are."""
    if "<" not in text:
        return max(0, _count(text, total))
    required = total
    for part in text.split():
        match = _CONDITIONAL.fullmatch(part)
        if match is None or total <= int(match[1]):
            break
        required = max(0, _count(match[2], total))
    return required


def _count(text: str, total: int) -> int:
    if text.endswith("%"):
        percent = int(text[:-1])
        share = total * abs(percent) // 100
        return share if percent >= 0 else total - share
    count = int(text)
    return count if count >= 0 else total + count
