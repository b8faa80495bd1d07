"""Params of ``.es-query`` and their checks in the order laid down (rule-type-es-query.md 2)."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from engine.model.jsonvalue import JsonObject
from engine.timing.durations import window_length
from rule_types.aggregations import MAX_TERM_SIZE, AggType
from rule_types.comparators import RANGE_COMPARATORS, ComparatorName, Condition
from rule_types.es_query.user_query import parse_user_query
from rule_types.params import (
    FROM_JSON_ARRAY,
    FROM_JSON_OBJECT,
    NOT_NULL,
    Boolean,
    Integer,
    Name,
    Number,
    ParamsModel,
    parse_params,
    refuse,
    union_tag,
)
from rule_types.time_window import WindowUnit

FIELDS = (
    "searchType",
    "size",
    "timeWindowSize",
    "timeWindowUnit",
    "threshold",
    "thresholdComparator",
    "excludeHitsFromPreviousRun",
    "aggType",
    "aggField",
    "groupBy",
    "termField",
    "termSize",
    "timeField",
    "esQuery",
    "index",
    "searchConfiguration",
    "esqlQuery",
    "sourceFields",
    "includeEsqlResults",
)
DEFAULTED_FIELDS = ("searchType", "aggType", "groupBy", "excludeHitsFromPreviousRun")

_Size = Annotated[Integer, Field(ge=0, le=10_000)]
_Thresholds = Annotated[list[Number], FROM_JSON_ARRAY, Field(min_length=1, max_length=2)]
_TermFields = Annotated[list[Name], Field(min_length=2, max_length=4)]
_TermField = Annotated[Annotated[Name, Tag("<text>")] | Annotated[_TermFields, Tag("<list>")], Discriminator(union_tag)]


class SourceField(ParamsModel):
    """Kept for compatibility; evaluation takes no notice of it."""

    label: str
    search_path: str


class EsqlQuery(ParamsModel):
    esql: Name


class EsQueryParams(ParamsModel):
    """What all three search types share."""

    search_type: Literal["esQuery", "searchSource", "esqlQuery"] = "esQuery"
    size: _Size
    time_window_size: Annotated[Integer, Field(ge=1)]
    time_window_unit: WindowUnit
    threshold: _Thresholds
    threshold_comparator: ComparatorName
    exclude_hits_from_previous_run: Boolean = True
    agg_type: AggType = "count"
    agg_field: Annotated[Name | None, NOT_NULL] = None
    group_by: Literal["all", "top", "row"] = "all"
    term_field: Annotated[_TermField | None, NOT_NULL] = None
    term_size: Annotated[Annotated[Integer, Field(ge=1)] | None, NOT_NULL] = None
    time_field: Annotated[Name | None, NOT_NULL] = None
    source_fields: Annotated[
        Annotated[list[Annotated[SourceField, FROM_JSON_OBJECT]], FROM_JSON_ARRAY, Field(max_length=5)] | None, NOT_NULL
    ] = None
    include_esql_results: Annotated[Boolean | None, NOT_NULL] = None

    @property
    def window(self) -> timedelta:
        return window_length(self.time_window_size, self.time_window_unit)

    @property
    def condition(self) -> Condition:
        return Condition(self.threshold_comparator, tuple(self.threshold))

    @property
    def group_fields(self) -> tuple[str, ...]:
        """The fields to group by; grouping is decided by ``termField`` alone (section 3)."""
        if self.term_field is None:
            return ()
        return (self.term_field,) if isinstance(self.term_field, str) else tuple(self.term_field)


class DslParams(EsQueryParams):
    """``searchType: esQuery``."""

    time_field: Name
    es_query: Name
    index: Annotated[list[Name], FROM_JSON_ARRAY, Field(min_length=1)]


class SearchSourceParams(EsQueryParams):
    """``searchType: searchSource``."""

    search_configuration: Annotated[JsonObject, FROM_JSON_OBJECT]


class EsqlParams(EsQueryParams):
    """``searchType: esqlQuery``."""

    esql_query: Annotated[EsqlQuery, FROM_JSON_OBJECT]


class _UnknownSearchType(EsQueryParams):
    """Judges the shared members when the search type itself is wrong."""

    model_config = ConfigDict(extra="ignore")


_MODELS: dict[object, type[EsQueryParams]] = {
    "esQuery": DslParams,
    "searchSource": SearchSourceParams,
    "esqlQuery": EsqlParams,
}


def parse_es_query_params(params: JsonObject) -> EsQueryParams:
    """The params as one of the three models.

    Raises InvalidInput: faults of single members, else members of other search types, else unknown ones, else the
    first rule over several members that is broken.
    """
    search_type = params.get("searchType", "esQuery")
    model = _MODELS.get(search_type, _UnknownSearchType) if isinstance(search_type, str) else _UnknownSearchType
    parsed = parse_params(model, params, FIELDS, foreign=f"must be absent with searchType {search_type}")
    if isinstance(parsed, EsqlParams):
        _check_esql_condition(parsed)
    else:
        _check_condition_and_grouping(parsed)
    if isinstance(parsed, DslParams):
        parse_user_query(parsed.es_query)
    return parsed


def _check_esql_condition(params: EsqlParams) -> None:
    if params.time_field is None:
        raise refuse("timeField", "is required", "add it")
    if params.threshold_comparator != ">":
        raise refuse("thresholdComparator", "must be > with searchType esqlQuery", "state the condition in the query")
    if params.threshold[0] != 0:
        raise refuse("threshold", "must be [0] with searchType esqlQuery", "state the condition in the query")


def _check_condition_and_grouping(params: EsQueryParams) -> None:
    if params.threshold_comparator in RANGE_COMPARATORS and len(params.threshold) == 1:
        raise refuse("threshold", f"must have two elements with {params.threshold_comparator}", "add the upper bound")
    if params.agg_type != "count" and params.agg_field is None:
        raise refuse("aggField", f"is required with aggType {params.agg_type}", "name a numeric field")
    if params.group_by == "top":
        if params.term_field is None:
            raise refuse("termField", "is required with groupBy top", "name the field(s) to group by")
        if params.term_size is None:
            raise refuse("termSize", "is required with groupBy top", "say how many groups to look at")
        if params.term_size > MAX_TERM_SIZE:
            raise refuse("termSize", f"must be at most {MAX_TERM_SIZE} with groupBy top")
    if params.group_by == "row":
        raise refuse("groupBy", "row is for searchType esqlQuery only", "use all or top")
