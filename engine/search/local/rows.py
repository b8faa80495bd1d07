"""From documents to rows: every value converted by its field's type, unmapped fields inferred on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.errors import BadValue, bad_mapping
from engine.search.local.inference import infer_fields
from engine.search.local.mapping import Field, IndexMapping
from engine.search.local.values import Convert, converter

_DEEPEST = 100
_LONGEST_PLAIN = 1 << 30
_MOST_NESTED = 10_000
"""Nested objects of one document, as clusters have it."""
Row = dict[str, object]
"""Column -> stored value, or a list of two and more of them. Columns without a value are left out."""


class Rejected(Exception):
    """A document that cannot be mapped: ``field`` and the reason."""

    def __init__(self, field_name: str | None, reason: str) -> None:
        self.field, self.reason = field_name, reason
        super().__init__(f"{field_name}: {reason}")


class NestedRow(NamedTuple):
    """One nested object: its path, the position of the object around it (-1: the document), and its own row."""

    path: str
    parent: int
    values: Row


class BuiltRow(NamedTuple):
    """A document's row, the fields whose value was ignored, and the rows of its nested objects in order."""

    values: Row
    ignored: list[str]
    nested: list[NestedRow]


@dataclass(slots=True)
class _Leaf:
    """A path with values. ``twin``: columns of a text and of the keyword that holds the same values; then
    ``plain_length`` is the length up to which a text is sure to be in both. ``only``: the converter of a path that
    feeds one field, whose column is ``column``."""

    targets: list[tuple[Field, Convert]]
    takes_nulls: bool
    is_point: bool
    twin: tuple[str, str] | None = None
    plain_length: int = -1
    only: Convert | None = None
    column: str = ""


@dataclass(slots=True)
class RowBuilder:
    """Builds rows for one index. The mapping grows with the documents; a rejected document leaves it as it was.

    A text with a keyword beside it is left out of its own column while the keyword's holds the same. ``lists`` are the
    columns in which some document had several values.

    ``_entries`` remembers for every object what its keys led to before: a leaf, or the prefix of an object below.
    """

    mapping: IndexMapping
    numeric_detection: bool = False
    lists: set[str] = field(default_factory=set)
    _leaves: dict[str, _Leaf] = field(default_factory=dict)
    _entries: dict[str, dict[str, _Leaf | str]] = field(default_factory=dict)
    _row: Row = field(default_factory=dict)
    _ignored: list[str] = field(default_factory=list)
    _nested: list[NestedRow] = field(default_factory=list)
    _around: int = -1
    _added: list[Field] = field(default_factory=list)
    _added_objects: list[str] = field(default_factory=list)
    _twins: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for path in self.mapping.leaves:
            self._bind(path)

    def build(self, document: Mapping[str, JsonValue]) -> BuiltRow:
        """The row of a document. Raises Rejected."""
        row = self._row = {}
        self._ignored, self._nested, self._around, self._added, self._added_objects = [], [], -1, [], []
        try:
            self._walk("", document, 0)
        except BadValue as problem:
            self._forget()
            raise Rejected(None, problem.reason) from problem
        except Rejected:
            self._forget()
            raise
        self._drop_twins(row)
        for each in self._nested:
            self._drop_twins(each.values)
        return BuiltRow(row, self._ignored, self._nested)

    def _drop_twins(self, row: Row) -> None:
        for text, keyword in self._twins:
            if text in row and row[text] == row.get(keyword):
                del row[text]

    def _forget(self) -> None:
        self.mapping.remove_fields([added.name for added in self._added])
        for added in self._added:
            leaf = self._leaves.pop(added.source, None)
            if leaf is not None and leaf.twin is not None:
                self._twins.remove(leaf.twin)
        self.mapping.objects.difference_update(self._added_objects)
        if self._added or self._added_objects:
            self._entries.clear()

    def _bind(self, path: str) -> _Leaf:
        fields = self.mapping.leaves[path]
        leaf = _Leaf(
            [(each, _checked_converter(each)) for each in fields],
            any(each.null_value is not None for each in fields),
            any(each.family == "geo_point" for each in fields),
        )
        twin = next((found for found in map(self.mapping.twin_of, fields) if found is not None), None)
        if twin is not None:
            leaf.twin = next(each.column for each in fields if self.mapping.twin_of(each) is twin), twin.column
            self._twins.append(leaf.twin)
            if len(fields) == 2:
                leaf.plain_length = _LONGEST_PLAIN if twin.ignore_above is None else twin.ignore_above // 2
        if len(fields) == 1 and not leaf.is_point:
            leaf.only, leaf.column = leaf.targets[0][1], fields[0].column
        self._leaves[path] = leaf
        return leaf

    def _walk(self, prefix: str, document: Mapping[str, JsonValue], depth: int) -> None:
        if depth > _DEEPEST:
            raise Rejected(prefix[:200].rstrip("."), f"objects are nested deeper than {_DEEPEST}")
        entries = self._entries.setdefault(prefix, {})
        for key, value in document.items():
            entry = entries.get(key)
            if type(entry) is _Leaf:
                self._take(entry, value, depth)
            elif type(entry) is str and type(value) is dict:
                self._walk(entry, value, depth + 1)
            else:
                self._walk_new(entries, prefix + key, key, value, depth)

    def _walk_new(self, entries: dict[str, _Leaf | str], path: str, key: str, value: JsonValue, depth: int) -> None:
        if self.mapping.nested and (found := self._nested_in(path, key)) is not None:
            rest = path[len(found) + 1 :]
            self._walk_nested(found, {rest: value} if rest else value, depth)
            return
        leaf = self._leaves.get(path)
        if leaf is not None:
            entries[key] = leaf
            self._take(leaf, value, depth)
            return
        self._walk_unknown(path, value, depth)
        if path in self.mapping.objects and path not in self.mapping.disabled:
            entries[key] = f"{path}."

    def _nested_in(self, path: str, key: str) -> str | None:
        """The first nested objects that a key leads to, with all of it or with what stands before one of its dots."""
        end = len(path) - len(key)
        while (end := path.find(".", end + 1)) >= 0:
            if path[:end] in self.mapping.nested:
                return path[:end]
        return path if path in self.mapping.nested else None

    def _walk_nested(self, path: str, value: JsonValue, depth: int) -> None:
        """Every object at the path becomes a row of its own."""
        if isinstance(value, list):
            if depth > _DEEPEST:
                raise Rejected(path, f"arrays are nested deeper than {_DEEPEST}")
            for element in value:
                self._walk_nested(path, element, depth + 1)
        elif isinstance(value, dict):
            if len(self._nested) >= _MOST_NESTED:
                raise Rejected(path, f"there are more than {_MOST_NESTED} nested objects in the document")
            outer, around = self._row, self._around
            self._row, self._around = {}, len(self._nested)
            self._nested.append(NestedRow(path, around, self._row))
            self._walk(f"{path}.", value, depth + 1)
            self._row, self._around = outer, around
        elif value is not None:
            raise Rejected(path, f"object mapping for [{path}] tried to parse as object, but found a concrete value")

    def _take(self, leaf: _Leaf, value: JsonValue, depth: int) -> None:
        """Any value of a leaf; the frequent forms first."""
        row = self._row
        if leaf.only is not None and type(value) is not list and value is not None and leaf.column not in row:
            try:
                stored = leaf.only(value)
            except BadValue:
                stored = None
            if stored is not None:
                row[leaf.column] = stored
                return
        elif leaf.twin is not None and type(value) is str and len(value) <= leaf.plain_length:
            if leaf.twin[1] not in row:
                row[leaf.twin[1]] = value
                return
        elif type(value) is list:
            self._accept_all(leaf, value, depth)
            return
        if value is not None or leaf.takes_nulls:
            self._accept(leaf, value)

    def _accept_all(self, leaf: _Leaf, values: list[JsonValue], depth: int) -> None:
        if depth > _DEEPEST:
            raise Rejected(leaf.targets[0][0].source, f"arrays are nested deeper than {_DEEPEST}")
        if leaf.is_point and values and not isinstance(values[0], list | dict | str):
            self._accept(leaf, values)
            return
        for value in values:
            if isinstance(value, list):
                self._accept_all(leaf, value, depth + 1)
            elif value is not None or leaf.takes_nulls:
                self._accept(leaf, value)

    def _accept(self, leaf: _Leaf, value: JsonValue) -> None:
        row = self._row
        if leaf.twin is not None and leaf.twin[1] in row and leaf.twin[0] not in row:
            first = row[leaf.twin[1]]
            row[leaf.twin[0]] = list(first) if isinstance(first, list) else first
        for target, convert in leaf.targets:
            if value is None:
                if target.null_value is None:
                    continue
                given = target.null_value
            else:
                given = value
            try:
                stored = convert(given)
            except BadValue as problem:
                if not target.ignore_malformed:
                    reason = f"failed to parse field [{target.name}] of type [{target.type}]: {problem.reason}"
                    raise Rejected(target.source, reason) from problem
                stored = None
            if stored is None:
                if target.name not in self._ignored:
                    self._ignored.append(target.name)
                continue
            column = target.column
            known = row.get(column)
            if known is None:
                row[column] = stored
            elif type(known) is list:
                known.append(stored)
            else:
                row[column] = [known, stored]
                self.lists.update(leaf.twin if leaf.twin is not None and column in leaf.twin else (column,))

    def _walk_unknown(self, path: str, value: JsonValue, depth: int) -> None:
        if value is None or path in self.mapping.disabled:
            return
        if isinstance(value, dict):
            self._walk_object(path, value, depth)
        elif isinstance(value, list):
            if depth > _DEEPEST:
                raise Rejected(path, f"arrays are nested deeper than {_DEEPEST}")
            for element in value:
                # The first element may have made the field known.
                leaf = self._leaves.get(path)
                if leaf is None:
                    self._walk_unknown(path, element, depth + 1)
                else:
                    self._accept_all(leaf, [element], depth + 1)
        else:
            self._infer(path, value)

    def _walk_object(self, path: str, value: JsonObject, depth: int) -> None:
        if path not in self.mapping.objects:
            if not self._may_add(path):
                return
            self._added_objects += self.mapping.add_object(path)
        self._walk(f"{path}.", value, depth + 1)

    def _infer(self, path: str, value: JsonValue) -> None:
        if path in self.mapping.objects:
            raise Rejected(path, f"object mapping for [{path}] tried to parse as object, but found a concrete value")
        if not self._may_add(path):
            return
        self._added_objects += self.mapping.add_object(path.rpartition(".")[0])
        try:
            self._added.extend(infer_fields(self.mapping, path, value, numeric=self.numeric_detection))
        except BadValue as problem:
            raise Rejected(path, problem.reason) from problem
        self._accept(self._bind(path), value)

    def _may_add(self, path: str) -> bool:
        parent = path.rpartition(".")[0]
        dynamic = self.mapping.dynamic_at(parent)
        if dynamic == "strict":
            raise Rejected(path, f"mapping set to strict, dynamic introduction of [{path}] is not allowed")
        if dynamic == "true":
            while parent and parent not in self.mapping.objects:
                if parent in self.mapping.leaves:
                    raise Rejected(path, f"[{parent}] is a field with values and cannot be an object")
                parent = parent.rpartition(".")[0]
        return dynamic == "true"


def _checked_converter(mapped: Field) -> Convert:
    convert = converter(mapped)
    if mapped.null_value is not None:
        try:
            convert(mapped.null_value)
        except BadValue as problem:
            raise bad_mapping(f"[null_value] of field [{mapped.name}]: {problem.reason}") from problem
    return convert
