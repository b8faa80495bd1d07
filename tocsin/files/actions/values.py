"""Values as Kibana's files write them: sizes, durations, host names (connector-framework.md 6, 10)."""

import re
from datetime import timedelta
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from engine.operations.values import as_whole_number, refusal
from engine.ports.target import ANY_HOST

_SIZE = re.compile(r"(0|[1-9][0-9]{0,14})(b|kb|mb|gb)?", re.ASCII)
_BYTES = {None: 1, "b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3}
_DURATION = re.compile(r"(0|[1-9][0-9]{0,11})(ms|s|m|h|d|w|M|Y)", re.ASCII)
_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_MONTHS = {"M": 1, "Y": 12}
_DAYS_PER_MONTH = 146_097 / 4800
"""Of the Gregorian calendar; months and years are rounded to whole days, so that 1M is 30d and 1Y 365d."""
_LONGEST = timedelta(days=36_500)
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.ASCII | re.I)
_IPV6 = re.compile(r"[0-9a-f:.]*:[0-9a-f:.]*", re.ASCII | re.I)


def _as_bytes(value: object) -> object:
    """A plain number is a number of bytes."""
    value = as_whole_number(value)
    if isinstance(value, bool) or not isinstance(value, int | str):
        return value
    match = _SIZE.fullmatch(str(value))
    if match is None or int(match[1]) == 0:
        raise refusal(f"{str(value)[:40]!r} is not a size", "write a positive integer and b, kb, mb or gb, like 1mb")
    return int(match[1]) * _BYTES[match[2]]


def _as_timedelta(value: object) -> object:
    """A plain number is a number of milliseconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = f"{as_whole_number(value)}ms"
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) == 0:
        remedy = "write a positive integer and ms, s, m, h, d, w, M or Y, like 60s"
        raise refusal(f"{str(value)[:40]!r} is not a duration", remedy)
    count, unit = int(match[1]), match[2]
    if unit in _MONTHS:
        count, unit = round(count * _MONTHS[unit] * _DAYS_PER_MONTH), "d"
    return _UNITS[unit] * count if count < _LONGEST / _UNITS[unit] else _LONGEST


def _check_host(host: str) -> str:
    if _HOST.fullmatch(host) is None and _IPV6.fullmatch(host) is None:
        raise refusal(f"{host[:60]!r} is no host name", "write it without protocol, port and path, like example.org")
    return host


def _check_host_or_any(host: str) -> str:
    return host if host == ANY_HOST else _check_host(host)


ByteSize: TypeAlias = Annotated[int, BeforeValidator(_as_bytes)]
Span: TypeAlias = Annotated[timedelta, BeforeValidator(_as_timedelta)]
Host: TypeAlias = Annotated[str, AfterValidator(_check_host)]
HostOrAny: TypeAlias = Annotated[str, AfterValidator(_check_host_or_any)]
Text: TypeAlias = Annotated[str, Field(min_length=1)]
