"""The search for entities (rule-type-geo-containment.md 3.2), compiled once per rule revision."""

from engine.model.jsonvalue import JsonObject
from engine.ports.search import SearchRequest
from rule_types.geo_containment.boundaries import OUTSIDE
from rule_types.geo_containment.params import GeoContainmentParams
from rule_types.time_window import TimeWindow

_DATE_FORMAT = "strict_date_optional_time"
_BUCKETS_IN_ALL = 65_535
_MATCH_ALL: JsonObject = {"match_all": {}}


class EntityRequestSkeleton:
    """Everything about the search but window and boundaries. Parts are shared between runs: never modified."""

    def __init__(self, params: GeoContainmentParams) -> None:
        self._index = params.indices
        self._entity, self._date_field = params.entity, params.date_field
        self._filter = params.entity_filter()
        self._newest_hit: JsonObject = {
            "top_hits": {
                "size": 1,
                "sort": [{params.date_field: {"order": "desc"}}],
                "_source": False,
                "fields": [
                    params.entity,
                    {"field": params.date_field, "format": _DATE_FORMAT},
                    {"field": params.geo_field, "format": "wkt"},
                ],
            }
        }

    def request(self, window: TimeWindow, filters: JsonObject) -> SearchRequest:
        """The newest document of every entity in every boundary, and outside of all; ``filters`` by boundary id."""
        in_window = {self._date_field: {"gte": window.start, "lt": window.end, "format": _DATE_FORMAT}}
        range_clause: JsonObject = {"range": in_window}
        clauses = [_MATCH_ALL, range_clause] if self._filter is None else [range_clause, self._filter]
        body: JsonObject = {
            "size": 0,
            "stored_fields": ["*"],
            "docvalue_fields": [{"field": self._date_field, "format": "date_time"}],
            "query": {"bool": {"must": [], "filter": clauses, "should": [], "must_not": []}},
            "aggs": {
                "shapes": {
                    "filters": {"filters": filters, "other_bucket_key": OUTSIDE},
                    "aggs": {
                        "entitySplit": {
                            "terms": {"field": self._entity, "size": entities_per_boundary(len(filters))},
                            "aggs": {"entityHits": self._newest_hit},
                        }
                    },
                }
            },
        }
        return SearchRequest(self._index, body)


def entities_per_boundary(boundaries: int) -> int:
    """How many entities are looked at in each boundary, so that a cluster's limit on buckets is kept."""
    return max(1, _BUCKETS_IN_ALL // (2 * max(1, boundaries)))
