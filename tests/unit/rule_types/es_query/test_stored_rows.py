"""Rows of ES|QL answers on alert documents, through the whole engine (rule-type-es-query.md 9.6)."""

from engine.search.recording import CannedAnswer, RecordingSearch
from rule_types.es_query.result_rows import ROW_FIELDS
from tocsin import Engine, ManualClock

PARAMS = {
    "searchType": "esqlQuery",
    "esqlQuery": {"esql": "FROM logs"},
    "timeField": "@timestamp",
    "size": 0,
    "timeWindowSize": 5,
    "timeWindowUnit": "m",
    "thresholdComparator": ">",
    "threshold": [0],
}
RULE = {
    "name": "rows",
    "rule_type_id": ".es-query",
    "consumer": "logs",
    "schedule": {"interval": "1m"},
    "params": PARAMS | {"includeEsqlResults": True},
}
ANSWER = CannedAnswer({"columns": [{"name": "a", "type": "keyword"}], "values": [["x"]]})


def test_rows_leave_the_document_when_they_are_not_wanted_any_more() -> None:
    with Engine(clock=ManualClock("2026-01-01T12:00:00Z"), search=RecordingSearch([ANSWER] * 3)) as engine:
        engine.add_rule(RULE, "r")
        engine.run_due()
        [alert] = engine.alerts()
        assert [alert.document[name] for name in ROW_FIELDS] == [[{"a": "x"}], 1, 1, False]
        body = {name: RULE[name] for name in ("name", "schedule")} | {"params": PARAMS}
        engine.update_rule("r", body)
        engine.advance("1m")
        [alert] = engine.alerts()
        assert alert.status == "active"
        assert not set(ROW_FIELDS) & alert.document.keys()
        assert alert.document["kibana.alert.evaluation.value"] == "1"
