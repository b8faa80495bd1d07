"""The documents of the alert history (connectors-core.md 3)."""

import pytest

from connectors.index.alert_history import build_alert_history, date_documents
from engine.model.jsonvalue import JsonObject

VARIABLES: JsonObject = {
    "date": "2021-01-01T00:00:00.000Z",
    "rule": {"id": "r", "name": "R", "spaceId": "default", "type": ".es-query", "tags": ["t"]},
    "alert": {"id": "al", "actionGroup": "default", "actionGroupName": "Default", "uuid": "u"},
    "context": {"message": "hello", "value": 3},
    "params": {"size": 1},
    "tags": ["t"],
    "kibanaBaseUrl": "https://x.io",
}


def test_it_is_made_of_the_variables() -> None:
    assert build_alert_history(VARIABLES) == [
        {
            "@timestamp": "2021-01-01T00:00:00.000Z",
            "tags": ["t"],
            "message": "hello",
            "rule": {
                "id": "r",
                "name": "R",
                "type": ".es-query",
                "space": "default",
                "params": {"__es-query": {"size": 1}},
            },
            "kibana": {
                "alert": {
                    "id": "al",
                    "actionGroup": "default",
                    "actionGroupName": "Default",
                    "context": {"__es-query": {"message": "hello", "value": 3}},
                }
            },
            "event": {"kind": "alert"},
        }
    ]


def test_what_is_empty_is_left_out() -> None:
    [document] = build_alert_history({"rule": {"type": "a.b.c"}, "alert": {"id": "al"}, "tags": [], "context": {}})
    assert document == {
        "rule": {"type": "a.b.c"},
        "kibana": {"alert": {"id": "al"}},
        "event": {"kind": "alert"},
    }


@pytest.mark.parametrize("missing", [{"alert": None}, {"alert": {}}, {"rule": "r"}, {"rule": {"id": "r"}}])
def test_without_alert_or_rule_type_there_is_none(missing: JsonObject) -> None:
    with pytest.raises(ValueError, match="single alerts only"):
        build_alert_history({**VARIABLES, **missing})


def test_a_document_without_a_date_is_of_the_time_of_the_execution() -> None:
    assert date_documents([{"a": 1}, {"@timestamp": "then"}], "now") == [
        {"@timestamp": "now", "a": 1},
        {"@timestamp": "then"},
    ]
