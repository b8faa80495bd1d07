"""Params that name a sub-action and hold its params (connectors-incident.md 1.2)."""

from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import Any

from connectors.incident.remote import RemoteFailure
from connectors.shape import Shape, ShapeT, absent, read_shape, stored_form
from engine.model.connector import ConnectorResult
from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject, JsonValue

PARAMS = "subActionParams"


class _Params(Shape):
    sub_action: str
    sub_action_params: dict[str, Any] = absent()


class Nothing(Shape):
    """Params of a sub-action that takes none."""


def validate_sub_action(params: JsonObject, shapes: Mapping[str, type[Shape]]) -> JsonObject:
    """The params in the form of their sub-action, which must be one of ``shapes``. Raises InvalidInput.

    ``subActionParams`` may be left out where none of its members is required.
    """
    outer = read_shape(_Params, params)
    shape = shapes.get(outer.sub_action)
    if shape is None:
        known = ", ".join(shapes)
        raise InvalidInput([Problem("subAction", f"[{outer.sub_action}] is not known", f"use one of {known}")])
    try:
        inner = read_shape(shape, outer.sub_action_params or {})
    except InvalidInput as error:
        raise InvalidInput(
            [replace(problem, path=f"{PARAMS}.{problem.path}".rstrip(".")) for problem in error.problems]
        ) from None
    return {"subAction": outer.sub_action, PARAMS: stored_form(inner)}


def read_sub_action(shape: type[ShapeT], params: JsonObject) -> ShapeT:
    """The params of the sub-action, of validated params."""
    return read_shape(shape, params[PARAMS])


async def conclude(product: str, work: Coroutine[Any, Any, JsonValue | ConnectorResult]) -> ConnectorResult:
    """The result of a sub-action's work: what it came to as ``data``, ``{}`` for None; a failure is an error."""
    try:
        value = await work
    except RemoteFailure as failure:
        return ConnectorResult(
            "error", f"{product} failed", str(failure), retry=failure.retry, error_source=failure.error_source
        )
    return value if isinstance(value, ConnectorResult) else ConnectorResult("ok", data={} if value is None else value)
