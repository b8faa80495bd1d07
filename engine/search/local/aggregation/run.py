"""Running aggregations: level by level, every level for all its buckets at once (embedded-search.md 7, 8, 9)."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.model.jsonvalue import JsonObject
from engine.search.local.aggregation.date_range import bind_date_range, counted
from engine.search.local.aggregation.filters import bind_filters
from engine.search.local.aggregation.frames import Frame, RootFrame
from engine.search.local.aggregation.metrics import MetricColumns, bind_metric
from engine.search.local.aggregation.pipelines import is_kept, looks_only_at, statistics
from engine.search.local.aggregation.terms import BoundTerms, Group, terms_answer
from engine.search.local.database import Run
from engine.search.local.errors import shard_failure
from engine.search.local.fragment import join, sql
from engine.search.local.hits import HitReader
from engine.search.local.plan import (
    Aggregation,
    Buckets,
    BucketSelector,
    DateRange,
    Filters,
    Metric,
    StatsBucket,
    Terms,
    TopHits,
)
from engine.search.local.relation import Relation

_MOST_BUCKETS = 65_536


@dataclass(slots=True)
class AggregationRun:
    """The aggregations of one search."""

    run: Run
    relation: Relation
    hits: HitReader
    _buckets: int = 0

    def all(self, aggregations: Sequence[Aggregation], total: int) -> JsonObject:
        """The answers of the top level; ``total`` documents matched."""
        root: JsonObject = {"doc_count": total}
        frame = RootFrame(self.relation)
        metrics = self._bind_metrics(aggregations)
        if metrics:
            columns = join(", ", [expression for metric in metrics for expression in metric.expressions])
            rows = self.run.fetch(sql("SELECT {} FROM ({})", columns, frame.sql()))
            _put_metrics(root, metrics, rows[0])
        self._fill(aggregations, frame, [root])
        return {each.name: root[each.name] for each in aggregations}

    def _bind_metrics(self, aggregations: Sequence[Aggregation]) -> list[MetricColumns]:
        return [bind_metric(each, self.relation) for each in aggregations if isinstance(each, Metric)]

    def _fill(self, aggregations: Sequence[Aggregation], frame: Frame, parents: list[JsonObject]) -> None:
        """Complete buckets that have their metrics: what has buckets or hits of its own, then what looks at those."""
        for each in aggregations:
            if isinstance(each, Terms):
                self._terms(each, frame, parents)
            elif isinstance(each, DateRange):
                self._date_range(each, frame, parents)
            elif isinstance(each, Filters):
                self._filters(each, frame, parents)
            elif isinstance(each, TopHits):
                self._top_hits(each, frame, parents)
        for each in aggregations:
            if isinstance(each, StatsBucket):
                for parent in parents:
                    parent[each.name] = statistics(each, parent)
        for each in aggregations:
            if each.meta is not None:
                for parent in parents:
                    parent[each.name] = {"meta": each.meta, **parent[each.name]}

    def _terms(self, plan: Terms, frame: Frame, parents: list[JsonObject]) -> None:
        metrics = self._bind_metrics(plan.children)
        bound = BoundTerms.bind(plan, self.relation, metrics)
        groups = [bound.group(row) for row in self.run.fetch(bound.statement(frame, len(parents)))]
        self._count_buckets(len(groups))
        others = [0] * len(parents)
        for group in groups:
            others[group.parent] = others[group.parent] or group.total
        found: list[tuple[Group, JsonObject]] = []
        for group in groups:
            others[group.parent] -= group.count
            bucket = bound.bucket(group)
            _put_metrics(bucket, metrics, group.metrics)
            found.append((group, bucket))

        selectors = [each for each in plan.children if isinstance(each, BucketSelector)]
        early = [each for each in selectors if looks_only_at(each, {metric.name for metric in metrics})]
        # Buckets that are dropped anyway need no hits and no buckets of their own.
        found = [(group, bucket) for group, bucket in found if all(is_kept(each, bucket) for each in early)]
        buckets = [bucket for _, bucket in found]
        self._fill(plan.children, bound.frame(frame, [group for group, _ in found]), buckets)
        late = [each for each in selectors if each not in early]
        listed: list[list[JsonObject]] = [[] for _ in parents]
        for group, bucket in found:
            if all(is_kept(each, bucket) for each in late):
                listed[group.parent].append(bucket)
        for parent, kept, other in zip(parents, listed, others, strict=True):
            parent[plan.name] = terms_answer(kept, other)

    def _date_range(self, plan: DateRange, frame: Frame, parents: list[JsonObject]) -> None:
        bound = bind_date_range(plan, self.relation, self.hits.context.now)
        metrics = self._bind_metrics(plan.children)
        self._fixed_buckets(plan, bound.frame(frame), metrics, bound.heads, parents, is_keyed=plan.is_keyed)

    def _filters(self, plan: Filters, frame: Frame, parents: list[JsonObject]) -> None:
        metrics = self._bind_metrics(plan.children)
        keys = [name for name, _ in plan.queries] + ([] if plan.other_key is None else [plan.other_key])
        bound = bind_filters(plan, frame, self.hits.context)
        self._fixed_buckets(plan, bound, metrics, [{"key": key} for key in keys], parents, is_keyed=plan.is_keyed)
        if not plan.is_named:
            for parent in parents:
                for bucket in parent[plan.name]["buckets"]:
                    del bucket["key"]

    def _fixed_buckets(
        self,
        plan: Buckets,
        frame: Frame,
        metrics: Sequence[MetricColumns],
        heads: Sequence[JsonObject],
        parents: list[JsonObject],
        *,
        is_keyed: bool,
    ) -> None:
        """Buckets that every parent has, one for each head, with documents or without."""
        expressions = [expression for metric in metrics for expression in metric.expressions]
        rows = {int(str(row[0])): row[1:] for row in self.run.fetch(counted(frame, expressions))} if parents else {}
        self._count_buckets(len(parents) * len(heads))
        buckets: list[JsonObject] = []
        for number in range(len(parents) * len(heads)):
            count, *values = rows.get(number, (0, *[None] * len(expressions)))
            bucket: JsonObject = {**heads[number % len(heads)], "doc_count": count}
            _put_metrics(bucket, metrics, values)
            buckets.append(bucket)
        self._fill(plan.children, frame, buckets)
        selectors = [each for each in plan.children if isinstance(each, BucketSelector)]
        for at, parent in enumerate(parents):
            own = buckets[at * len(heads) : (at + 1) * len(heads)]
            kept = [bucket for bucket in own if all(is_kept(each, bucket) for each in selectors)]
            keyed = {bucket["key"]: {k: v for k, v in bucket.items() if k != "key"} for bucket in kept}
            parent[plan.name] = {"buckets": keyed if is_keyed else kept}

    def _top_hits(self, plan: TopHits, frame: Frame, parents: list[JsonObject]) -> None:
        keys = self.hits.bind(plan.hits)
        chosen = self.hits.top(frame.sql(), plan.hits, keys) if parents else {}
        shown = iter(self.hits.assemble([each for found in chosen.values() for each in found], plan.hits))
        pages = {number: self.hits.page_of(found, [next(shown) for _ in found]) for number, found in chosen.items()}
        for number, parent in enumerate(parents):
            page = pages.get(number, {"max_score": None, "hits": []})
            parent[plan.name] = {"hits": {"total": {"value": parent["doc_count"], "relation": "eq"}, **page}}

    def _count_buckets(self, count: int) -> None:
        self._buckets += count
        if self._buckets > _MOST_BUCKETS:
            reason = f"Trying to create too many buckets. Must be less than or equal to: [{_MOST_BUCKETS}]"
            raise shard_failure("_all", "too_many_buckets_exception", reason)


def _put_metrics(bucket: JsonObject, metrics: Sequence[MetricColumns], row: Sequence[object]) -> None:
    at = 0
    for metric in metrics:
        width = len(metric.expressions)
        bucket[metric.name] = metric.assemble(row[at : at + width])
        at += width
