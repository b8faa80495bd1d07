"""``.index-threshold`` in every shape, on the embedded engine and on clusters."""

from itertools import product
from typing import Any

import pytest

GROUPED = {"groupBy": "top", "termField": "host.name", "termSize": 10}
PARAMS: dict[str, Any] = {
    "index": ["part-1", "part-2"], "timeField": "@timestamp", "aggType": "count", "groupBy": "all",
    "timeWindowSize": 5, "timeWindowUnit": "m", "threshold": [0], "thresholdComparator": ">",
}  # fmt: skip
AGG_TYPES = ("count", "avg", "min", "max", "sum")
COMPARISONS = {">": [8], ">=": [9], "<": [9], "<=": [8], "between": [3, 8], "notBetween": [3, 8]}

RULES: dict[str, dict[str, Any]] = {
    **{f"{agg} of all": {"aggType": agg, "aggField": "ms"} for agg in AGG_TYPES},
    **{f"{agg} by host": {"aggType": agg, "aggField": "ms", **GROUPED} for agg in AGG_TYPES},
    **{
        f"count {comparator} by {what}": {"thresholdComparator": comparator, "threshold": threshold, **grouping}
        for (comparator, threshold), (what, grouping) in product(
            COMPARISONS.items(), {"all": {"index": ["part-2"]}, "host": GROUPED}.items()
        )
    },
    "metric between fractions": {
        "aggType": "avg", "aggField": "ms", **GROUPED, "thresholdComparator": "between", "threshold": [50.5, 58.75]},
    "negative and exponent thresholds": {
        "aggType": "sum", "aggField": "ms", **GROUPED, "thresholdComparator": "notBetween", "threshold": [-1e-7, 1e3]},
    "second threshold of one comparator": {"thresholdComparator": ">", "threshold": [5, 1000]},
    "reversed between": {"thresholdComparator": "between", "threshold": [1000, 1], **GROUPED},
    "largest groups only": {**GROUPED, "termSize": 2},
    "largest metric only": {**GROUPED, "termSize": 1, "aggType": "max", "aggField": "ms"},
    "smallest minimum only": {**GROUPED, "termSize": 1, "aggType": "min", "aggField": "ms"},
    "small counts of the largest": {**GROUPED, "termSize": 3, "thresholdComparator": "<", "threshold": [5]},
    "term field without groupBy": {"termField": "host.name"},
    "by number": {**GROUPED, "termField": "status"},
    "by boolean": {**GROUPED, "termField": "up"},
    "by date": {**GROUPED, "termField": "day"},
    "by ip": {**GROUPED, "termField": "ip"},
    "by several values": {**GROUPED, "termField": "tags"},
    "by unmapped field": {**GROUPED, "termField": "gone"},
    "by subfield of text": {**GROUPED, "termField": "message.keyword", "termSize": 5},
    "one index as text": {"index": "part-2"},
    "index pattern": {"index": ["part-*"], **GROUPED},
    "index pattern with exclusion": {"index": ["part-*", "-part-1"], **GROUPED},
    "empty index": {"index": ["part-empty"], "thresholdComparator": "<", "threshold": [1]},
    "empty index by host": {"index": ["part-empty"], **GROUPED},
    "empty index, avg": {"index": ["part-empty"], "aggType": "avg", "aggField": "ms", "thresholdComparator": "<"},
    "empty index, sum": {
        "index": ["part-empty"], "aggType": "sum", "aggField": "ms", "thresholdComparator": "<", "threshold": [1]},
    "missing index": {"index": ["gone"], "thresholdComparator": "<", "threshold": [1]},
    "missing index by host": {"index": ["gone"], **GROUPED},
    "missing pattern": {"index": ["gone-*"], "thresholdComparator": "<", "threshold": [1]},
    "missing beside present": {"index": ["part-2", "gone"], **GROUPED},
    "unmapped metric": {"aggType": "max", "aggField": "gone", "thresholdComparator": "<", "threshold": [1]},
    "unmapped sum": {"aggType": "sum", "aggField": "gone", "thresholdComparator": "<", "threshold": [1]},
    "unmapped metric by host": {"aggType": "min", "aggField": "gone", **GROUPED},
    "metric of text": {"aggType": "max", "aggField": "message"},
    "metric of keyword": {"aggType": "sum", "aggField": "service"},
    "group by text": {**GROUPED, "termField": "message"},
    "sum of tenths": {"aggType": "sum", "aggField": "tenths", **GROUPED},
    "avg of tenths": {"aggType": "avg", "aggField": "tenths"},
    "max of floats": {"aggType": "max", "aggField": "small", **GROUPED},
    "avg of whole numbers": {"aggType": "avg", "aggField": "status", **GROUPED},
    "max of booleans": {"aggType": "max", "aggField": "up", **GROUPED},
    "max of dates": {"aggType": "max", "aggField": "event.ingested", **GROUPED},
    "dotted time field": {"timeField": "event.ingested", **GROUPED},
    "time in epoch milliseconds": {"timeField": "epoch", **GROUPED},
    "time in nanoseconds": {"timeField": "fine", **GROUPED},
    "time field unmapped": {"timeField": "gone"},
    "seconds": {"timeWindowSize": 30, "timeWindowUnit": "s", **GROUPED},
    "hours": {"timeWindowSize": 1, "timeWindowUnit": "h", **GROUPED},
    "days": {"timeWindowSize": 1, "timeWindowUnit": "d", **GROUPED},
}  # fmt: skip


ADDED_IN_ANOTHER_ORDER = {"sum of tenths"}
"""Sums that no binary fraction holds: each index is added up first, so that the last digit may differ."""


def whole_rules() -> dict[str, dict[str, Any]]:
    shared = {"rule_type_id": ".index-threshold", "group": "threshold met"}
    return {name: {**shared, "params": PARAMS | params} for name, params in RULES.items()}


@pytest.fixture(scope="module")
def locally(local: Any) -> Any:
    return local.observe(whole_rules())


@pytest.fixture(scope="module")
def on_cluster(cluster: Any) -> Any:
    return cluster.observe(whole_rules())


@pytest.mark.parametrize("name", [name for name in RULES if name not in ADDED_IN_ANOTHER_ORDER])
def test_a_rule_comes_to_the_same_everywhere(name: str, locally: Any, on_cluster: Any) -> None:
    assert len(locally[name]) == 2
    assert on_cluster[name] == locally[name]


@pytest.mark.parametrize("name", ADDED_IN_ANOTHER_ORDER)
def test_sums_are_equal_but_for_the_last_digits(name: str, locally: Any, on_cluster: Any) -> None:
    for here, there in zip(locally[name], on_cluster[name], strict=True):
        assert _values(here) == pytest.approx(_values(there), rel=1e-14)


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        # A window ends before its last instant: 30 documents of the corpus, not 31.
        ("count of all", {"all documents": 30}, {"all documents": 30}),
        ("count by host", {"a": 15, "b": 7, "d": 3, "c,1": 2}, {"a": 15, "b": 8, "c,1": 3, "d": 2}),
        ("missing index", {}, {}),
        ("empty index", {"all documents": 0}, {"all documents": 0}),
        ("small counts of the largest", {"d": 3}, {"c,1": 3, "d": "unknown"}),
    ],
)
def test_what_rules_come_to(name: str, first: dict[str, Any], second: dict[str, Any], locally: Any) -> None:
    assert [_values(run) for run in locally[name]] == [first, second]


def _values(run: dict[str, Any]) -> dict[str, Any]:
    """Alert id -> the value told, recovered ones included."""
    return {alert: message["context"]["value"] for alert, _, message in run["messages"]}
