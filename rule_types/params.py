"""Rule params as pydantic models: lenient scalars, and refusals in plain words.

Stored rules rely on Kibana's coercion (rule-type-es-query.md 2.2): numbers may come as decimal text, booleans as
``"true"``/``"false"``, arrays and objects as JSON text. ``null`` never counts as absent.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails, PydanticCustomError

from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject, JsonValue

ModelT = TypeVar("ModelT", bound="ParamsModel")

UNION_TAGS = frozenset({"<text>", "<list>"})
"""Tags of members that are one of two forms; they show in pydantic's locations and are left out of paths."""

_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)


class ParamsModel(BaseModel):
    """Base of all params models: camel-case members, none unknown, no conversions but the lenient ones below."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, frozen=True)


def union_tag(value: JsonValue) -> str:
    """Which form a member that is a text or a list was given in."""
    return "<list>" if isinstance(value, list) else "<text>"


def _as_number(value: JsonValue) -> JsonValue:
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        value = float(value) if "." in value else int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def _as_finite_number(value: JsonValue) -> JsonValue:
    value = _as_number(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("number_expected", "")
    try:
        is_finite = math.isfinite(value)
    except OverflowError:
        is_finite = False
    if not is_finite:
        raise PydanticCustomError("finite_number", "")
    return value


def _as_boolean(value: JsonValue) -> JsonValue:
    return {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value


def _from_json(kind: type) -> Callable[[JsonValue], JsonValue]:
    def parse(value: JsonValue) -> JsonValue:
        if not isinstance(value, str):
            return value
        try:
            parsed = json.loads(value)
        except (ValueError, RecursionError):
            return value
        return parsed if isinstance(parsed, kind) else value

    return parse


def _refuse_null(value: JsonValue) -> JsonValue:
    if value is None:
        raise PydanticCustomError("null", "")
    return value


NOT_NULL = BeforeValidator(_refuse_null)
"""Marks an optional member: absent is fine, ``null`` is not."""
FROM_JSON_ARRAY = BeforeValidator(_from_json(list))
FROM_JSON_OBJECT = BeforeValidator(_from_json(dict))

Name = Annotated[str, Field(min_length=1)]
Integer = Annotated[int, BeforeValidator(_as_number)]
Number = Annotated[int | float, BeforeValidator(_as_finite_number)]
Boolean = Annotated[bool, BeforeValidator(_as_boolean)]


def parse_params(model: type[ModelT], params: JsonObject, fields: Sequence[str], foreign: str = "") -> ModelT:
    """The params as a model.

    ``fields`` are all members of the rule type in declaration order; ``foreign`` says why one of them that this model
    does not know must be absent. Raises InvalidInput with a problem for every faulty member: in declaration order,
    then the foreign ones, then the unknown ones.
    """
    try:
        return model.model_validate(params)
    except ValidationError as error:
        faults = error.errors(include_url=False)
    ranked = []
    for fault in faults:
        path = [str(part) for part in fault["loc"] if part not in UNION_TAGS]
        place = fields.index(path[0]) if path and path[0] in fields else len(fields)
        if fault["type"] != "extra_forbidden":
            kind, (message, remedy) = 0, _explain(fault)
        elif len(path) == 1 and place < len(fields):
            kind, (message, remedy) = 1, (foreign, "remove it")
        else:
            kind, (message, remedy) = 2, ("is not a known member", "remove it or correct its spelling")
        ranked.append(((kind, place), Problem(".".join(path), message, remedy)))
    raise InvalidInput([problem for _, problem in sorted(ranked, key=itemgetter(0))])


def stored_form(params: JsonObject, model: ParamsModel, defaults: tuple[str, ...]) -> JsonObject:
    """The coerced params in the order given, then the named defaults that were not given."""
    values = model.model_dump(by_alias=True)
    stored = {key: values[key] for key in params}
    return stored | {key: values[key] for key in defaults if key not in stored}


def refuse(path: str, message: str, remedy: str = "") -> InvalidInput:
    """The error for one faulty member."""
    return InvalidInput([Problem(path, message, remedy)])


def _explain(fault: ErrorDetails) -> tuple[str, str]:
    """What is wrong and what to write instead, without the validator's jargon."""
    context = fault.get("ctx", {})
    match fault["type"]:
        case "missing":
            return "is required", "add it"
        case "null":
            return "must not be null", "leave it out or give a value"
        case "string_type":
            return "must be a text", ""
        case "string_too_short":
            return "must not be empty", ""
        case "int_type" | "int_from_float" | "int_parsing" | "int_parsing_size":
            return "must be a whole number", ""
        case "number_expected" | "finite_number":
            return "must be a finite number", ""
        case "greater_than_equal":
            return f"must be at least {context['ge']}", ""
        case "less_than_equal":
            return f"must be at most {context['le']}", ""
        case "bool_type":
            return "must be true or false", ""
        case "literal_error":
            return f"must be one of {context['expected']}", ""
        case "list_type":
            return "must be an array", ""
        case "too_short":
            return f"must have at least {context['min_length']} element(s), not {context['actual_length']}", ""
        case "too_long":
            return f"must have at most {context['max_length']} element(s)", ""
        case "dict_type" | "model_type" | "model_attributes_type":
            return "must be an object", ""
        case _:
            return "is not valid", ""
