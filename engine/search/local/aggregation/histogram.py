"""``histogram`` and ``date_histogram``: buckets of one width, or of calendar units (embedded-search.md 8)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.model.jsonvalue import JsonObject
from engine.search.local.aggregation.frames import Frame, keyed
from engine.search.local.aggregation.metrics import MetricColumns
from engine.search.local.aggregation.nodes import Histogram, NumberStep, Order, StepBounds
from engine.search.local.aggregation.paths import metric_value
from engine.search.local.aggregation.steps import StepKey, bind_step
from engine.search.local.database import Run
from engine.search.local.errors import illegal
from engine.search.local.fragment import TRUE, Sql, all_of, join, sql, value

MOST_BUCKETS = 65_536
Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class BoundHistogram:
    """The aggregation bound to the data."""

    plan: Histogram
    key: StepKey
    metrics: Sequence[MetricColumns]

    @classmethod
    def bind(
        cls, plan: Histogram, frame: Frame, metrics: Sequence[MetricColumns], run: Run, now: int
    ) -> "BoundHistogram":
        """Raises SearchError 400."""
        bounds = [end for each in (plan.extended, plan.hard) if each is not None for end in (each.low, each.high)]
        key = bind_step(
            plan.step, plan.field, frame, run, now, at=plan.at, missing=plan.missing, form=plan.format, bounds=bounds
        )
        return cls(plan, key, metrics)

    def statement(self, frame: Frame) -> Sql:
        """One row a bucket: parent, key, count, metrics; in order of parents and keys."""
        expressions = [expression for metric in self.metrics for expression in metric.expressions]
        picked = join(", ", [Sql("ord, k0, count(*)"), *expressions])
        return sql(
            f"SELECT {{}} FROM ({{}}) WHERE {{}} GROUP BY ord, k0 ORDER BY ord, k0 LIMIT {MOST_BUCKETS + 1}",
            picked, keyed(frame, [self.key.slot]), self._inside(),
        )  # fmt: skip

    def _inside(self) -> Sql:
        if self.plan.hard is None:
            return TRUE
        low, high = self._rounded(self.plan.hard, "hard_bounds")
        # The last bucket of numbers may begin at the bound, that of dates ends there.
        upper = "<=" if isinstance(self.plan.step, NumberStep) else "<"
        conditions = [TRUE]
        for end, sign in ((low, ">="), (high, upper)):
            if end is not None:
                conditions.append(sql(f"k0 {sign} {{}}", value(end, self.key.slot.sql_type)))
        return all_of(conditions)

    def _rounded(self, bounds: StepBounds, what: str) -> tuple[float | None, float | None]:
        low, high = (None if end is None else self.key.parse(end) for end in (bounds.low, bounds.high))
        if low is not None and high is not None and low > high:
            raise illegal(f"[{what}.min][{low}] cannot be greater than [{what}.max][{high}]", self.plan.at)
        if isinstance(self.plan.step, NumberStep) and what == "hard_bounds":
            offset = self.plan.step.offset
            return None if low is None else low + offset, None if high is None else high + offset
        return None if low is None else self._round(low), None if high is None else self._round(high)

    def _round(self, end: float) -> float:
        """Bounds are rounded without the offset of the buckets."""
        offset = self.plan.step.offset
        return self.key.rounding.round(end + offset) - offset

    def filled(self, rows: Sequence[Row], parents: int) -> Iterator[tuple[int, float, Row]]:
        """Parent, key, and count with metrics of every bucket that is shown, in order of keys."""
        by_parent: list[list[Row]] = [[] for _ in range(parents)]
        for row in rows:
            by_parent[int(str(row[0]))].append(row)
        for parent, own in enumerate(by_parent):
            found = {float(str(row[1])): row[2:] for row in own}
            keys = list(found) if self.plan.min_doc_count else self._keys(list(found))
            for key in keys:
                row = found.get(key, (0, *[None] * sum(len(metric.expressions) for metric in self.metrics)))
                if int(str(row[0])) >= self.plan.min_doc_count:
                    yield parent, key if isinstance(self.plan.step, NumberStep) else int(key), row

    def _keys(self, keys: list[float]) -> list[float]:
        """All keys from the first to the last, without gaps."""
        low, high = (keys[0], keys[-1]) if keys else (None, None)
        if self.plan.extended is not None:
            first, last = self._rounded(self.plan.extended, "extended_bounds")
            if keys or (first is not None and last is not None):
                low = min((each for each in (low, first) if each is not None), default=None)
                high = max((each for each in (high, last) if each is not None), default=None)
        if low is None or high is None:
            return keys
        full, key = [], low
        while key <= high:
            full.append(key)
            if len(full) > MOST_BUCKETS:
                break
            key = float(self.key.rounding.next(key))
        return sorted({*full, *keys})

    def head(self, key: float, count: object) -> JsonObject:
        """A bucket without its sub-aggregations."""
        shown = self.key.show(key)
        return {**{name: shown[name] for name in ("key_as_string", "key") if name in shown}, "doc_count": count}

    def ordered(self, buckets: list[JsonObject]) -> list[JsonObject]:
        """The buckets of one parent in the order asked for; they come in order of keys."""
        for order in reversed(self.plan.order):
            buckets = _sorted(buckets, order)
        return buckets

    def answer(self, buckets: list[JsonObject]) -> JsonObject:
        """The answer for one parent."""
        if not self.plan.is_keyed:
            return {"buckets": buckets}
        return {"buckets": {str(each.get("key_as_string", each["key"])): each for each in buckets}}


def _sorted(buckets: list[JsonObject], order: Order) -> list[JsonObject]:
    def found(bucket: JsonObject) -> float | None:
        if order.target in ("_key", "_count"):
            return float(bucket["key" if order.target == "_key" else "doc_count"])
        given = metric_value(bucket[order.target], order.property)
        return None if given is None else float(given)

    known = [bucket for bucket in buckets if found(bucket) is not None]
    known.sort(key=lambda bucket: found(bucket) or 0.0, reverse=order.descending)
    return known + [bucket for bucket in buckets if found(bucket) is None]
