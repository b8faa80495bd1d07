"""Names for JSON as it enters and leaves the engine."""

from typing import Any, TypeAlias

JsonValue: TypeAlias = Any
"""A JSON value: object, array, string, number, boolean or null."""

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object."""
