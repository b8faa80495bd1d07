"""``terms`` and ``multi_terms``: grouping in one statement, ordered and cut in the database (embedded-search.md 8)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.aggregation.frames import Frame, KeyFrame, RootFrame, keyed
from engine.search.local.aggregation.keys import Key, bind_key
from engine.search.local.aggregation.metrics import MetricColumns
from engine.search.local.aggregation.nodes import Terms
from engine.search.local.errors import BadValue, bad_query_value, illegal, shard_failure, unsupported
from engine.search.local.fragment import TRUE, Sql, join, sql, value
from engine.search.local.query.conditions import Compiled
from engine.search.local.query.regexps import RegexpError, translate_regexp
from engine.search.local.relation import Matched, Relation
from engine.search.local.values import converter


@dataclass(frozen=True, slots=True)
class Group:
    """One bucket as found: its parent, keys, count, and values of its metrics."""

    parent: int
    keys: tuple[object, ...]
    count: int
    metrics: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class BoundTerms:
    """The aggregation bound to the data."""

    terms: Terms
    keys: tuple[Key, ...]
    metrics: Sequence[MetricColumns]

    @classmethod
    def bind(cls, terms: Terms, relation: Relation, metrics: Sequence[MetricColumns]) -> "BoundTerms":
        return cls(terms, tuple(bind_key(each, relation, terms.at, terms.format) for each in terms.sources), metrics)

    @property
    def _names(self) -> list[str]:
        return [f"k{at}" for at in range(len(self.keys))]

    def statement(self, frame: Frame, parents: int) -> Sql:
        """One row a bucket: parent, keys, count, metrics; in order of parents and rank."""
        grouped = self._grouped(frame)
        if self.terms.min_doc_count == 0:
            grouped = self._with_empty(grouped, frame.relation, parents)
        width = sum(len(metric.expressions) for metric in self.metrics)
        columns = ", ".join(["ord", *self._names, "n", *(f"m{at}" for at in range(width))])
        frequent = f"n >= {self.terms.min_doc_count}"
        if parents == 1:
            # Ranking costs as much again as grouping, and one parent needs none.
            chosen = f"SELECT {columns} FROM ({{}}) WHERE {frequent} ORDER BY {self._order()} LIMIT {self.terms.size}"
            return sql(chosen, grouped)
        rank = f"row_number() OVER (PARTITION BY ord ORDER BY {self._order()}) AS rank"
        ranked = f"SELECT *, {rank} FROM ({{}}) WHERE {frequent}"
        return sql(f"SELECT {columns} FROM ({ranked}) WHERE rank <= {self.terms.size} ORDER BY ord, rank", grouped)

    def others(self, groups: Sequence[Group], parents: int, totals: Callable[[], Mapping[int, int]]) -> list[int]:
        """For each parent the documents that none of its buckets counts; ``totals``, asked if there may be such: how
        many documents have keys."""
        shown: list[list[int]] = [[] for _ in range(parents)]
        for group in groups:
            shown[group.parent].append(group.count)
        if self.terms.min_doc_count <= 1 and all(len(counts) < self.terms.size for counts in shown):
            return [0] * parents
        total = totals()
        return [total.get(parent, 0) - sum(counts) if counts else 0 for parent, counts in enumerate(shown)]

    def totals_statement(self, frame: Frame) -> Sql:
        """One row a parent: its number, and how many documents have keys."""
        documents = keyed(frame, [key.slot for key in self.keys])
        return sql("SELECT ord, count(*) FROM ({}) WHERE {} GROUP BY ord", documents, self._listed())

    def _grouped(self, frame: Frame) -> Sql:
        names = ", ".join(self._names)
        expressions = [expression for metric in self.metrics for expression in metric.expressions]
        columns = [sql("{} AS m" + str(at), each) for at, each in enumerate(expressions)]
        columns += [sql("{} AS o" + str(at), each) for at, each in enumerate(self._metric_orders())]
        picked = join(", ", [Sql(f"ord, {names}, count(*) AS n"), *columns])
        documents = keyed(frame, [key.slot for key in self.keys])
        return sql("SELECT {} FROM ({}) WHERE {} " + f"GROUP BY ord, {names}", picked, documents, self._listed())

    def _metric_orders(self) -> list[Sql]:
        by_name = {metric.name: metric for metric in self.metrics}
        found = []
        for order in self.terms.order:
            if order.target not in ("_key", "_count"):
                found.append(by_name[order.target].orders[order.property])
        return found

    def _order(self) -> str:
        parts, metrics = [], 0
        for order in self.terms.order:
            direction = "DESC" if order.descending else "ASC"
            if order.target == "_count":
                parts.append(f"n {direction}")
            elif order.target == "_key":
                parts += [f"{name} {direction}" for name in self._names]
            else:
                parts.append(f"o{metrics} {direction} NULLS LAST")
                metrics += 1
        return ", ".join([*parts, *self._names])

    def _listed(self) -> Sql:
        """Only keys that ``include`` lists and ``exclude`` does not."""
        conditions = [TRUE]
        if self.terms.include is not None:
            conditions.append(self._is_among(self.terms.include))
        if self.terms.exclude is not None:
            conditions.append(sql("NOT {}", self._is_among(self.terms.exclude)))
        return join(" AND ", conditions)

    def _is_among(self, listed: tuple[JsonValue, ...] | str) -> Sql:
        key = self.keys[0]
        if isinstance(listed, str):
            return sql("regexp_full_match(k0, {})", value(self._expression(key, listed), "VARCHAR"))
        stored = [self._stored(key, each) for each in listed]
        return sql("list_contains({}, k0)", value(stored, f"{key.slot.sql_type}[]"))

    def _expression(self, key: Key, written: str) -> str:
        if key.field.family != "keyword":
            reason = f"Aggregation [{self.terms.name}] cannot support regular expression style include/exclude settings"
            reason += " as they can only be applied to string fields"
            raise shard_failure("_all", "illegal_argument_exception", reason)
        try:
            return translate_regexp(written)
        except RegexpError as error:
            if error.is_limit:
                raise unsupported(f"{error} in [include] and [exclude]", self.terms.at) from None
            raise illegal(f"[{written[:200]}] is no regular expression: {error}", self.terms.at) from None

    def _stored(self, key: Key, given: JsonValue) -> object:
        try:
            return converter(key.field)(given)
        except BadValue as problem:
            raise bad_query_value("_all", key.field.name, problem) from problem

    def _with_empty(self, grouped: Sql, relation: Relation, parents: int) -> Sql:
        """The groups, and for every parent an empty one of each key that any document of the indices has."""
        everything = Relation([Matched(part.view, Compiled(TRUE, 1.0)) for part in relation.parts])
        keys = [bind_key(each, everything, self.terms.at, self.terms.format) for each in self.terms.sources]
        names = ", ".join(self._names)
        known = sql(
            f"SELECT DISTINCT {names} FROM ({{}}) WHERE {{}}",
            keyed(RootFrame(everything), [key.slot for key in keys]),
            self._listed(),
        )
        on = " AND ".join(f"g.{name} = a.{name}" for name in self._names)
        listed = ", ".join(f"a.{name}" for name in self._names)
        return sql(
            f"SELECT p.ord, {listed}, coalesce(g.n, 0) AS n, g.* EXCLUDE (ord, {names}, n) FROM ({{}}) AS a CROSS JOIN "
            f"(SELECT unnest(range({parents})) AS ord) AS p LEFT JOIN ({{}}) AS g ON g.ord = p.ord AND {on}",
            known,
            grouped,
        )

    def group(self, row: Sequence[object]) -> Group:
        """A row of the statement."""
        width = len(self.keys)
        parent, count = (int(str(row[at])) for at in (0, width + 1))
        return Group(parent, tuple(row[1 : width + 1]), count, tuple(row[width + 2 :]))

    def bucket(self, group: Group) -> JsonObject:
        """A bucket without its sub-aggregations."""
        if not self.terms.is_multi:
            shown = self.keys[0].show(cast("JsonValue", group.keys[0]))
        else:
            parts = [
                key.show_component(cast("JsonValue", each)) for key, each in zip(self.keys, group.keys, strict=True)
            ]
            shown = {"key": parts, "key_as_string": "|".join(_component_text(part) for part in parts)}
        bucket = {**shown, "doc_count": group.count}
        if self.terms.shows_error:
            bucket["doc_count_error_upper_bound"] = 0
        return bucket

    def frame(self, parent: Frame, chosen: Sequence[tuple[object, ...]]) -> KeyFrame:
        """The documents of groups, given by their parents and keys."""
        return KeyFrame(parent, [key.slot for key in self.keys], chosen)


def _component_text(part: JsonValue) -> str:
    return ("true" if part else "false") if isinstance(part, bool) else str(part)


def terms_answer(buckets: list[JsonObject], other: int) -> JsonObject:
    """The answer of a ``terms`` aggregation."""
    return {"doc_count_error_upper_bound": 0, "sum_other_doc_count": other, "buckets": buckets}
