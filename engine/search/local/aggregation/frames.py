"""Frames: the documents of every bucket of a level, each with the number of its bucket."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.search.local.fragment import Sql, all_of, join, sql, value
from engine.search.local.relation import Relation


class Frame(Protocol):
    """Columns ``ord`` (number of the bucket), ``ix``, ``seq`` and all slots of the relation."""

    @property
    def relation(self) -> Relation: ...

    def sql(self) -> Sql: ...


@dataclass(frozen=True, slots=True)
class RootFrame:
    """All matched documents in one bucket."""

    relation: Relation

    def sql(self) -> Sql:
        return sql("SELECT 0::BIGINT AS ord, * FROM ({})", self.relation.sql())


@dataclass(frozen=True, slots=True)
class KeySlot:
    """Where a bucket key comes from: an expression over the slots."""

    source: Sql
    sql_type: str
    is_list: bool
    is_distinct: bool = False
    """Whether lists hold every value once already."""
    is_optional: bool = False
    """Whether documents without a key have the key NULL; else they are left out."""


def keyed(frame: Frame, keys: Sequence[KeySlot]) -> Sql:
    """The frame's documents with columns ``k0 k1 ...``, once for each combination of distinct keys."""
    documents = frame.sql()
    for at, key in enumerate(keys):
        source = key.source
        if key.is_list:
            source = key.source if key.is_distinct else sql("list_distinct({})", key.source)
            source = sql("unnest(coalesce({}, [NULL]))" if key.is_optional else "unnest({})", source)
        documents = sql("SELECT *, {} AS k" + str(at) + " FROM ({})", source, documents)
    needed = [f"k{at} IS NOT NULL" for at, key in enumerate(keys) if not key.is_optional]
    return sql("SELECT * FROM ({}) WHERE " + " AND ".join(needed), documents) if needed else documents


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """The documents of chosen buckets: ``chosen`` holds the parent's number and the keys of each, in order."""

    parent: Frame
    keys: Sequence[KeySlot]
    chosen: Sequence[tuple[object, ...]]

    @property
    def relation(self) -> Relation:
        return self.parent.relation

    def sql(self) -> Sql:
        names = ["parent", *(f"k{at}" for at in range(len(self.keys)))]
        types = ["BIGINT", *(key.sql_type for key in self.keys)]
        columns = [
            sql("unnest({}) AS " + name, value([row[at] for row in self.chosen], f"{sql_type}[]"))
            for at, (name, sql_type) in enumerate(zip(names, types, strict=True))
        ]
        columns.append(Sql(f"unnest(range({len(self.chosen)})) AS number"))
        wanted = sql("SELECT {}", join(", ", columns))
        on = " AND ".join(
            f"d.k{at} {'IS NOT DISTINCT FROM' if key.is_optional else '='} c.k{at}" for at, key in enumerate(self.keys)
        )
        slots = "".join(f", d.{name}" for name in self.relation.slots)
        head = f"SELECT c.number AS ord, d.ix, d.seq{slots} FROM "
        return sql(
            head + "({}) AS d JOIN ({}) AS c ON d.ord = c.parent AND " + on, keyed(self.parent, self.keys), wanted
        )


@dataclass(frozen=True, slots=True)
class Span:
    """A range of stored values, its end not in it."""

    start: object
    end: object


@dataclass(frozen=True, slots=True)
class SpanFrame:
    """The documents of ranges: bucket ``parent * len(spans) + i`` holds those of span i. Spans may overlap."""

    parent: Frame
    key: KeySlot
    spans: Sequence[Span]

    @property
    def relation(self) -> Relation:
        return self.parent.relation

    def sql(self) -> Sql:
        slots = "".join(f", d.{name}" for name in self.relation.slots)
        documents = sql("SELECT *, {} AS span_key FROM ({})", self.key.source, self.parent.sql())
        if len(self.spans) == 1:
            # The usual case of rules. A filter costs a third less to plan than a join, and half to run.
            low, high = (value(end, self.key.sql_type) for end in (self.spans[0].start, self.spans[0].end))
            only = [
                sql(f"x {operator} {{}}", end)
                for operator, end in ((">=", low), ("<", high))
                if end.params[0] is not None
            ]
            return sql(
                f"SELECT d.ord, d.ix, d.seq{slots} FROM ({{}}) AS d WHERE {{}}",
                documents,
                self._has_value(all_of(only)),
            )
        columns = [
            value(list(range(len(self.spans))), "BIGINT[]"),
            value([span.start for span in self.spans], f"{self.key.sql_type}[]"),
            value([span.end for span in self.spans], f"{self.key.sql_type}[]"),
        ]
        spans = sql("SELECT unnest({}) AS number, unnest({}) AS low, unnest({}) AS high", *columns)
        inside = Sql("(s.low IS NULL OR x >= s.low) AND (s.high IS NULL OR x < s.high)")
        head = f"SELECT d.ord * {len(self.spans)} + s.number AS ord, d.ix, d.seq{slots} FROM "
        return sql(head + "({}) AS d JOIN ({}) AS s ON {}", documents, spans, self._has_value(inside))

    def _has_value(self, inside: Sql) -> Sql:
        """Whether a document has a value ``x`` of which the condition is true."""
        if self.key.is_list:
            return sql("len(list_filter(d.span_key, lambda x: x IS NOT NULL AND {})) > 0", inside)
        return Sql(f"d.span_key IS NOT NULL AND {inside.text.replace('x ', 'd.span_key ')}", inside.params)
