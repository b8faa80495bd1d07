"""Reading request JSON: what is wrong is told with a JSON pointer to it."""

from collections.abc import Iterable
from typing import TypeVar

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.errors import illegal, parsing

T = TypeVar("T")


def pointer(at: str, key: object) -> str:
    """The pointer of a member."""
    return f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}"


def as_object(value: JsonValue, at: str) -> JsonObject:
    """An object, or 400."""
    if not isinstance(value, dict):
        raise parsing(f"expected an object but found {type_word(value)}", at)
    return value


def as_list(value: JsonValue, at: str) -> list[JsonValue]:
    """An array, or 400."""
    if not isinstance(value, list):
        raise parsing(f"expected an array but found {type_word(value)}", at)
    return value


def as_text(value: JsonValue, at: str) -> str:
    """A text, or 400."""
    if not isinstance(value, str):
        raise parsing(f"expected a text but found {type_word(value)}", at)
    return value


def as_bool(value: JsonValue, at: str) -> bool:
    """A boolean or its text, or 400."""
    if value is True or value == "true":
        return True
    if value is False or value == "false":
        return False
    raise parsing(f"expected true or false but found {type_word(value)}", at)


def as_int(value: JsonValue, at: str) -> int:
    """A whole number (a fraction is cut off, a numeric text is read), or 400."""
    if isinstance(value, str):
        try:
            return int(float(value))
        except (ValueError, OverflowError):
            raise illegal(f"expected a number but found [{value[:100]}]", at) from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise parsing(f"expected a number but found {type_word(value)}", at)
    return int(value)


def as_number(value: JsonValue, at: str) -> float:
    """A number, or 400."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise parsing(f"expected a number but found {type_word(value)}", at)
    return float(value)


def only_key(value: JsonValue, at: str, what: str) -> tuple[str, JsonValue]:
    """The name and content of an object with exactly one key, or 400."""
    members = as_object(value, at)
    if len(members) != 1:
        found = "none" if not members else ", ".join(f"[{key}]" for key in members)
        raise parsing(f"{what} needs exactly one key, found {found}", at)
    return next(iter(members.items()))


def check_keys(members: Iterable[str], known: Iterable[str], at: str, what: str) -> None:
    """400 for a key that is not known."""
    allowed = set(known)
    for key in members:
        if key not in allowed:
            raise parsing(f"[{what}] unknown field [{key}]", pointer(at, key))


def as_many(value: T | list[T]) -> list[T]:
    """A list as it is, anything else as a list of one."""
    return value if isinstance(value, list) else [value]


def type_word(value: JsonValue) -> str:
    """What a value is, for messages."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"[{'true' if value else 'false'}]"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    return "a text" if isinstance(value, str) else "a number"
