"""The search that one run sends (rule-type-es-query.md 6.2, 6.3), compiled once for all runs of a rule revision."""

from engine.model.jsonvalue import JsonObject
from engine.ports.rule_type import EvaluationContext
from engine.ports.search import SearchRequest
from rule_types.aggregations import (
    GROUP_COUNT_AGG,
    condition_selector,
    group_order,
    group_size,
    grouping_agg,
    metric_agg,
)
from rule_types.es_query.evaluator import Asked
from rule_types.es_query.params import DslParams, EsQueryParams
from rule_types.es_query.user_query import parse_user_query
from rule_types.es_query.wording import SearchWording, of_indices
from rule_types.time_window import TimeWindow

RANGE_FORMAT = "strict_date_optional_time"
SORT_FORMAT = "strict_date_optional_time||epoch_millis"
MAX_HITS_PER_GROUP = 100


class DslSearching:
    """Everything about the request but the instants of its window. Parts are shared between runs: never modified."""

    def __init__(self, params: DslParams) -> None:
        user = parse_user_query(params.es_query)
        self._index = tuple(params.index)
        self._time_field = params.time_field
        self._query = user.query
        self._wording = SearchWording(params, of_indices(params.index))
        self._aggregations = Aggregations(params)
        self._fixed: JsonObject = {
            "size": 0 if params.group_fields else params.size,
            "track_total_hits": True,
            "sort": [{params.time_field: {"order": "desc", "format": SORT_FORMAT}}],
            "docvalue_fields": [{"field": params.time_field, "format": RANGE_FORMAT}],
            **user.body,
        }

    async def ask(
        self, context: EvaluationContext, window: TimeWindow, seen_until: str | None, alert_limit: int
    ) -> Asked:
        """The request for a window; documents up to ``seen_until`` are left out."""
        query = self._query if seen_until is None else self._without_seen(seen_until)
        in_window = self._range({"gte": window.start, "lte": window.end})
        body = {
            **self._fixed,
            "query": {"bool": {"filter": [query, {"bool": {"filter": [in_window]}}]}},
            "aggs": self._aggregations.within(alert_limit),
        }
        request = SearchRequest(self._index, body, ignore_unavailable=True, allow_no_indices=True)
        return Asked(request, self._wording)

    def _without_seen(self, seen_until: str) -> JsonObject:
        seen = {"bool": {"filter": [self._range({"lte": seen_until})]}}
        return {"bool": {"filter": [self._query, {"bool": {"must_not": [seen]}}]}}

    def _range(self, bounds: JsonObject) -> JsonObject:
        return {"range": {self._time_field: {**bounds, "format": RANGE_FORMAT}}}


class Aggregations:
    """The ``aggs`` of a rule; only the number of groups depends on the run, through its alert limit."""

    def __init__(self, params: EsQueryParams) -> None:
        self._fields = params.group_fields
        self._term_size = params.term_size
        self._order = group_order(params.agg_type, "metricAgg")
        metric = {} if params.agg_type == "count" else {"metricAgg": metric_agg(params.agg_type, params.agg_field)}
        self._ungrouped: JsonObject = metric
        self._per_group: JsonObject = {
            "conditionSelector": condition_selector(params.condition, "metricAgg" if metric else "_count"),
            **({"topHitsAgg": {"top_hits": {"size": min(params.size, MAX_HITS_PER_GROUP)}}} if params.size else {}),
            **metric,
        }
        self._limit: int | None = None
        self._built: JsonObject = {}

    def within(self, alert_limit: int) -> JsonObject:
        """The aggregations under an alert limit, built anew only when the limit changes."""
        if not self._fields:
            return self._ungrouped
        if alert_limit != self._limit:
            size = group_size(self._term_size, alert_limit)
            groups = {**grouping_agg(self._fields, size, self._order), "aggs": self._per_group}
            self._limit, self._built = alert_limit, {"groupAgg": groups, "groupAggCount": GROUP_COUNT_AGG}
        return self._built
