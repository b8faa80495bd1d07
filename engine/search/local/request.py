"""The body of a search, from JSON to a plan (embedded-search.md 6)."""

from dataclasses import dataclass

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.local.aggregation.nodes import Aggregation
from engine.search.local.aggregation.parse import parse_aggregations
from engine.search.local.errors import illegal, parsing, unsupported
from engine.search.local.hits_request import parse_hits
from engine.search.local.plan import HitsRequest
from engine.search.local.query.nodes import MatchAll, Query
from engine.search.local.query.parse import parse_query
from engine.search.local.shape import as_int, as_object

_HITS_KEYS = frozenset(("from", "size", "sort", "search_after", "_source", "fields", "docvalue_fields", "stored_fields",
                        "version", "seq_no_primary_term"))  # fmt: skip
_OWN_KEYS = frozenset(("query", "post_filter", "track_total_hits", "aggs", "aggregations"))
_WITHOUT_EFFECT = frozenset(("explain", "profile", "timeout", "terminate_after", "stats", "indices_boost",
                             "track_scores", "ext"))  # fmt: skip
_LATER = frozenset(("collapse", "highlight", "min_score", "pit", "runtime_mappings",
                    "script_fields", "knn", "suggest", "rescore", "retriever", "slice", "rank"))  # fmt: skip
_MOST_HITS = 10_000
_DEFAULT_TOTAL = 10_000


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """A whole search. ``total_limit``: None = count exactly, 0 = do not report a total.

    ``post_filter`` chooses among the hits, aggregations do not see it.
    """

    query: Query
    hits: HitsRequest
    total_limit: int | None = 10_000
    aggregations: tuple[Aggregation, ...] = ()
    has_aggregations: bool = False
    post_filter: Query | None = None


def parse_request(body: JsonObject) -> SearchPlan:
    """The plan of a search body. Raises SearchError 400."""
    members = as_object(body, "")
    for key, value in members.items():
        if key in _LATER:
            # Empty members ask for nothing.
            if value not in (None, {}, []):
                raise unsupported(f"search body key [{key}]", f"/{key}")
        elif key not in _HITS_KEYS | _WITHOUT_EFFECT | {
            "query",
            "post_filter",
            "track_total_hits",
            "aggs",
            "aggregations",
        }:
            raise parsing(f"unknown key [{key}] in the search body", f"/{key}")
    hits = parse_hits({key: members[key] for key in members.keys() & _HITS_KEYS}, "", default_size=10)
    if hits.start + hits.size > _MOST_HITS:
        raise illegal(f"Result window is too large, from + size must be less than or equal to [{_MOST_HITS}]", "/size")
    query = members.get("query")
    if "aggs" in members and "aggregations" in members:
        raise parsing("[aggs] and [aggregations] are two names of one key", "/aggs")
    aggregations = members.get("aggs", members.get("aggregations"))
    at = "/aggs" if "aggs" in members else "/aggregations"
    return SearchPlan(
        MatchAll() if query is None else parse_query(query, "/query"),
        hits,
        _total_limit(members.get("track_total_hits", _DEFAULT_TOTAL)),
        () if aggregations is None else parse_aggregations(aggregations, at),
        bool(aggregations),
        None if members.get("post_filter") is None else parse_query(members["post_filter"], "/post_filter"),
    )


def _total_limit(value: JsonValue) -> int | None:
    """None: count all; 0: no total; n: count to n."""
    if value is True or value == "true":
        return None
    if value is False or value == "false":
        return 0
    limit = as_int(value, "/track_total_hits")
    if limit < -1:
        raise illegal(
            f"[track_total_hits] parameter must be positive or equals to -1, got {limit}", "/track_total_hits"
        )
    return None if limit == -1 else limit
