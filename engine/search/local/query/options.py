"""Options that many queries have."""

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.errors import illegal, parsing
from engine.search.local.query.minimum import check_minimum
from engine.search.local.shape import as_number, as_text, check_keys, only_key
from engine.search.local.shape import pointer as inside


def common_options(content: JsonObject, at: str) -> tuple[float, str | None]:
    """``boost`` and ``_name``."""
    boost = as_number(content.get("boost", 1.0), inside(at, "boost"))
    name = content.get("_name")
    return boost, None if name is None else as_text(name, inside(at, "_name"))


def minimum_option(content: JsonObject, at: str) -> str | None:
    """``minimum_should_match``, checked; None if it is not given."""
    given = content.get("minimum_should_match")
    return None if given is None else check_minimum(str(given), inside(at, "minimum_should_match"))


def field_and_options(content: JsonObject, at: str, short: str, known: str, what: str) -> tuple[str, JsonObject]:
    """``{field: value}`` or ``{field: {short: value, ...}}`` as the field and the latter form."""
    field, given = only_key(content, at, f"[{what}] query")
    if isinstance(given, list):
        raise parsing(f"[{what}] query does not support arrays", inside(at, field))
    options = given if isinstance(given, dict) else {short: given}
    check_keys(options, [short, *known.split(), "boost", "_name"], inside(at, field), what)
    return field, options


def scalar(value: JsonValue, at: str, what: str) -> JsonValue:
    """A text, a number or a boolean, or 400."""
    if value is None or isinstance(value, dict | list):
        raise illegal(f"[{what}] query needs a value that is a text, a number or a boolean", at)
    return value


def pattern_text(value: JsonValue, at: str, what: str) -> str:
    """A scalar as the text that patterns are."""
    given = scalar(value, at, what)
    return ("true" if given else "false") if isinstance(given, bool) else str(given)
