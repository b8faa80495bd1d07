"""JSON schemas of bodies and query strings, as our checks read them, from the models that check them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.operations.values import NotNull

_PLACE: Final = "#/components/schemas/"
_NULL: Final = {"type": "null"}
_FOR_DEVELOPERS: Final = ("title", "description")
"""What pydantic takes from the source: names of classes, and docstrings that speak of the inside."""
_BOUNDS: Final = {"ge": "minimum", "le": "maximum"}
_BOUNDS_OF_LISTS: Final = {"minLength": "minItems", "maxLength": "maxItems"}


def schemas_of(models: Iterable[type[BaseModel]]) -> tuple[dict[type[BaseModel], JsonObject], dict[str, JsonObject]]:
    """A reference for each model, and the schemas that these refer to, by name."""
    ordered = sorted(models, key=lambda model: (model.__module__, model.__qualname__))
    made, shared = models_json_schema(
        [(model, "validation") for model in ordered], ref_template=_PLACE + "{model}", schema_generator=_Wire
    )
    definitions: dict[str, Any] = shared.get("$defs", {})
    references = {model: _put_right(made[model, "validation"]) for model in ordered}
    return references, {_short(name): _put_right(schema) for name, schema in definitions.items()}


class _Wire(GenerateJsonSchema):
    """A member that may be absent but not null takes no null."""

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        made = super().function_before_schema(schema)
        if schema["function"]["function"] is not NotNull.func:
            return made
        kept = [choice for choice in made.get("anyOf", [made]) if choice != _NULL]
        return kept[0] if len(kept) == 1 else {**made, "anyOf": kept}

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        made = super().default_schema(schema)
        # That a member may be absent is told by its not being required.
        return {name: value for name, value in made.items() if name != "default" or value is not None}


def _put_right(schema: JsonObject) -> JsonObject:
    """The schema without what is for developers, and with bounds where a check before hid them from pydantic."""
    is_list = schema.get("type") == "array"
    right: JsonObject = {}
    for name, value in schema.items():
        if name in _FOR_DEVELOPERS or _is_overruled(name, schema):
            continue
        if name == "properties":
            right[name] = {member: _put_right(of) for member, of in value.items()}
        elif name == "$ref":
            right[name] = _PLACE + _short(value.removeprefix(_PLACE))
        elif name in ("default", "enum", "const", "examples"):
            right[name] = value
        else:
            right[_keyword(name, is_list=is_list)] = _within(value)
    if "patternProperties" in right:
        # Names that do not fit are refused, too.
        right.setdefault("additionalProperties", False)
    return right


def _is_overruled(name: str, schema: JsonObject) -> bool:
    return any(name == bound and hidden in schema for hidden, bound in _BOUNDS.items())


def _keyword(name: str, *, is_list: bool) -> str:
    names: Mapping[str, str] = {**_BOUNDS, **(_BOUNDS_OF_LISTS if is_list else {})}
    return names.get(name, name)


def _within(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return _put_right(value)
    return [_within(each) for each in value] if isinstance(value, list) else value


def _short(name: str) -> str:
    """What two models of one name are told apart by: the last part of their modules."""
    return ".".join(name.split("__")[-2:])
