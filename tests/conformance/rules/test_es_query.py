"""``.es-query`` with queries in Elasticsearch's DSL in every shape, on the embedded engine and on clusters."""

import json
from itertools import product
from typing import Any

import pytest

BY_HOST = {"groupBy": "top", "termField": "host.name", "termSize": 10}
BY_HOST_AND_SERVICE = BY_HOST | {"termField": ["host.name", "service"]}
PARAMS: dict[str, Any] = {
    "searchType": "esQuery", "index": ["web"], "timeField": "@timestamp", "size": 3, "aggType": "count",
    "groupBy": "all", "timeWindowSize": 5, "timeWindowUnit": "m", "threshold": [0], "thresholdComparator": ">",
}  # fmt: skip
AGG_TYPES = ("count", "avg", "min", "max", "sum")
COMPARISONS = {">": [8], ">=": [9], "<": [9], "<=": [8], "between": [3, 8], "notBetween": [3, 8]}


def of(query: dict[str, Any], **body: Any) -> dict[str, Any]:
    return {"esQuery": json.dumps({"query": query, **body})}


RULES: dict[str, dict[str, Any]] = {
    **{
        f"{agg} by {what}": {"aggType": agg, "aggField": "ms", **grouping}
        for agg, (what, grouping) in product(
            AGG_TYPES,
            {"all": {}, "host": BY_HOST, "host and service": BY_HOST_AND_SERVICE}.items(),
        )
    },
    **{
        f"count {comparator} by {what}": {"thresholdComparator": comparator, "threshold": threshold, **grouping}
        for (comparator, threshold), (what, grouping) in product(
            COMPARISONS.items(), {"all": {"index": ["part-2"]}, "host": BY_HOST, "both": BY_HOST_AND_SERVICE}.items()
        )
    },
    # sizes
    "no hits": {"size": 0},
    "no hits by host": {"size": 0, **BY_HOST},
    "all hits": {"size": 10_000},
    "more hits a group than there may be": {"size": 500, **BY_HOST},
    "more hits of several fields": {"size": 101, **BY_HOST_AND_SERVICE},
    # grouping
    "largest groups only": {**BY_HOST, "termSize": 2},
    "largest pair only": {**BY_HOST_AND_SERVICE, "termSize": 1},
    "smallest minimum of pairs": {**BY_HOST_AND_SERVICE, "termSize": 2, "aggType": "min", "aggField": "ms"},
    "largest average of pairs": {**BY_HOST_AND_SERVICE, "termSize": 3, "aggType": "avg", "aggField": "ms"},
    "by four fields": {**BY_HOST, "termField": ["host.name", "service", "up", "day"], "termSize": 5},
    "by number and boolean": {**BY_HOST, "termField": ["status", "up"]},
    "by date and ip": {**BY_HOST, "termField": ["day", "ip"]},
    "by double and number": {**BY_HOST, "termField": ["ms", "user.id"], "termSize": 4},
    "by several values and host": {**BY_HOST, "termField": ["tags", "host.name"]},
    "by unmapped pair": {**BY_HOST, "termField": ["host.name", "gone"]},
    "by number": {**BY_HOST, "termField": "status"},
    "by double": {**BY_HOST, "termField": "ms", "termSize": 4},
    "by float": {**BY_HOST, "termField": "small", "termSize": 4},
    "by boolean": {**BY_HOST, "termField": "up"},
    "by date": {**BY_HOST, "termField": "day"},
    "by ip": {**BY_HOST, "termField": "ip", "termSize": 3},
    "by several values": {**BY_HOST, "termField": "tags"},
    "by unmapped field": {**BY_HOST, "termField": "gone"},
    "by text": {**BY_HOST, "termField": "message"},
    "by text and host": {**BY_HOST, "termField": ["message", "host.name"]},
    "term field without groupBy": {"termField": "host.name"},
    # metrics
    "metric between fractions": {
        "aggType": "avg", "aggField": "ms", **BY_HOST, "thresholdComparator": "between", "threshold": [50.5, 58.75]},
    "metric of pairs not between": {
        "aggType": "sum", "aggField": "ms", **BY_HOST_AND_SERVICE, "thresholdComparator": "notBetween",
        "threshold": [-1e-7, 1e2]},
    "average over nothing": {
        **of({"term": {"status": 1}}), "aggType": "avg", "aggField": "ms",
        "thresholdComparator": "<", "threshold": [5]},
    "unmapped metric": {"aggType": "max", "aggField": "gone", "thresholdComparator": "<", "threshold": [1]},
    "unmapped metric by host": {"aggType": "max", "aggField": "gone", **BY_HOST},
    "unmapped sum by host": {
        "aggType": "sum", "aggField": "gone", **BY_HOST, "thresholdComparator": "<", "threshold": [1]},
    "metric of keyword": {"aggType": "avg", "aggField": "service"},
    "max of dates by host": {"aggType": "max", "aggField": "event.ingested", **BY_HOST},
    # not counting twice
    "counting again": {"excludeHitsFromPreviousRun": False},
    "counting once": {"excludeHitsFromPreviousRun": True, "threshold": [3]},
    "counting once, recovers": {"excludeHitsFromPreviousRun": True, "threshold": [10]},
    "counting once, no hits": {"excludeHitsFromPreviousRun": True, "threshold": [10], "size": 0},
    "not met is counted again": {"excludeHitsFromPreviousRun": True, "threshold": [1000]},
    "groups count again": {"excludeHitsFromPreviousRun": True, **BY_HOST, "threshold": [3]},
    # what is returned of a hit
    "source left out": of({"match_all": {}}, _source=False),
    "source filtered": of({"match_all": {}}, _source=["host.*", "tags"]),
    "source with excludes": of({"match_all": {}}, _source={"includes": ["host", "process"], "excludes": ["*.name"]}),
    "fields": of(
        {"match_all": {}}, fields=["ms", "host.*", "gone", {"field": "event.ingested", "format": "epoch_millis"}]),
    "all fields": of({"match_all": {}}, fields=["*"], _source=False),
    "source fields": {"sourceFields": [{"label": "tags", "searchPath": "tags"}]},
    "members that are not used": of(
        {"match_all": {}}, size=1, sort=["status"], aggs={"x": {"nonsense": {}}}, track_total_hits=False),
    # faults
    "unknown query": of({"nonsense": {}}),
    "value of wrong type": of({"term": {"status": "high"}}),
    "runtime mappings": of({"match_all": {}}, runtime_mappings={"day_of_week": {"type": "keyword"}}),
    "query in triple quotes": {"esQuery": '"""{"query": {"term": {"status": 404}}}"""'},
    "date that is none": of({"range": {"event.ingested": {"gte": "soon"}}}),
    # indices and time fields
    "index pattern": {"index": ["part-*"]},
    "index pattern with exclusion": {"index": ["part-*", "-part-1"]},
    "empty index": {"index": ["part-empty"], "thresholdComparator": "<", "threshold": [1]},
    "missing index": {"index": ["gone"], "thresholdComparator": "<", "threshold": [1]},
    "missing index, avg": {
        "index": ["gone"], "aggType": "avg", "aggField": "ms", "thresholdComparator": "<", "threshold": [1]},
    "missing index by pair": {"index": ["gone-*"], **BY_HOST_AND_SERVICE},
    "missing beside present": {"index": ["part-2", "gone"]},
    "dotted time field": {"timeField": "event.ingested"},
    "time in epoch milliseconds": {"timeField": "epoch"},
    "time in nanoseconds": {"timeField": "fine"},
    "time field unmapped": {"timeField": "gone"},
    "time field unmapped by pair": {"timeField": "gone", **BY_HOST_AND_SERVICE},
    "seconds": {"timeWindowSize": 30, "timeWindowUnit": "s"},
    "days": {"timeWindowSize": 1, "timeWindowUnit": "d", "size": 5},
}  # fmt: skip


SEVERAL_INDICES = {
    "several indices by host": BY_HOST,
    "several indices by host and service": BY_HOST_AND_SERVICE,
    "several indices, largest sums": {**BY_HOST, "termSize": 2, "aggType": "sum", "aggField": "ms"},
}
"""Which of equally good hits a group shows follows the order of shards (newest first on the server), so that only
their number is compared."""
DIFFERENT = {
    ("osmem", "source with excludes"): "it keeps the objects that it empties within lists",
    ("osmem", "time field unmapped"): "it sorts by a field that does not exist, as no real server does",
    ("osmem", "time field unmapped by pair"): "it sorts by a field that does not exist, as no real server does",
}
"""Where a backend and the embedded one differ, and why."""


def whole_rules() -> dict[str, dict[str, Any]]:
    shared = {"rule_type_id": ".es-query", "group": "query matched"}
    everything = PARAMS | of({"match_all": {}})
    several = {name: {"index": ["part-*"], **params} for name, params in SEVERAL_INDICES.items()}
    return {name: {**shared, "params": everything | params} for name, params in (RULES | several).items()}


@pytest.fixture(scope="module")
def locally(local: Any) -> Any:
    return local.observe(whole_rules())


@pytest.fixture(scope="module")
def on_cluster(cluster: Any) -> Any:
    return cluster.observe(whole_rules())


@pytest.mark.parametrize("name", RULES)
def test_a_rule_comes_to_the_same_everywhere(name: str, cluster: Any, locally: Any, on_cluster: Any) -> None:
    assert len(locally[name]) == 2
    if (cluster.name, name) in DIFFERENT:
        assert on_cluster[name] != locally[name], "is equal now: take it off the list"
    else:
        assert on_cluster[name] == locally[name]


@pytest.mark.parametrize("name", SEVERAL_INDICES)
def test_groups_over_several_indices(name: str, locally: Any, on_cluster: Any) -> None:
    assert [_groups(run) for run in on_cluster[name]] == [_groups(run) for run in locally[name]]


def _groups(run: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Of each message: alert, group, value, grouping and the number of hits shown, in order."""
    seen = [(alert, group, message["context"]) for alert, group, message in run["messages"]]
    return [(alert, group, told["value"], told.get("grouping"), len(told["hits"])) for alert, group, told in seen]


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("count by all", {"query matched": 31}, {"query matched": 6}),
        ("counting again", {"query matched": 31}, {"query matched": 31}),
        ("counting once, recovers", {"query matched": 31}, {"query matched": 0}),
        ("not met is counted again", {}, {}),
        ("count by host", {"a": 16, "b": 7, "d": 3, "c,1": 2}, {"a": 16, "b": 8, "d": 2, "c,1": 3}),
        ("largest pair only", {"a,shop": 8}, {"a,pay": 7, "a,shop": 0}),
        ("average over nothing", {"query matched": 0}, {"query matched": 0}),
        ("missing index", {"query matched": 0}, {"query matched": 0}),
    ],
)
def test_what_rules_come_to(name: str, first: dict[str, Any], second: dict[str, Any], locally: Any) -> None:
    found = [{alert: told["context"]["value"] for alert, _, told in run["messages"]} for run in locally[name]]
    assert found == [first, second]
