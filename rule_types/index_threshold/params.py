"""Params of ``.index-threshold`` and their checks in the order laid down (rule-type-index-threshold.md 2)."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from engine.model.jsonvalue import JsonObject
from engine.timing.durations import window_length
from rule_types.aggregations import MAX_TERM_SIZE, AggType
from rule_types.comparators import RANGE_COMPARATORS, ComparatorName, Condition
from rule_types.index_threshold.kuery_filter import KueryFilter
from rule_types.params import (
    FROM_JSON_ARRAY,
    NOT_NULL,
    Integer,
    Name,
    Number,
    ParamsModel,
    parse_params,
    refuse,
    union_tag,
)
from rule_types.time_window import WindowUnit

DEFAULTED_FIELDS = ("aggType", "groupBy")

_Names = Annotated[list[Name], Field(min_length=1)]
_Index = Annotated[Annotated[Name, Tag("<text>")] | Annotated[_Names, Tag("<list>")], Discriminator(union_tag)]
_Positive = Annotated[Integer, Field(ge=1)]


class IndexThresholdParams(ParamsModel):
    """The params, single members judged."""

    index: _Index
    time_field: Name
    agg_type: AggType = "count"
    agg_field: Annotated[Name | None, NOT_NULL] = None
    group_by: Literal["all", "top", "row"] = "all"
    term_field: Annotated[Name | None, NOT_NULL] = None
    term_size: Annotated[_Positive | None, NOT_NULL] = None
    filter_kuery: Annotated[str | None, NOT_NULL] = None
    time_window_size: _Positive
    time_window_unit: WindowUnit
    threshold_comparator: ComparatorName
    threshold: Annotated[list[Number], FROM_JSON_ARRAY, Field(min_length=1, max_length=2)]

    @property
    def indices(self) -> tuple[str, ...]:
        return (self.index,) if isinstance(self.index, str) else tuple(self.index)

    def compile_filter(self) -> KueryFilter | None:
        """The filter; None without one. Raises InvalidInput on ``filterKuery``."""
        return KueryFilter(self.filter_kuery, self.indices) if self.filter_kuery else None

    @property
    def window(self) -> timedelta:
        return window_length(self.time_window_size, self.time_window_unit)

    @property
    def condition(self) -> Condition:
        return Condition(self.threshold_comparator, tuple(self.threshold))


_FIELDS = tuple(field.alias or name for name, field in IndexThresholdParams.model_fields.items())


def parse_index_threshold_params(params: JsonObject) -> IndexThresholdParams:
    """The params as a model; ``groupBy: row`` of stored rules passes.

    Raises InvalidInput: faults of single members, else unknown ones, else the first rule over several members that is
    broken.
    """
    parsed = parse_params(IndexThresholdParams, params, _FIELDS)
    parsed.compile_filter()
    if parsed.agg_type != "count" and parsed.agg_field is None:
        raise refuse("aggField", f"is required with aggType {parsed.agg_type}", "name a numeric field")
    if parsed.group_by == "top":
        _check_grouping(parsed)
    if parsed.threshold_comparator in RANGE_COMPARATORS and len(parsed.threshold) == 1:
        raise refuse("threshold", f"must have two elements with {parsed.threshold_comparator}", "add the upper bound")
    return parsed


def refuse_row_grouping(params: IndexThresholdParams) -> None:
    """``row`` means nothing here: a rule that is created or updated must say ``all`` (section 2)."""
    if params.group_by == "row":
        raise refuse("groupBy", "row is not a grouping of this rule type", "use all or top")


def _check_grouping(params: IndexThresholdParams) -> None:
    if params.term_field is None:
        raise refuse("termField", "is required with groupBy top", "name the field to group by")
    if params.term_size is None:
        raise refuse("termSize", "is required with groupBy top", "say how many groups to look at")
    if params.term_size > MAX_TERM_SIZE:
        raise refuse("termSize", f"must be at most {MAX_TERM_SIZE} with groupBy top")
