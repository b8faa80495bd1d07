"""Hits: choosing documents in the order asked for, and putting together what is returned of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import orjson

from engine.model.jsonvalue import JsonObject
from engine.search.local.database import Run
from engine.search.local.fragment import TRUE, Sql, join, sql, value
from engine.search.local.index import IndexView, made_id
from engine.search.local.plan import HitsRequest
from engine.search.local.query.conditions import QueryContext, compile_query
from engine.search.local.query.nodes import Bool, ConstantScore, Query
from engine.search.local.relation import Relation
from engine.search.local.sorting import BoundKey, behind_values, bind_sort, by_score, order_by
from engine.search.local.source_values import check_formats, fetch_docvalues, fetch_fields, filter_source

Chosen = tuple[int, int, float, list[object]]
"""Position of the index, number of the document, score, sort values."""


@dataclass(slots=True)
class HitReader:
    """Reads hits of one search on its snapshot."""

    run: Run
    relation: Relation
    query: Query
    context: QueryContext
    _named: list[tuple[str, Query]] = field(init=False)

    def __post_init__(self) -> None:
        self._named = list(_named_queries(self.query))

    @property
    def views(self) -> list[IndexView]:
        return [part.view for part in self.relation.parts]

    def bind(self, request: HitsRequest) -> list[BoundKey]:
        """The sort keys of a request; asks the relation for the slots that they need."""
        check_formats(self.views, request.fields, request.docvalue_fields)
        self.relation.scores()
        return bind_sort(request.sort, self.relation, self.context.now) if request.sort else by_score(self.relation)

    def page(self, request: HitsRequest) -> JsonObject:
        """``max_score`` and ``hits`` of the whole relation."""
        keys = self.bind(request)
        if request.size == 0:
            return {"max_score": None, "hits": []}
        picked = self._picked(keys)
        behind = TRUE if request.after is None else behind_values(keys, request.after)
        statement = sql(
            f"SELECT {{}} FROM ({{}}) WHERE {{}} ORDER BY {{}} LIMIT {request.size} OFFSET {request.start}",
            picked,
            self.relation.sql(),
            behind,
            order_by(keys),
        )
        chosen = [self._chosen(row, keys) for row in self.run.fetch(statement)]
        return self.page_of(chosen, self.assemble(chosen, request))

    def top(self, frame: Sql, request: HitsRequest, keys: Sequence[BoundKey]) -> dict[int, list[Chosen]]:
        """The first documents of every bucket of a frame."""
        last = request.start + request.size
        statement = sql(
            "SELECT ord, rank, {} FROM (SELECT *, row_number() OVER (PARTITION BY ord ORDER BY {}) AS rank FROM ({})) "
            f"WHERE rank > {request.start} AND rank <= {last} ORDER BY ord, rank",
            self._picked(keys),
            order_by(keys),
            frame,
        )
        found: dict[int, list[Chosen]] = {}
        for number, _, *row in self.run.fetch(statement):
            found.setdefault(int(str(number)), []).append(self._chosen(row, keys))
        return found

    def _picked(self, keys: Sequence[BoundKey]) -> Sql:
        return join(", ", [Sql(f"ix, seq, {self.relation.scores()}"), *(key.expression for key in keys)])

    def _chosen(self, row: Sequence[object], keys: Sequence[BoundKey]) -> Chosen:
        ix, seq, score, *sort = row
        shown = [key.show(item) for key, item in zip(keys, sort, strict=True)]
        return int(str(ix)), int(str(seq)), float(str(score)), shown

    def page_of(self, chosen: Sequence[Chosen], hits: list[JsonObject]) -> JsonObject:
        """``max_score`` and ``hits`` of documents already put together."""
        scores = [score for (_, _, score, _), hit in zip(chosen, hits, strict=True) if hit["_score"] is not None]
        return {"max_score": max(scores, default=None), "hits": hits}

    def assemble(self, chosen: Sequence[Chosen], request: HitsRequest) -> list[JsonObject]:
        """What is returned of chosen documents."""
        stored = self._read(chosen)
        names = self._matched_names(chosen)
        is_scored = not request.sort or any(key.field == "_score" for key in request.sort)
        hits = []
        for ix, seq, score, sort in chosen:
            view = self.views[ix]
            document_id, text, ignored = stored[ix, seq]
            hit: JsonObject = {"_index": view.name}
            if request.has_id:
                hit["_id"] = document_id if document_id is not None else made_id(view.name, seq)
            if request.has_version:
                hit["_version"] = 1
            if request.has_seq_no:
                hit.update(_seq_no=seq, _primary_term=1)
            hit["_score"] = score if is_scored else None
            if ignored is not None and request.has_id:
                hit["_ignored"] = sorted(orjson.loads(ignored))
            _add_content(hit, orjson.loads(text), view, request)
            if names.get((ix, seq)):
                hit["matched_queries"] = names[ix, seq]
            if request.sort:
                hit["sort"] = sort
            hits.append(hit)
        return hits

    def _read(self, chosen: Sequence[Chosen]) -> dict[tuple[int, int], tuple[str | None, str, str | None]]:
        stored: dict[tuple[int, int], tuple[str | None, str, str | None]] = {}
        for ix, numbers in _by_index(chosen):
            statement = sql(
                "SELECT seq, id, src, ignored FROM " + self.views[ix].table + " WHERE seq IN (SELECT unnest({}))",
                value(numbers, "BIGINT[]"),
            )
            for seq, document_id, text, ignored in self.run.fetch(statement):
                stored[ix, int(str(seq))] = (
                    None if document_id is None else str(document_id),
                    str(text),
                    None if ignored is None else str(ignored),
                )
        return stored

    def _matched_names(self, chosen: Sequence[Chosen]) -> dict[tuple[int, int], list[str]]:
        matched: dict[tuple[int, int], list[str]] = {}
        for ix, numbers in _by_index(chosen) if self._named else []:
            view = self.views[ix]
            conditions = [compile_query(query, view, self.context).where for _, query in self._named]
            statement = sql(
                "SELECT seq, {} FROM " + view.table + " WHERE seq IN (SELECT unnest({}))",
                join(", ", [sql("({}) IS TRUE", condition) for condition in conditions]),
                value(numbers, "BIGINT[]"),
            )
            for seq, *holds in self.run.fetch(statement):
                matched[ix, int(str(seq))] = [
                    name for (name, _), is_match in zip(self._named, holds, strict=True) if is_match
                ]
        return matched


def _by_index(chosen: Iterable[Chosen]) -> Iterable[tuple[int, list[int]]]:
    numbers: dict[int, list[int]] = {}
    for ix, seq, _, _ in chosen:
        numbers.setdefault(ix, []).append(seq)
    return numbers.items()


def _add_content(hit: JsonObject, source: JsonObject, view: IndexView, request: HitsRequest) -> None:
    if request.source.is_returned:
        hit["_source"] = filter_source(source, request.source)
    fields: JsonObject = {}
    if request.docvalue_fields:
        fields.update(fetch_docvalues(source, view, request.docvalue_fields))
    if request.fields:
        fields.update(fetch_fields(source, view, request.fields))
    if fields:
        hit["fields"] = fields


def _named_queries(query: Query) -> Iterable[tuple[str, Query]]:
    if query.name is not None:
        yield query.name, query
    if isinstance(query, ConstantScore):
        yield from _named_queries(query.query)
    if isinstance(query, Bool):
        for clause in (*query.must, *query.filter, *query.should, *query.must_not):
            yield from _named_queries(clause)
