"""Running a plan on a snapshot of the indices."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import orjson

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.aggregation.filters import ask_for_tokens
from engine.search.local.aggregation.run import AggregationRun
from engine.search.local.database import Run
from engine.search.local.errors import index_not_found
from engine.search.local.fragment import Sql, all_of, sql
from engine.search.local.hits import HitReader
from engine.search.local.index import Index, IndexView
from engine.search.local.query.conditions import Compiled, QueryContext, compile_query
from engine.search.local.query.metadata import id_condition
from engine.search.local.query.nodes import Query, TermsLookup
from engine.search.local.query.shape_matcher import ShapeMatcher
from engine.search.local.relation import Matched, Relation
from engine.search.local.request import SearchPlan
from engine.search.local.source_values import values_at


@dataclass(slots=True)
class PlanExecutor:
    """Runs one search. ``find_index`` gives other indices, for terms lookups; ``now`` in nanoseconds."""

    run: Run
    indices: Sequence[Index]
    find_index: Callable[[str], Index | None]
    now: int

    def execute(self, plan: SearchPlan) -> JsonObject:
        """``_shards``, ``hits`` and ``aggregations`` of the answer. Raises SearchError."""
        context = QueryContext(self.now, self._look_up, ShapeMatcher(self.run, self.find_index))
        try:
            return self._answer(plan, self._match(plan, context), context)
        finally:
            # Also where the query cannot be: the cursor is kept for later calls, which begin anew.
            self.run.roll_back()

    def _match(self, plan: SearchPlan, context: QueryContext) -> Relation:
        """Compile the query for every index and pin the snapshot; text that was never searched is analysed first."""
        views = self._pin()
        parts = [Matched(view, compile_query(plan.query, view, context)) for view in views]
        ask_for_tokens(plan.aggregations, views, context)
        if plan.post_filter is not None:
            _narrowed(Relation(parts), plan.post_filter, context)
        if not context.missing_tokens:
            return Relation(parts)
        self.run.roll_back()
        for index in self.indices:
            index.add_tokens(context.missing_tokens)
        return Relation([Matched(view, compile_query(plan.query, view, context)) for view in self._pin()])

    def _pin(self) -> list[IndexView]:
        """Views of all indices and a transaction that sees exactly them: no index changes in between."""
        with ExitStack() as locks:
            for index in sorted(self.indices, key=lambda each: each.table):
                locks.enter_context(index.lock)
            views = [index.view() for index in self.indices]
            self.run.execute(Sql("BEGIN"))
            if views:
                # The snapshot is taken by the first statement that reads a table.
                self.run.fetch(Sql(f"SELECT seq FROM {views[0].table} LIMIT 1"))
            return views

    def _answer(self, plan: SearchPlan, relation: Relation, context: QueryContext) -> JsonObject:
        if not relation.parts:
            return _nothing_searched(plan)
        found = relation if plan.post_filter is None else _narrowed(relation, plan.post_filter, context)
        hits = HitReader(self.run, found, plan.query, context)
        total = self._count(found)
        page = hits.page(plan.hits)
        shards = len(relation.parts)
        body: JsonObject = {
            "_shards": {"total": shards, "successful": shards, "skipped": 0, "failed": 0},
            "hits": {**_shown_total(total, plan.total_limit), **page},
        }
        if plan.has_aggregations:
            if found is not relation:
                hits, total = HitReader(self.run, relation, plan.query, context), self._count(relation)
            body["aggregations"] = AggregationRun(self.run, relation, hits).all(plan.aggregations, total)
        return body

    def _count(self, relation: Relation) -> int:
        return int(str(self.run.fetch(sql("SELECT count(*) FROM ({})", relation.sql()))[0][0]))

    def _look_up(self, lookup: TermsLookup) -> list[JsonValue]:
        index = self.find_index(lookup.index)
        if index is None:
            raise index_not_found(lookup.index)
        with index.lock:
            view = index.view()
        statement = sql("SELECT src FROM " + view.table + " WHERE {}", id_condition(view, [lookup.id]))
        rows = self.run.fetch(statement)
        found = values_at(orjson.loads(str(rows[0][0])), lookup.path) if rows else []
        return [each for each in found if each is not None]


def _narrowed(relation: Relation, query: Query, context: QueryContext) -> Relation:
    """The documents of a relation that meet one more query, with their scores as before."""
    parts = []
    for part in relation.parts:
        more = compile_query(query, part.view, context).where
        parts.append(Matched(part.view, Compiled(all_of((part.query.where, more)), part.query.score)))
    return Relation(parts)


def _nothing_searched(plan: SearchPlan) -> JsonObject:
    """The answer when the expression names no index: without aggregations, as the servers give it."""
    return {
        "_shards": {"total": 0, "successful": 0, "skipped": 0, "failed": 0},
        "hits": {**_shown_total(0, plan.total_limit), "max_score": 0.0, "hits": []},
    }


def _shown_total(total: int, limit: int | None) -> JsonObject:
    if limit == 0:
        return {}
    is_capped = limit is not None and total > limit
    return {"total": {"value": limit if is_capped else total, "relation": "gte" if is_capped else "eq"}}
