"""A document as queries see it: the values of each field, however the document writes its objects."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from engine.model.instant import to_ms
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.query.analysis import analyze

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
        self._values: dict[str, list[JsonValue]] = {}
        self._all: dict[str, list[JsonValue]] | None = None
        self._tokens: dict[str, list[list[str]]] = {}

    def values(self, field: str) -> Sequence[JsonValue]:
        """The scalars of a field, empty if it has none."""
        found = self._values.get(field)
        if found is None:
            found = self._values[field] = []
            if field not in _METADATA:
                _collect(self._document, field, found)
        return found

    def tokens(self, field: str) -> list[list[str]]:
        """The lower-cased words of each text in a field."""
        if field not in self._tokens:
            self._tokens[field] = [analyze(_as_text(value), "standard") for value in self.values(field)]
        return self._tokens[field]

    def names(self) -> Iterator[str]:
        """The fields that have a value."""
        if self._all is None:
            self._all = _flatten(self._document)
        return iter(self._all)

    def has(self, field: str) -> bool:
        """Whether the field, or one below the object of that name, has a value."""
        if self.values(field):
            return True
        below = f"{field}."
        return any(name.startswith(below) for name in self.names())

    def objects(self, path: str) -> Iterator["DocumentView"]:
        """The objects at a path, each as a document of its own with full field names."""
        for found in _objects_at(self._document, path):
            yield DocumentView({path: found}, self.at)


def _collect(holder: JsonObject, name: str, found: list[JsonValue]) -> None:
    """Add the scalars that an object has under a name: under that key, and through objects under its beginnings."""
    if name in holder:
        _add_scalars(holder[name], found)
    at = name.find(".")
    while at >= 0:
        member = holder.get(name[:at])
        if member is not None:
            for each in _objects_in(member):
                _collect(each, name[at + 1 :], found)
        at = name.find(".", at + 1)


def _add_scalars(value: JsonValue, found: list[JsonValue]) -> None:
    if isinstance(value, list | tuple):
        found.extend(each for each in _elements(value) if each is not None and not isinstance(each, dict))
    elif value is not None and not isinstance(value, dict):
        found.append(value)


def _objects_in(value: JsonValue) -> Iterator[JsonObject]:
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list | tuple):
        yield from (each for each in _elements(value) if isinstance(each, dict))


def _elements(array: Sequence[JsonValue]) -> Iterator[JsonValue]:
    """What an array holds, through the arrays in it, however deep they are nested."""
    waiting = list(reversed(array))
    while waiting:
        element = waiting.pop()
        if isinstance(element, list | tuple):
            waiting.extend(reversed(element))
        else:
            yield element


def _flatten(document: JsonObject) -> dict[str, list[JsonValue]]:
    """The scalars of every field."""
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


def _objects_at(holder: JsonObject, path: str) -> Iterator[JsonObject]:
    """The objects that a path leads to, through dotted keys, nested objects and arrays."""
    if path in holder:
        yield from _objects_in(holder[path])
    at = path.find(".")
    while at >= 0:
        for each in _objects_in(holder.get(path[:at])):
            yield from _objects_at(each, path[at + 1 :])
        at = path.find(".", at + 1)


def _as_text(value: JsonValue) -> str:
    return value if isinstance(value, str) else str(value)
