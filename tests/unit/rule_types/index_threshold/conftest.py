"""Rules of type .index-threshold."""

from typing import Any

import pytest

from engine.model.jsonvalue import JsonObject
from rule_types.index_threshold.rule_type import IndexThresholdRuleType


@pytest.fixture
def params() -> JsonObject:
    """Valid params."""
    return {
        "index": "logs",
        "timeField": "@timestamp",
        "timeWindowSize": 5,
        "timeWindowUnit": "m",
        "thresholdComparator": ">",
        "threshold": [0],
    }


@pytest.fixture
def run(make_runner: Any, params: JsonObject) -> Any:
    """``run(answer, **params)`` evaluates once at 2024-05-06T07:08:09.010Z."""
    return make_runner(IndexThresholdRuleType(), params)
