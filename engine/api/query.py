"""Query strings: what members of a route's query model are made of, and how text becomes them (rest-api.md 1.5)."""

import re
from collections.abc import Iterable
from typing import Annotated, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from engine.operations.validation import parse_model
from engine.operations.values import refusal

Model = TypeVar("Model", bound=BaseModel)

_NUMBER = re.compile(r"[+-]?[0-9]{1,15}", re.ASCII)
_LARGEST_NUMBER = 10**15 - 1
_MOST_VALUES = 1000


def _as_bool(value: object) -> object:
    if isinstance(value, bool):
        return value
    if value not in ("true", "false"):
        raise refusal("is not true or false", "write true or false")
    return value == "true"


def _as_integer(value: object) -> object:
    if isinstance(value, int):
        return value
    if not isinstance(value, str) or _NUMBER.fullmatch(value) is None:
        raise refusal("is not a whole number", "write it in decimal digits")
    return int(value)


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _check_count(values: list[str]) -> list[str]:
    if len(values) > _MOST_VALUES:
        raise refusal(f"is given more than {_MOST_VALUES} times", "ask in several requests")
    return values


QueryBool: TypeAlias = Annotated[bool, BeforeValidator(_as_bool)]
QueryInteger: TypeAlias = Annotated[int, Field(ge=-_LARGEST_NUMBER, le=_LARGEST_NUMBER), BeforeValidator(_as_integer)]
ONE_OR_MORE = BeforeValidator(_as_list)
"""What a list that may be given once, or repeated, is annotated with."""
QueryTexts: TypeAlias = Annotated[list[str], ONE_OR_MORE, AfterValidator(_check_count)]
"""A parameter that may be repeated. Texts that are given once are ``str``, choices ``Literal[...]``."""


def parse_query(model: type[Model], pairs: Iterable[tuple[str, str]]) -> Model:
    """The pairs of a query string as the model. Raises InvalidInput, also for a text that is given twice."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return parse_model(model, {name: values[0] if len(values) == 1 else values for name, values in found.items()})
