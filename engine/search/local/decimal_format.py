"""Number patterns of java.text.DecimalFormat: ``#.0``, ``000.00``, ``#,##0.##``, ``0%``."""

import re
from decimal import ROUND_HALF_EVEN, Decimal

_PATTERN = re.compile(r"([^#0,.]*)([#0,]*)(?:\.([#0]*))?([^#0,.]*)")


def format_number(number: float, pattern: str) -> str:
    """The number in the pattern's form. Raises ValueError for patterns that are none."""
    positive, _, negative = pattern.partition(";")
    match = _PATTERN.fullmatch(positive.replace("'", ""))
    if match is None or not (match[2] or match[3]):
        raise ValueError(f"Malformed pattern [{pattern}]: write one like #,##0.00")
    prefix, whole, fraction, suffix = match[1], match[2], match[3] or "", match[4]
    value = Decimal(repr(float(number))) * (100 if "%" in prefix + suffix else 1)
    rounded = abs(value).quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_EVEN)
    digits, _, decimals = f"{rounded:f}".partition(".")
    digits = digits.lstrip("0").rjust(whole.count("0"), "0")
    if "," in whole:
        size = len(whole) - whole.rindex(",") - 1
        digits = _grouped(digits, size) if size else digits
    needed = len(fraction.rstrip("#"))
    decimals = decimals[:needed] + decimals[needed:].rstrip("0")
    sign = "-" if value < 0 and rounded != 0 and not negative else ""
    text = f"{digits}.{decimals}" if decimals else digits or ("0" if not fraction.strip("#") else "")
    return f"{sign}{prefix}{text}{suffix}"


def _grouped(digits: str, size: int) -> str:
    head = len(digits) % size
    groups = [digits[:head]] if head else []
    groups += [digits[at : at + size] for at in range(head, len(digits), size)]
    return ",".join(groups)
