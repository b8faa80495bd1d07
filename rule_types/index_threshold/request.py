"""The searches of ``.index-threshold`` (rule-type-index-threshold.md 4, 7), compiled once per rule revision."""

from collections.abc import Sequence

from engine.model.jsonvalue import JsonObject
from engine.ports.search import SearchRequest
from rule_types.aggregations import (
    GROUP_COUNT_AGG,
    condition_selector,
    group_order,
    group_size,
    grouping_agg,
    metric_agg,
)
from rule_types.index_threshold.params import IndexThresholdParams
from rule_types.time_window import TimeWindow

RANGE_FORMAT = "strict_date_time"


class RequestSkeleton:
    """Everything about the requests but the instants. Parts are shared between runs: never modified."""

    def __init__(self, params: IndexThresholdParams) -> None:
        self._index = params.indices
        self._time_field = params.time_field
        self._group_fields = () if params.term_field is None else (params.term_field,)
        self._term_size = params.term_size
        self._order = group_order(params.agg_type, "sortValueAgg")
        metric = {} if params.agg_type == "count" else metric_agg(params.agg_type, params.agg_field)
        self._in_range: JsonObject = {"aggs": {"metricAgg": metric}} if metric else {}
        self._sort_value: JsonObject = {"sortValueAgg": metric} if metric else {}
        self._selector = condition_selector(params.condition, "sortValueAgg" if metric else "_count")

    def run_request(self, window: TimeWindow, alert_limit: int, only: JsonObject | None = None) -> SearchRequest:
        """One run's search: one range, and only the groups that meet the condition; ``only``: the rule's filter."""
        date_agg = self._date_agg([window])
        if not self._group_fields:
            return self._request(window, {"dateAgg": date_agg, **self._sort_value}, only)
        per_group = {"dateAgg": date_agg, "conditionSelector": self._selector, **self._sort_value}
        groups = self._group_agg(group_size(self._term_size, alert_limit), per_group)
        return self._request(window, {"groupAgg": groups, "groupAggCount": GROUP_COUNT_AGG}, only)

    def preview_request(self, windows: Sequence[TimeWindow], only: JsonObject | None = None) -> SearchRequest:
        """The search over several windows, oldest first, whatever the condition says."""
        whole = TimeWindow(windows[0].start, windows[-1].end)
        aggs = {"dateAgg": self._date_agg(windows), **self._sort_value}
        if self._group_fields:
            aggs = {"groupAgg": self._group_agg(group_size(self._term_size, alert_limit=None), aggs)}
        return self._request(whole, aggs, only)

    def _group_agg(self, size: int, per_group: JsonObject) -> JsonObject:
        return {**grouping_agg(self._group_fields, size, self._order), "aggs": per_group}

    def _date_agg(self, windows: Sequence[TimeWindow]) -> JsonObject:
        ranges = [{"from": window.start, "to": window.end} for window in windows]
        return {"date_range": {"field": self._time_field, "format": RANGE_FORMAT, "ranges": ranges}, **self._in_range}

    def _request(self, window: TimeWindow, aggs: JsonObject, only: JsonObject | None) -> SearchRequest:
        in_window = {self._time_field: {"gte": window.start, "lt": window.end, "format": RANGE_FORMAT}}
        filters = [{"range": in_window}, *(() if only is None else (only,))]
        body = {"size": 0, "query": {"bool": {"filter": filters}}, "aggs": aggs}
        return SearchRequest(self._index, body, ignore_unavailable=True, allow_no_indices=True)
