"""Value conventions of request bodies as pydantic types (rest-api.md 1.5); nothing is coerced or trimmed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, TypeAlias
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from engine.timing.durations import is_duration

_LONGEST_DURATION_TEXT = 1000
_EXACT_INTEGERS = 2**53
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
_FIXED_OFFSET = re.compile(r"(UTC|GMT)?[+-](0?[0-9]|1[0-4])(:?[0-5][0-9])?", re.ASCII)


class Strict(BaseModel):
    """Base of all bodies: unknown members are errors, values keep their JSON type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What the reference tells of a value that a function checks: keywords of JSON Schema, in a type's annotation."""

    keywords: Mapping[str, Any]

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), **self.keywords}


def written_as(pattern: str, **keywords: Any) -> Told:
    """Of a text: the whole of it fits the regular expression, in the common part of Python's and JavaScript's."""
    return Told({"pattern": f"^({pattern})$", **keywords})


@dataclass(frozen=True, slots=True, eq=False)
class OrAlone:
    """What the reference tells of a list: the only item of one may stand for it, with these keywords besides."""

    keywords: Mapping[str, Any] = field(default_factory=dict)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        listed = handler(schema)
        return {"anyOf": [listed, {**listed["items"], **self.keywords}]}


DATE_TIME = Told({"format": "date-time"})
TIME_ZONE = Told({"format": "time-zone"})
DATE_MATH = Told({"format": "date-math"})


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

Duration: TypeAlias = Annotated[
    str, AfterValidator(_check_duration), written_as("[1-9][0-9]*[smhd]", maxLength=_LONGEST_DURATION_TEXT)
]
ClockStart: TypeAlias = Annotated[str, AfterValidator(_check_clock_start), written_as(_CLOCK.pattern)]
ClockEnd: TypeAlias = Annotated[str, AfterValidator(_check_clock_end), written_as(f"{_CLOCK.pattern}|24:00")]
Timezone: TypeAlias = Annotated[str, AfterValidator(_check_timezone), TIME_ZONE]
WholeNumber: TypeAlias = Annotated[
    int, Field(ge=-_EXACT_INTEGERS, le=_EXACT_INTEGERS), BeforeValidator(as_whole_number)
]
FlappingNumber: TypeAlias = Annotated[int, Field(ge=2, le=20), BeforeValidator(as_whole_number)]
Weekday: TypeAlias = Annotated[int, Field(ge=1, le=7), BeforeValidator(as_whole_number)]
