"""Bodies of connector requests, and the checks of config and secrets (connector-framework.md 4.1, 4.2)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import InitErrorDetails, ValidationError

from engine.model.errors import InvalidInput
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.settings import HttpSettings
from engine.operations.values import Strict, Told, refusal
from engine.ports.connector import ConnectorType

BLANK = "is blank", "write a value or leave it out"
"""What is said of a string without any character but white space."""
_WHITE_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What JavaScript trims: other characters than Python strips, which takes U+001C to U+001F for white space, too."""


def blank_strings(value: JsonValue, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of blank strings, directly or in objects; strings in arrays are not looked at [compat]."""
    if isinstance(value, str) and not value.strip(_WHITE_SPACE):
        yield path
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from blank_strings(member, (*path, name))


def _refuse_blank(value: Any) -> Any:
    details: list[InitErrorDetails] = [
        {"type": refusal(*BLANK), "loc": path, "input": ""} for path in blank_strings(value)
    ]
    if details:
        raise ValidationError.from_exception_data("blank strings", details)
    return value


def _refuse_other_than_object(value: Any) -> Any:
    if not isinstance(value, dict):
        # Without the value, which is a secret that was put in the wrong place.
        raise refusal("must be an object", "write an object")
    return value


Name: TypeAlias = Annotated[str, AfterValidator(_refuse_blank), Told({"pattern": r"\S"})]
Config: TypeAlias = Annotated[dict[str, Any], AfterValidator(_refuse_blank)]
Secrets: TypeAlias = Annotated[Config, BeforeValidator(_refuse_other_than_object)]


class ConnectorBody(Strict):
    """The body that creates a connector."""

    name: Name
    connector_type_id: Name
    config: Config = Field(default_factory=dict)
    secrets: Secrets = Field(default_factory=dict, repr=False)


class ConnectorChanges(Strict):
    """The body that replaces name, config and secrets of a connector, each whole."""

    name: Name
    config: Config = Field(default_factory=dict)
    secrets: Secrets = Field(default_factory=dict, repr=False)


class ExecutionBody(Strict):
    """The body that executes a connector."""

    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ValidParts:
    """Config and secrets of a connector in their validated form, with defaults."""

    config: JsonObject
    secrets: JsonObject = field(repr=False)


def validate_parts(
    connector_type: ConnectorType, config: JsonObject, secrets: JsonObject, settings: HttpSettings
) -> ValidParts:
    """Config, secrets, then the two together. Raises InvalidInput, with paths like ``config.url``, for the first."""
    config = _validated("config", lambda: connector_type.validate_config(config, settings))
    secrets = _validated("secrets", lambda: connector_type.validate_secrets(secrets, settings))
    connector_type.validate_connector(config, secrets)
    return ValidParts(config, secrets)


def _validated(part: str, validate: Callable[[], JsonObject]) -> JsonObject:
    try:
        return validate()
    except InvalidInput as error:
        raise InvalidInput([problem.under(part) for problem in error.problems]) from None
