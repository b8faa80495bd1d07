"""From pydantic's findings to problems in our own words: path, what is wrong, remedy."""

import difflib
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonValue
from engine.operations.shape import check_shape

Model = TypeVar("Model", bound=BaseModel)

_EXPECTED = {
    "string_type": "a string",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
_MARK_OF_KEYS = "[key]"
"""What pydantic adds to the path of a problem with a member's name."""

_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


def parse_model(model: type[Model], value: JsonValue) -> Model:
    """The value as a model. Raises InvalidInput with every problem, in the order of the model's declarations."""
    check_shape(value)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InvalidInput(list(_problems(error.errors(include_url=False), model))) from None


def suggest(word: str, known: Sequence[str]) -> str:
    """A remedy for an unknown name: the nearest known one, or all of them."""
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"known here: {', '.join(known)}" if known else "remove it"


def show(value: JsonValue) -> str:
    """A value as error texts show it: short, and never the inside of an object or list."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = repr(value)
    return text if len(text) <= 43 else text[:40] + "..."


def _problems(errors: Sequence[ErrorDetails], model: type[BaseModel]) -> Iterator[Problem]:
    for error in errors:
        path = ".".join(str(part) for part in error["loc"] if part != _MARK_OF_KEYS)
        message, remedy = _describe(error, model)
        yield Problem(path, message, remedy)


def _describe(error: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    kind, context = error["type"], error.get("ctx", {})
    if kind.startswith("tocsin_"):
        return str(context["message"]), str(context["remedy"])
    if kind == "missing":
        return "is required", "add it"
    if kind == "extra_forbidden":
        return "is not a known member", suggest(str(error["loc"][-1]), _members_at(model, error["loc"][:-1]))
    if kind == "literal_error":
        return f"{show(error['input'])} is not allowed", f"use {context['expected']}"
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return f"{show(error['input'])} is out of range", f"use a number of {words} {context[key]}"
    if kind in ("too_long", "string_too_long"):
        return "is too long", f"the limit is {context['max_length']}"
    if kind in ("too_short", "string_too_short"):
        return "is too short", f"at least {context['min_length']} needed"
    expected = _EXPECTED.get(kind)
    if expected is not None:
        return f"must be {expected}, not {show(error['input'])}", f"write {expected}"
    return error["msg"], "see the reference of this member"


def _members_at(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """The names that the object at a location may have."""
    for part in location:
        annotation = next((f.annotation for name, f in model.model_fields.items() if part in (name, f.alias)), None)
        model = _model_within(annotation) or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_within(annotation: Any) -> type[BaseModel] | None:
    """The first model in an annotation such as ``list[X]``, ``X | None`` or ``dict[str, X]``."""
    pending = [annotation]
    while pending:
        candidate = pending.pop(0)
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
        pending.extend(getattr(candidate, "__args__", ()))
    return None
