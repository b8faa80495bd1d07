"""The event log of connectors (connector-framework.md 12)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.model.connector_trace import ConnectorTrace, ExecutingRule
from engine.run.connector_events import expand_execution

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
TRACE = ConnectorTrace(
    "uuid", "default", "c1", "My", ".server-log", "http_request", START, START + timedelta(milliseconds=3), is_ok=True
)


def records(**members: Any) -> list[dict[str, Any]]:
    return expand_execution(replace(TRACE, **members))


def test_an_execution_is_two_records_with_one_start() -> None:
    start, end = records()
    assert (start["event.action"], end["event.action"]) == ("execute-start", "execute")
    assert start["event.start"] == end["event.start"] == "2026-03-01T12:00:00.000Z"
    assert {"event.end", "event.duration", "event.outcome", "error.message"}.isdisjoint(start)
    assert (end["event.end"], end["event.duration"]) == ("2026-03-01T12:00:00.003Z", "3000000")
    assert end["event.outcome"] == "success"
    for record in (start, end):
        assert (record["event.provider"], record["event.kind"], record["event.category"]) == (
            "actions",
            "action",
            ["actions"],
        )
        assert ".server-log:c1: My" in record["message"]
        assert record["kibana.space_ids"] == ["default"]
        assert (record["kibana.action.id"], record["kibana.action.name"]) == ("c1", "My")
        assert record["kibana.action.type_id"] == ".server-log"
        assert record["kibana.action.execution.uuid"] == "uuid"
        assert record["kibana.action.execution.source"] == "http_request"


def test_a_failure_says_why() -> None:
    end = records(is_ok=False, error_message="m: s; retry: true")[1]
    assert (end["event.outcome"], end["error.message"]) == ("failure", "m: s; retry: true")
    assert "execution failure" in end["message"]


def test_one_that_took_too_long_is_told_as_such() -> None:
    end = records(is_ok=False, has_timed_out=True)[1]
    assert end["event.action"] == "execute-timeout"
    assert "event.outcome" not in end


def test_the_connector_is_named_with_its_space_or_without() -> None:
    plain = {"rel": "primary", "type": "action", "id": "c1", "type_id": ".server-log"}
    assert records()[0]["kibana.saved_objects"] == [plain]
    assert records(space="other")[0]["kibana.saved_objects"] == [plain | {"namespace": "other"}]
    assert records(is_space_agnostic=True)[0]["kibana.saved_objects"] == [plain | {"space_agnostic": True}]


def test_one_that_a_rule_queued_names_the_rule_and_its_delay() -> None:
    rule = ExecutingRule("r", ".es-query", "alerts", "run")
    record = records(source="saved_object", rule=rule, scheduled_at=START - timedelta(seconds=1))[0]
    assert record["kibana.saved_objects"][1] == {"type": "alert", "id": "r", "type_id": ".es-query"}
    assert (record["kibana.alert.rule.consumer"], record["kibana.alert.rule.execution.uuid"]) == ("alerts", "run")
    assert record["kibana.task.schedule_delay"] == 1_000_000_000


def test_who_asked_is_told_if_it_is_known() -> None:
    assert "user.name" not in records()[0]
    assert records(user="ann", request_body_bytes=9)[0]["user.name"] == "ann"
