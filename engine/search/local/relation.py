"""The documents that a query matches, over all indices of a search, with the values that the answer needs.

Values are *slots*: named expressions, one for each index, brought to a common type. Hits, sorting and aggregations ask
for slots; the SQL is made afterwards, so that it holds exactly those.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from engine.search.local.errors import shard_failure
from engine.search.local.fragment import Sql, join, sql, value
from engine.search.local.index import IndexView
from engine.search.local.mapping import Family, Field
from engine.search.local.query.conditions import Compiled


@dataclass(frozen=True, slots=True)
class Matched:
    """One index and the query compiled for it."""

    view: IndexView
    query: Compiled


@dataclass(frozen=True, slots=True)
class FieldValues:
    """A field over all indices: ``field`` stands for them all, ``slot`` holds its values, one or a list of them."""

    field: Field
    family: Family
    sql_type: str
    slot: str
    is_list: bool


@dataclass(slots=True)
class Relation:
    """Matched documents: columns ``ix`` (position of the index), ``seq`` and the slots.

    ``outer``: of nested objects, the documents (or nested objects) below which they were looked for.
    """

    parts: Sequence[Matched]
    outer: "Relation | None" = None
    _slots: dict[str, list[Sql]] = field(default_factory=dict)
    _names: dict[Hashable, str] = field(default_factory=dict)

    @property
    def slots(self) -> list[str]:
        """The names of all slots asked for so far."""
        return list(self._slots)

    def slot(self, key: Hashable, make: Callable[[Matched], Sql]) -> str:
        """The name of a slot; equal keys share one."""
        if key not in self._names:
            name = f"v{len(self._slots)}"
            self._names[key] = name
            self._slots[name] = [make(part) for part in self.parts]
        return self._names[key]

    def sql(self) -> Sql:
        """The query for the matched documents."""
        if not self.parts:
            empty = "".join(f", NULL AS {name}" for name in self._slots)
            return Sql(f"SELECT 0::INTEGER AS ix, 0::BIGINT AS seq{empty} WHERE FALSE")
        return join(" UNION ALL ", [self._part_sql(at, part) for at, part in enumerate(self.parts)])

    def _part_sql(self, at: int, part: Matched) -> Sql:
        picked = [sql("{} AS " + name, expressions[at]) for name, expressions in self._slots.items()]
        head = Sql(f"SELECT {at}::INTEGER AS ix, seq")
        columns = join(", ", [head, *picked])
        return sql("{} FROM " + part.view.table + " WHERE {}", columns, part.query.where)

    def scores(self) -> str:
        """The slot of scores."""
        return self.slot("score", lambda part: _score(part.query))

    def values(self, name: str) -> FieldValues | None:
        """The values of a field; None if no index maps it. Raises SearchError 400 for text and for types that do
        not go together."""
        mapped = [(part.view, part.view.fields[name]) for part in self.parts if name in part.view.fields]
        if not mapped:
            return None
        for view, each in mapped:
            if each.family == "text":
                reason = (
                    f"Fielddata is disabled on [{name}] in [{view.name}]: text fields cannot be aggregated or sorted"
                )
                raise shard_failure(view.name, "illegal_argument_exception", f"{reason}; use a keyword field instead")
        families = {each.family for _, each in mapped}
        if len(families) > 1 and families != {"integer", "float"}:
            reason = f"field [{name}] has types that do not go together: {', '.join(sorted(families))}"
            raise shard_failure(mapped[0][0].name, "illegal_argument_exception", reason)
        first = next((each for _, each in mapped if each.family == "float"), mapped[0][1])
        types = {each.sql_type for _, each in mapped}
        sql_type = types.pop() if len(types) == 1 else "DOUBLE" if "DOUBLE" in types else "HUGEINT"
        scales = {each.nanos_per_unit for _, each in mapped} if first.family == "date" else {1}
        if len(scales) > 1:
            first = next(each for _, each in mapped if each.type == "date")
        columns = [part.view.column(name) for part in self.parts if name in part.view.fields]
        is_list = any(column is not None and column.is_list for column in columns)

        def expression(part: Matched) -> Sql:
            return _values_of(part.view, name, sql_type, is_list, is_scaled=len(scales) > 1)

        return FieldValues(first, first.family, sql_type, self.slot(("values", name), expression), is_list)


def _score(query: Compiled) -> Sql:
    return value(query.score, "DOUBLE") if isinstance(query.score, float) else query.score


def _values_of(view: IndexView, name: str, sql_type: str, is_list: bool, *, is_scaled: bool) -> Sql:
    listed = f"{sql_type}[]" if is_list else sql_type
    column = view.column(name)
    if column is None:
        return Sql(f"NULL::{listed}")
    text = column.name
    if is_scaled and view.fields[name].type == "date_nanos":
        milli = "((x - ((x % 1000000) + 1000000) % 1000000) // 1000000)"
        text = f"list_transform({text}, lambda x: {milli})" if column.is_list else milli.replace("x", text)
    if is_list and not column.is_list:
        text = f"CASE WHEN {text} IS NULL THEN NULL ELSE [{text}] END"
    return Sql(text if column.sql_type == sql_type and column.is_list == is_list else f"({text})::{listed}")
