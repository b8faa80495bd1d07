"""Numbers and keys as people and alert ids show them."""

import math
from decimal import Decimal

from engine.model.jsonvalue import JsonValue

_EXPONENT_FROM = 1e21
_EXPONENT_BELOW = 1e-6


def number_text(value: float) -> str:
    """A number the short way: ``1``, ``1.5``, never ``1.0``; exponents only from 1e21 up and below 1e-6."""
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if value == 0:
        return "0"
    text = repr(value).removesuffix(".0")
    if "e" not in text:
        return text
    if _EXPONENT_BELOW <= abs(value) < _EXPONENT_FROM:
        return format(Decimal(text), "f")
    mantissa, exponent = text.split("e")
    return f"{mantissa}e{int(exponent):+d}"


def key_text(key: JsonValue) -> str:
    """A bucket key as text: numbers the short way, the parts of a composed key joined with ``,``, null as nothing."""
    if isinstance(key, str):
        return key
    if isinstance(key, list):
        return ",".join(key_text(part) for part in key)
    if key is None:
        return ""
    if isinstance(key, bool):
        return "true" if key else "false"
    return number_text(key)
