"""Values that callers compare attributes of rules with, read as the attribute's kind says (rest-api.md 4.5)."""

from datetime import datetime
from typing import Literal

from engine.model.errors import InvalidInput, Problem
from engine.model.instant import to_ms
from engine.ports.store.rule_conditions import SEVERITIES, Attribute, IsAnyOf, IsWithin
from engine.query.match.values import as_boolean, as_number, date_bound

Comparison = Literal["gt", "gte", "lt", "lte"]
Bound = str | int | float


def equals(attribute: Attribute, value: str, place: str) -> IsAnyOf:
    """The test for one value of an attribute that is no date. Raises InvalidInput for one that it cannot have."""
    if attribute.kind == "number":
        return IsAnyOf((_number(attribute, value, place),))
    if attribute.kind == "boolean":
        truth = as_boolean(value)
        if truth is None:
            raise _invalid(place, f"[{value[:80]}] is no value of [{attribute.name}]", "write true or false")
        return IsAnyOf((truth,))
    return IsAnyOf((value,))


def date_span(value: str, at: datetime, place: str) -> IsWithin:
    """The test for a date: an incomplete one stands for all of it. Raises InvalidInput."""
    return IsWithin(_date(value, at, place, round_up=False), _date(value, at, place, round_up=True))


def is_between(attribute: Attribute, comparison: Comparison, value: str, at: datetime, place: str) -> IsWithin:
    """The test for one side of a bound. Raises InvalidInput for bounds that the attribute's values do not have."""
    bound = _bound(attribute, comparison, value, at, place)
    if comparison in ("gt", "gte"):
        return IsWithin(low=bound, is_low_open=comparison == "gt")
    return IsWithin(high=bound, is_high_open=comparison == "lt")


def _bound(attribute: Attribute, comparison: Comparison, value: str, at: datetime, place: str) -> Bound:
    match attribute.kind:
        case "date":
            return _date(value, at, place, round_up=comparison in ("gt", "lte"))
        case "number":
            return _number(attribute, value, place)
        case "severity":
            if value not in SEVERITIES:
                raise _invalid(place, f"[{value[:80]}] is no severity", f"use one of {', '.join(SEVERITIES)}")
            return SEVERITIES[value]
        case "boolean":
            raise _invalid(place, f"[{attribute.name}] is neither greater nor less", "test it for true or false")
        case _:
            return value


def _date(value: str, at: datetime, place: str, *, round_up: bool) -> int:
    found = date_bound(value, round_up=round_up)(to_ms(at))
    if found is None:
        raise _invalid(place, f"[{value[:80]}] is no date", "write 2026-01-31, a full time, or now-7d")
    return found


def _number(attribute: Attribute, value: str, place: str) -> int | float:
    number = as_number(value)
    if number is None or abs(number) >= 2**63:
        raise _invalid(place, f"[{value[:80]}] is no value of [{attribute.name}]", "write a number")
    return number


def _invalid(place: str, message: str, remedy: str) -> InvalidInput:
    return InvalidInput([Problem(place, message, remedy)])
