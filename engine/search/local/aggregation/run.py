"""Running aggregations: level by level, every level for all its buckets at once (embedded-search.md 7, 8, 9)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from engine.model.jsonvalue import JsonObject
from engine.search.local.aggregation.composite import BoundComposite
from engine.search.local.aggregation.date_range import bind_date_range, counted
from engine.search.local.aggregation.filters import bind_filters
from engine.search.local.aggregation.frames import Frame, KeyFrame, RootFrame
from engine.search.local.aggregation.histogram import MOST_BUCKETS, BoundHistogram
from engine.search.local.aggregation.metrics import MetricColumns, bind_metric
from engine.search.local.aggregation.nodes import (
    Aggregation,
    Buckets,
    BucketScript,
    Composite,
    DateRange,
    Filter,
    Filters,
    Histogram,
    Metric,
    Missing,
    NestedObjects,
    NumberRange,
    ReverseNested,
    SiblingPipeline,
    Terms,
    TopHits,
)
from engine.search.local.aggregation.paths import SingleBucket
from engine.search.local.aggregation.pipelines import (
    apply_pipelines,
    is_kept,
    looks_only_at,
    over_buckets,
    parent_pipelines,
)
from engine.search.local.aggregation.ranges import bind_range
from engine.search.local.aggregation.single import everything, missing_frame, nested_frame, reverse_frame
from engine.search.local.aggregation.terms import BoundTerms, terms_answer
from engine.search.local.database import Run
from engine.search.local.errors import shard_failure, unsupported
from engine.search.local.fragment import join, sql
from engine.search.local.hits import HitReader
from engine.search.local.query.nodes import MatchAll
from engine.search.local.relation import Relation

Chosen = tuple[object, ...]
"""A bucket's parent and keys."""


@dataclass(slots=True)
class AggregationRun:
    """The aggregations of one search."""

    run: Run
    relation: Relation
    hits: HitReader
    _buckets: int = 0

    @property
    def _now(self) -> int:
        return self.hits.context.now

    def all(self, aggregations: Sequence[Aggregation], total: int) -> JsonObject:
        """The answers of the top level; ``total`` documents matched."""
        root: JsonObject = {"doc_count": total}
        frame = RootFrame(self.relation)
        metrics = _bind_metrics(aggregations, frame)
        if metrics:
            columns = join(", ", [expression for metric in metrics for expression in metric.expressions])
            rows = self.run.fetch(sql("SELECT {} FROM ({})", columns, frame.sql()))
            _put_metrics(root, metrics, rows[0])
        self._fill(aggregations, frame, [root])
        return {each.name: root[each.name] for each in aggregations}

    def _fill(self, aggregations: Sequence[Aggregation], frame: Frame, parents: list[JsonObject]) -> None:
        """Complete buckets that have their metrics: what has buckets or hits of its own, then what looks at those."""
        for each in aggregations:
            if isinstance(each, Terms):
                self._terms(each, frame, parents)
            elif isinstance(each, Histogram):
                self._histogram(each, frame, parents)
            elif isinstance(each, Composite):
                self._composite(each, frame, parents)
            elif isinstance(each, DateRange | NumberRange):
                self._ranges(each, frame, parents)
            elif isinstance(each, Filters):
                self._filters(each, frame, parents)
            elif isinstance(each, SingleBucket):
                self._single(each, self._single_frame(each, frame), parents)
            elif isinstance(each, TopHits):
                self._top_hits(each, frame, parents)
        for each in aggregations:
            if isinstance(each, SiblingPipeline):
                for parent in parents:
                    parent[each.name] = over_buckets(each, parent)
        for each in aggregations:
            if each.meta is not None:
                for parent in (parent for parent in parents if each.name in parent):
                    parent[each.name] = {"meta": each.meta, **parent[each.name]}

    def _terms(self, plan: Terms, frame: Frame, parents: list[JsonObject]) -> None:
        bound = BoundTerms.bind(plan, frame.relation, _bind_metrics(plan.children, frame))
        groups = [bound.group(row) for row in self.run.fetch(bound.statement(frame, len(parents)))]
        others = bound.others(groups, len(parents), lambda: self._totals(bound, frame))
        found: list[tuple[Chosen, JsonObject]] = []
        for group in groups:
            bucket = bound.bucket(group)
            _put_metrics(bucket, bound.metrics, group.metrics)
            found.append(((group.parent, *group.keys), bucket))
        listed = self._complete(plan, found, lambda chosen: bound.frame(frame, chosen), len(parents))
        for parent, kept, other in zip(parents, listed, others, strict=True):
            parent[plan.name] = terms_answer(kept, other)

    def _totals(self, bound: BoundTerms, frame: Frame) -> dict[int, int]:
        rows = self.run.fetch(bound.totals_statement(frame))
        return {int(str(parent)): int(str(count)) for parent, count in rows}

    def _histogram(self, plan: Histogram, frame: Frame, parents: list[JsonObject]) -> None:
        bound = BoundHistogram.bind(plan, frame, _bind_metrics(plan.children, frame), self.run, self._now)
        found: list[tuple[Chosen, JsonObject]] = []
        for number, key, (count, *values) in bound.filled(self.run.fetch(bound.statement(frame)), len(parents)):
            bucket = bound.head(key, count)
            _put_metrics(bucket, bound.metrics, values)
            found.append(((number, key), bucket))
            if len(found) > MOST_BUCKETS:
                break
        slots = [bound.key.slot]
        listed = self._complete(
            plan, found, lambda chosen: KeyFrame(frame, slots, chosen), len(parents), order=bound.ordered
        )
        for parent, buckets in zip(parents, listed, strict=True):
            parent[plan.name] = bound.answer(buckets)

    def _composite(self, plan: Composite, frame: Frame, parents: list[JsonObject]) -> None:
        bound = BoundComposite.bind(plan, frame, _bind_metrics(plan.children, frame), self.run, self._now)
        width = len(plan.sources)
        found: list[tuple[Chosen, JsonObject]] = []
        for row in self.run.fetch(bound.statement(frame)):
            bucket: JsonObject = {"key": bound.key(row), "doc_count": row[width + 1]}
            _put_metrics(bucket, bound.metrics, row[width + 2 :])
            found.append((tuple(row[: width + 1]), bucket))
        # Pipelines that drop the last bucket do not change where the next page begins.
        after = {"after_key": found[-1][1]["key"]} if found else {}
        [buckets] = self._complete(plan, found, lambda chosen: KeyFrame(frame, bound.slots, chosen), len(parents))
        parents[0][plan.name] = {**after, "buckets": buckets}

    def _complete(
        self,
        plan: Buckets,
        found: list[tuple[Chosen, JsonObject]],
        frame_of: Callable[[list[Chosen]], Frame],
        parents: int,
        order: Callable[[list[JsonObject]], list[JsonObject]] = list,
    ) -> list[list[JsonObject]]:
        """Buckets with their metrics become complete, and are listed for each parent."""
        self._count_buckets(len(found))
        pipelines = parent_pipelines(plan.children)
        selectors = [each for each in pipelines if isinstance(each, BucketScript) and each.is_selector]
        if len(selectors) == len(pipelines):
            # Buckets that are dropped anyway need no hits and no buckets of their own.
            metrics = {each.name for each in plan.children if isinstance(each, Metric)}
            early = [each for each in selectors if looks_only_at(each, metrics)]
            found = [(chosen, bucket) for chosen, bucket in found if all(is_kept(each, bucket) for each in early)]
            pipelines = [each for each in selectors if each not in early]
        self._fill(plan.children, frame_of([chosen for chosen, _ in found]), [bucket for _, bucket in found])
        listed: list[list[JsonObject]] = [[] for _ in range(parents)]
        for chosen, bucket in found:
            listed[int(str(chosen[0]))].append(bucket)
        return [apply_pipelines(pipelines, order(own)) for own in listed]

    def _ranges(self, plan: DateRange | NumberRange, frame: Frame, parents: list[JsonObject]) -> None:
        relation = frame.relation
        bound = (
            bind_date_range(plan, relation, self._now) if isinstance(plan, DateRange) else bind_range(plan, relation)
        )
        listed = self._fixed_buckets(plan, bound.frame(frame), bound.heads, len(parents))
        for parent, buckets in zip(parents, listed, strict=True):
            parent[plan.name] = {"buckets": _keyed(buckets) if plan.is_keyed else buckets}

    def _filters(self, plan: Filters, frame: Frame, parents: list[JsonObject]) -> None:
        keys = [name for name, _ in plan.queries] + ([] if plan.other_key is None else [plan.other_key])
        listed = self._fixed_buckets(
            plan, bind_filters(plan, frame, self.hits.context), [{"key": key} for key in keys], len(parents)
        )
        for parent, buckets in zip(parents, listed, strict=True):
            if not plan.is_named:
                for bucket in buckets:
                    del bucket["key"]
            parent[plan.name] = {"buckets": _keyed(buckets) if plan.is_keyed else buckets}

    def _fixed_buckets(
        self, plan: Buckets, frame: Frame, heads: Sequence[JsonObject], parents: int
    ) -> list[list[JsonObject]]:
        """Buckets that every parent has, one for each head, with documents or without."""
        buckets = self._numbered(plan, frame, heads, parents)
        pipelines, width = parent_pipelines(plan.children), len(heads)
        return [apply_pipelines(pipelines, buckets[at * width : (at + 1) * width]) for at in range(parents)]

    def _numbered(self, plan: Buckets, frame: Frame, heads: Sequence[JsonObject], parents: int) -> list[JsonObject]:
        metrics = _bind_metrics(plan.children, frame)
        expressions = [expression for metric in metrics for expression in metric.expressions]
        rows = {int(str(row[0])): row[1:] for row in self.run.fetch(counted(frame, expressions))} if parents else {}
        self._count_buckets(parents * len(heads))
        buckets: list[JsonObject] = []
        for number in range(parents * len(heads)):
            count, *values = rows.get(number, (0, *[None] * len(expressions)))
            bucket: JsonObject = {**heads[number % len(heads)], "doc_count": count}
            _put_metrics(bucket, metrics, values)
            buckets.append(bucket)
        self._fill(plan.children, frame, buckets)
        return buckets

    def _single(self, plan: Buckets, frame: Frame, parents: list[JsonObject]) -> None:
        for parent, bucket in zip(parents, self._numbered(plan, frame, [{}], len(parents)), strict=True):
            parent[plan.name] = bucket

    def _single_frame(self, plan: SingleBucket, frame: Frame) -> Frame:
        if isinstance(plan, Filter):
            return bind_filters(plan.as_filters(), frame, self.hits.context)
        if isinstance(plan, Missing):
            return missing_frame(plan, frame)
        if isinstance(plan, NestedObjects):
            return nested_frame(plan, frame)
        if isinstance(plan, ReverseNested):
            return reverse_frame(plan, frame)
        return RootFrame(everything(frame.relation))

    def _top_hits(self, plan: TopHits, frame: Frame, parents: list[JsonObject]) -> None:
        if frame.relation.outer is not None:
            raise unsupported("aggregation [top_hits] below [nested]", plan.at)
        reader = self.hits
        if frame.relation is not self.relation:
            reader = replace(reader, relation=frame.relation, query=MatchAll())
        keys = reader.bind(plan.hits)
        chosen = reader.top(frame.sql(), plan.hits, keys) if parents else {}
        shown = iter(reader.assemble([each for found in chosen.values() for each in found], plan.hits))
        pages = {number: reader.page_of(found, [next(shown) for _ in found]) for number, found in chosen.items()}
        for number, parent in enumerate(parents):
            page = pages.get(number, {"max_score": None, "hits": []})
            parent[plan.name] = {"hits": {"total": {"value": parent["doc_count"], "relation": "eq"}, **page}}

    def _count_buckets(self, count: int) -> None:
        self._buckets += count
        if self._buckets > MOST_BUCKETS:
            reason = f"Trying to create too many buckets. Must be less than or equal to: [{MOST_BUCKETS}]"
            raise shard_failure("_all", "too_many_buckets_exception", reason)


def _bind_metrics(aggregations: Sequence[Aggregation], frame: Frame) -> list[MetricColumns]:
    return [bind_metric(each, frame.relation) for each in aggregations if isinstance(each, Metric)]


def _put_metrics(bucket: JsonObject, metrics: Sequence[MetricColumns], row: Sequence[object]) -> None:
    at = 0
    for metric in metrics:
        width = len(metric.expressions)
        bucket[metric.name] = metric.assemble(row[at : at + width])
        at += width


def _keyed(buckets: Sequence[JsonObject]) -> JsonObject:
    return {bucket["key"]: {name: item for name, item in bucket.items() if name != "key"} for bucket in buckets}
