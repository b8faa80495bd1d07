"""Aggregations of one bucket: ``filter missing global nested reverse_nested`` (embedded-search.md 8)."""

from dataclasses import dataclass, replace

from engine.model.jsonvalue import JsonObject
from engine.search.local.aggregation.frames import Frame
from engine.search.local.aggregation.nodes import Buckets, Everything, Filter, Missing, NestedObjects, ReverseNested
from engine.search.local.aggregation.options import field_option, missing_option
from engine.search.local.errors import illegal, parsing, shard_failure
from engine.search.local.fragment import FALSE, TRUE, Sql, sql
from engine.search.local.index import IndexView
from engine.search.local.query.conditions import Compiled
from engine.search.local.query.parse import parse_query
from engine.search.local.relation import Matched, Relation
from engine.search.local.shape import as_text, check_keys, pointer


def parse_filter(base: Buckets, members: JsonObject) -> Filter:
    """``filter``, whose content is the query. Raises SearchError 400."""
    return Filter(base.name, base.at, base.meta, base.children, parse_query(members, base.at))


def parse_missing(base: Buckets, members: JsonObject) -> Missing:
    """``missing``. Raises SearchError 400."""
    check_keys(members, ("field", "missing", "value_type", "script"), base.at, "missing")
    is_filled = missing_option(members, base.at) is not None
    return Missing(base.name, base.at, base.meta, base.children, field_option(members, base.at, "missing"), is_filled)


def parse_global(base: Buckets, members: JsonObject) -> Everything:
    """``global``. Raises SearchError 400."""
    check_keys(members, (), base.at, "global")
    return Everything(base.name, base.at, base.meta, base.children)


def parse_nested(base: Buckets, members: JsonObject) -> NestedObjects:
    """``nested``. Raises SearchError 400."""
    check_keys(members, ("path",), base.at, "nested")
    if members.get("path") is None:
        raise parsing(f"Missing [path] field for nested aggregation [{base.name}]", base.at)
    path = as_text(members["path"], pointer(base.at, "path"))
    return NestedObjects(base.name, base.at, base.meta, base.children, path)


def parse_reverse_nested(base: Buckets, members: JsonObject) -> ReverseNested:
    """``reverse_nested``. Raises SearchError 400."""
    check_keys(members, ("path",), base.at, "reverse_nested")
    path = members.get("path")
    text = None if path is None else as_text(path, pointer(base.at, "path"))
    return ReverseNested(base.name, base.at, base.meta, base.children, text)


@dataclass(frozen=True, slots=True)
class MissingFrame:
    """The documents of a frame that have no value. ``slot`` None: no index knows the field."""

    parent: Frame
    slot: str | None
    is_filled: bool

    @property
    def relation(self) -> Relation:
        return self.parent.relation

    def sql(self) -> Sql:
        condition = "FALSE" if self.is_filled else "TRUE" if self.slot is None else f"{self.slot} IS NULL"
        return sql("SELECT * FROM ({}) WHERE " + condition, self.parent.sql())


def missing_frame(plan: Missing, parent: Frame) -> MissingFrame:
    """The documents without a value. Raises SearchError 400 for text."""
    values = parent.relation.values(plan.field)
    return MissingFrame(parent, None if values is None else values.slot, plan.is_filled)


def everything(relation: Relation) -> Relation:
    """All documents of the indices."""
    return Relation([Matched(part.view, Compiled(TRUE, 1.0)) for part in relation.parts])


@dataclass(frozen=True, slots=True)
class NestedFrame:
    """The nested objects below the documents of a frame. ``link``: the slot of the number of what they lie in."""

    parent: Frame
    relation: Relation
    link: str

    def sql(self) -> Sql:
        head = f"SELECT d.ord, o.* FROM ({{}}) AS d JOIN ({{}}) AS o ON d.ix = o.ix AND d.seq = o.{self.link}"
        return sql(head, self.parent.sql(), self.relation.sql())


def nested_frame(plan: NestedObjects, parent: Frame) -> NestedFrame:
    """The nested objects of the path. Raises SearchError 400 for a path of other fields."""
    for part in parent.relation.parts:
        view = part.view
        if not view.way_to(plan.path) and (plan.path in view.fields or _is_plain_object(view, plan.path)):
            reason = f"[nested] nested path [{plan.path}] is not nested"
            raise shard_failure(view.name, "illegal_argument_exception", reason)
    relation = _objects_of(parent.relation, plan.path)
    link = relation.slot("link", lambda part: _link(part.view, plan.path, parent.relation))
    return NestedFrame(parent, relation, link)


def _is_plain_object(view: IndexView, path: str) -> bool:
    return path in view.objects and any(name.startswith(f"{path}.") for name in view.fields)


def _objects_of(relation: Relation, path: str) -> Relation:
    """The nested objects of a path as a relation of their own; none from indices that have none there."""
    parts = []
    for part in relation.parts:
        way = part.view.way_to(path)
        if way:
            parts.append(Matched(way[-1], Compiled(TRUE, 1.0)))
        else:
            nothing = replace(part.view, fields={}, columns={}, nested={})
            parts.append(Matched(nothing, Compiled(FALSE, 1.0)))
    return Relation(parts, outer=relation)


def _link(view: IndexView, path: str, outer: Relation) -> Sql:
    """Of an object: the number of the document, or nested object, of the outer relation that it lies in."""
    for part in outer.parts:
        if part.view.name == view.name and (way := part.view.way_to(path)):
            return _up(way)
    return Sql("NULL::BIGINT")


def _up(way: list[IndexView]) -> Sql:
    """From the last of the views to what lies right around the first."""
    link = f"{way[-1].table}.parent"
    for above in reversed(way[:-1]):
        link = f"(SELECT parent FROM {above.table} WHERE {above.table}.seq = {link})"
    return Sql(link)


@dataclass(frozen=True, slots=True)
class ReverseFrame:
    """What lies around the nested objects of a frame, each once in a bucket. ``link``: the slot of its number."""

    parent: Frame
    relation: Relation
    link: str

    def sql(self) -> Sql:
        below = sql(f"SELECT DISTINCT ord, ix, {self.link} AS link FROM ({{}})", self.parent.sql())
        head = "SELECT d.ord, o.* FROM ({}) AS d JOIN ({}) AS o ON d.ix = o.ix AND d.link = o.seq"
        return sql(head, below, self.relation.sql())


def reverse_frame(plan: ReverseNested, parent: Frame) -> ReverseFrame:
    """Back from nested objects. Raises SearchError 400 outside of them, and for a path that is not around them."""
    inner = parent.relation
    if inner.outer is None:
        reason = f"[reverse_nested] aggregation [{plan.name}] stands in no [nested] aggregation"
        raise shard_failure(inner.parts[0].view.name, "illegal_argument_exception", reason)
    documents = inner
    while documents.outer is not None:
        documents = documents.outer
    target = documents if plan.path is None else _objects_of(documents, plan.path)
    if plan.path is not None and not any(part.view.documents for part in target.parts):
        raise illegal(f"[reverse_nested] nested path [{plan.path}] is not nested", plan.at)
    ways = [_way_up(part.view, plan.path, documents.parts[at].view) for at, part in enumerate(inner.parts)]
    if not any(ways):
        raise illegal(f"[reverse_nested] path [{plan.path}] is not around the objects here", plan.at)
    by_table = {part.view.table: way for part, way in zip(inner.parts, ways, strict=True)}
    link = inner.slot(("up", plan.path), lambda part: _link_up(by_table[part.view.table]))
    return ReverseFrame(parent, target, link)


def _link_up(way: list[IndexView]) -> Sql:
    return _up(way) if way else Sql("NULL::BIGINT")


def _way_up(view: IndexView, path: str | None, documents: IndexView) -> list[IndexView]:
    """The views from right below the path down to the view; [] if it does not lie there."""
    way = documents.way_to(view.path) if view.path else []
    if path is None:
        return way
    return next((way[at + 1 :] for at, each in enumerate(way) if each.path == path), [])
