"""From documents to rows: every value converted by its field's type, unmapped fields inferred on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.errors import BadValue
from engine.search.local.inference import infer_fields
from engine.search.local.mapping import Field, IndexMapping
from engine.search.local.values import Convert, converter

_DEEPEST = 100
Row = dict[str, object]
"""Column -> stored value, or a list of two and more of them. Columns without a value are left out."""


class Rejected(Exception):
    """A document that cannot be mapped: ``field`` and the reason."""

    def __init__(self, field_name: str | None, reason: str) -> None:
        self.field, self.reason = field_name, reason
        super().__init__(f"{field_name}: {reason}")


@dataclass(slots=True)
class BuiltRow:
    """A document's row and the fields whose value was ignored."""

    values: Row
    ignored: list[str]


@dataclass(slots=True)
class _Leaf:
    targets: list[tuple[Field, Convert]]
    takes_nulls: bool
    is_point: bool


@dataclass(slots=True)
class RowBuilder:
    """Builds rows for one index. The mapping grows with the documents; a rejected document leaves it as it was."""

    mapping: IndexMapping
    numeric_detection: bool = False
    _leaves: dict[str, _Leaf] = field(default_factory=dict)
    _row: Row = field(default_factory=dict)
    _ignored: list[str] = field(default_factory=list)
    _added: list[Field] = field(default_factory=list)
    _added_objects: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for path in self.mapping.leaves:
            self._bind(path)

    def build(self, document: Mapping[str, JsonValue]) -> BuiltRow:
        """The row of a document. Raises Rejected."""
        self._row, self._ignored, self._added, self._added_objects = {}, [], [], []
        try:
            self._walk("", document, 0)
        except BadValue as problem:
            self._forget()
            raise Rejected(None, problem.reason) from problem
        except Rejected:
            self._forget()
            raise
        return BuiltRow(self._row, self._ignored)

    def _forget(self) -> None:
        self.mapping.remove_fields([added.name for added in self._added])
        for added in self._added:
            self._leaves.pop(added.source, None)
        self.mapping.objects.difference_update(self._added_objects)

    def _bind(self, path: str) -> _Leaf:
        fields = self.mapping.leaves[path]
        leaf = _Leaf(
            [(each, converter(each)) for each in fields],
            any(each.null_value is not None for each in fields),
            any(each.family == "geo_point" for each in fields),
        )
        self._leaves[path] = leaf
        return leaf

    def _walk(self, prefix: str, document: Mapping[str, JsonValue], depth: int) -> None:
        if depth > _DEEPEST:
            raise Rejected(prefix[:200].rstrip("."), f"objects are nested deeper than {_DEEPEST}")
        leaves = self._leaves
        for key, value in document.items():
            path = prefix + key
            leaf = leaves.get(path)
            if leaf is None:
                self._walk_unknown(path, value, depth)
            elif value is None:
                if leaf.takes_nulls:
                    self._accept(path, leaf, None)
            elif type(value) is list:
                self._accept_all(path, leaf, value, depth)
            else:
                self._accept(path, leaf, value)

    def _accept_all(self, path: str, leaf: _Leaf, values: list[JsonValue], depth: int) -> None:
        if depth > _DEEPEST:
            raise Rejected(path, f"arrays are nested deeper than {_DEEPEST}")
        if leaf.is_point and values and not isinstance(values[0], list | dict | str):
            self._accept(path, leaf, values)
            return
        for value in values:
            if isinstance(value, list):
                self._accept_all(path, leaf, value, depth + 1)
            elif value is not None or leaf.takes_nulls:
                self._accept(path, leaf, value)

    def _accept(self, path: str, leaf: _Leaf, value: JsonValue) -> None:
        row = self._row
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
                    raise Rejected(path, reason) from problem
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
                    self._accept_all(path, leaf, [element], depth + 1)
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
        self._accept(path, self._bind(path), value)

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
