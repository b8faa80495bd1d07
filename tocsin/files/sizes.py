"""Sizes as operators write them: ``500kb``, ``1mb`` or ``2gb``, in powers of 1024."""

import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from engine.operations.values import refusal

_SIZE = re.compile(r"([1-9][0-9]{0,14})(b|kb|mb|gb|tb)", re.ASCII)
_UNITS = {"b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3, "tb": 1024**4}


def parse_size(text: str) -> int:
    """The bytes of a size. Raises ValueError."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a size: write a positive integer and b, kb, mb, gb or tb, like 1mb")
    return int(match[1]) * _UNITS[match[2]]


def _check_size(text: str) -> str:
    if _SIZE.fullmatch(text) is None:
        raise refusal(f"{text[:40]!r} is not a size", "write a positive integer and b, kb, mb, gb or tb, like 1mb")
    return text


Size: TypeAlias = Annotated[str, AfterValidator(_check_size)]
