"""A document as queries see it: the values of each field, however the document writes its objects."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from engine.model.instant import to_ms
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.query.analysis import analyze

_NONE: tuple[JsonValue, ...] = ()
_METADATA = frozenset({"_id", "_index"})


class DocumentView:
    """One document at one instant, read once for any number of queries.

    Dotted keys and nested objects are the same, arrays are flattened, nulls are left out (kql.md 10). ``now_ms`` is
    the instant that date math counts from. The id is ``_id``, else the uuid of the alert that the document is about.
    """

    def __init__(self, document: JsonObject, at: datetime) -> None:
        self.at, self.now_ms = at, to_ms(at)
        self.id: JsonValue = document.get("_id", document.get("kibana.alert.uuid"))
        self._document = document
        self._values = _flatten(document)
        self._tokens: dict[str, list[list[str]]] = {}

    def values(self, field: str) -> Sequence[JsonValue]:
        """The scalars of a field, empty if it has none."""
        return self._values.get(field, _NONE)

    def tokens(self, field: str) -> list[list[str]]:
        """The lower-cased words of each text in a field."""
        if field not in self._tokens:
            self._tokens[field] = [analyze(_as_text(value), "standard") for value in self.values(field)]
        return self._tokens[field]

    def names(self) -> Iterator[str]:
        """The fields that have a value."""
        return iter(self._values)

    def has(self, field: str) -> bool:
        """Whether the field, or one below the object of that name, has a value."""
        if field in self._values:
            return True
        below = f"{field}."
        return any(name.startswith(below) for name in self._values)

    def objects(self, path: str) -> Iterator["DocumentView"]:
        """The objects at a path, each as a document of its own with full field names."""
        for found in _objects_at(self._document, path):
            yield DocumentView({path: found}, self.at)


def _flatten(document: JsonObject) -> dict[str, list[JsonValue]]:
    values: dict[str, list[JsonValue]] = {}
    waiting: list[tuple[str, JsonValue]] = [item for item in document.items() if item[0] not in _METADATA]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend((f"{name}.{key}", member) for key, member in value.items())
        elif isinstance(value, list | tuple):
            waiting.extend((name, element) for element in value)
        elif value is not None:
            values.setdefault(name, []).append(value)
    return values


def _objects_at(holder: JsonValue, path: str) -> Iterator[JsonObject]:
    """The objects that a path leads to, through dotted keys, nested objects and arrays."""
    waiting: list[tuple[JsonValue, str]] = [(holder, path)]
    while waiting:
        value, rest = waiting.pop()
        if isinstance(value, list | tuple):
            waiting.extend((element, rest) for element in value)
        elif not isinstance(value, dict):
            continue
        elif not rest:
            yield value
        else:
            for key, member in value.items():
                if rest == key or rest.startswith(f"{key}."):
                    waiting.append((member, rest[len(key) + 1 :]))


def _as_text(value: JsonValue) -> str:
    return value if isinstance(value, str) else str(value)
