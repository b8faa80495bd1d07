"""Rules of type .es-query with a query in Elasticsearch's DSL."""

from typing import Any

import pytest

from engine.model.jsonvalue import JsonObject
from rule_types.es_query.rule_type import EsQueryRuleType


@pytest.fixture
def params() -> JsonObject:
    """Valid params."""
    return {
        "index": ["logs"],
        "timeField": "@timestamp",
        "esQuery": '{"query": {"match_all": {}}}',
        "size": 100,
        "timeWindowSize": 5,
        "timeWindowUnit": "m",
        "thresholdComparator": ">",
        "threshold": [0],
    }


@pytest.fixture
def run(make_runner: Any, params: JsonObject) -> Any:
    """``run(answer, **params)`` evaluates once at 2024-05-06T07:08:09.010Z."""
    return make_runner(EsQueryRuleType(), params)
