"""Value conventions of request bodies as pydantic types (rest-api.md 1.5); nothing is coerced or trimmed."""

import re
from functools import cache
from typing import Annotated, TypeAlias
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from engine.timing.durations import is_duration

_LONGEST_DURATION_TEXT = 1000
_EXACT_INTEGERS = 2**53
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
_FIXED_OFFSET = re.compile(r"(UTC|GMT)?[+-](0?[0-9]|1[0-4])(:?[0-5][0-9])?", re.ASCII)


class Strict(BaseModel):
    """Base of all bodies: unknown members are errors, values keep their JSON type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def refusal(message: str, remedy: str) -> PydanticCustomError:
    """The error of a value check; `engine.operations.validation` makes a Problem of it."""
    return PydanticCustomError("tocsin_refusal", "{message}", {"message": message, "remedy": remedy})


def _check_duration(text: str) -> str:
    if len(text) > _LONGEST_DURATION_TEXT or not is_duration(text):
        raise refusal(f"{text[:40]!r} is not a duration", "write a positive integer and s, m, h or d, like 5m")
    return text


def _check_clock_start(text: str) -> str:
    if _CLOCK.fullmatch(text) is None:
        raise refusal(f"{text[:40]!r} is not a time of day", "write H:mm or HH:mm, from 0:00 to 23:59")
    return text


def _check_clock_end(text: str) -> str:
    return text if text == "24:00" else _check_clock_start(text)


def _check_timezone(name: str) -> str:
    if name not in _timezone_names() and _FIXED_OFFSET.fullmatch(name) is None:
        raise refusal(f"{name[:60]!r} is not a known time zone", "use a name of the tz database, like Europe/Berlin")
    return name


def _refuse_null(value: object) -> object:
    if value is None:
        raise refusal("must not be null", "leave it out instead")
    return value


def as_whole_number(value: object) -> object:
    """JSON has one kind of number: ``5.0`` is the whole number 5."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT_INTEGERS:
        return int(value)
    return value


@cache
def _timezone_names() -> frozenset[str]:
    return frozenset(available_timezones())


NotNull = BeforeValidator(_refuse_null)
"""For members that may be absent but not null: ``Annotated[X | None, NotNull] = None``."""

Duration: TypeAlias = Annotated[str, AfterValidator(_check_duration)]
ClockStart: TypeAlias = Annotated[str, AfterValidator(_check_clock_start)]
ClockEnd: TypeAlias = Annotated[str, AfterValidator(_check_clock_end)]
Timezone: TypeAlias = Annotated[str, AfterValidator(_check_timezone)]
WholeNumber: TypeAlias = Annotated[
    int, Field(ge=-_EXACT_INTEGERS, le=_EXACT_INTEGERS), BeforeValidator(as_whole_number)
]
FlappingNumber: TypeAlias = Annotated[int, Field(ge=2, le=20), BeforeValidator(as_whole_number)]
Weekday: TypeAlias = Annotated[int, Field(ge=1, le=7), BeforeValidator(as_whole_number)]
