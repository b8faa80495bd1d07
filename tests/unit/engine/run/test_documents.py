"""Alert documents, row by row of the table in rule-run.md 10."""

import tomllib
from pathlib import Path

import pytest

from engine.model.alert import Alert, RuleState
from engine.model.settings import FlappingSettings
from engine.model.version import ENGINE_VERSION
from engine.ports.rule_type import Recovery, Report
from engine.ports.store import ClosedDocument, NewDocument
from engine.run.documents import join_document
from engine.run.windows import RunningWindow

T0, T1, T2 = (f"2024-01-01T00:0{minute}:00.000Z" for minute in range(3))
PAYLOAD = {"kibana.alert.reason": "why", "my.list": [1, 2]}


def test_a_new_document(life):
    rule = life()
    at = rule.at
    run = rule.run(Report("a", "high", payload=PAYLOAD | {"tags": ["own"]}), windows=[RunningWindow("w", "W")])
    assert run.new[0].document == {
        "@timestamp": T0,
        "event.action": "open",
        "event.kind": "signal",
        "kibana.alert.action_group": "high",
        "kibana.alert.consecutive_matches": 1,
        "kibana.alert.duration.us": 0,
        "kibana.alert.flapping": False,
        "kibana.alert.flapping_history": [True],
        "kibana.alert.instance.id": "a",
        "kibana.alert.maintenance_window_ids": ["w"],
        "kibana.alert.maintenance_window_names": ["W"],
        "kibana.alert.muted": False,
        "kibana.alert.pending_recovered_count": 0,
        "kibana.alert.reason": "why",
        "kibana.alert.rule.execution.timestamp": T0,
        "kibana.alert.rule.execution.uuid": "e0",
        "kibana.alert.severity_improving": False,
        "kibana.alert.start": T0,
        "kibana.alert.status": "active",
        "kibana.alert.time_range": {"gte": T0},
        "kibana.alert.uuid": "u1",
        "kibana.alert.workflow_status": "open",
        "my.list": [1, 2],
        "tags": ["own", "foo", "bar"],
    }
    assert run.new_documents == [NewDocument("u1", "a", at, rule.subject.rule_fields)]
    assert run.closed_documents == []
    assert run.refreshed_rule_fields is None


def test_an_ongoing_document(life):
    rule = life()
    rule.run(Report("a", "default", payload=PAYLOAD))
    run = rule.run(Report("a", "default", payload={"my.list": [3]}))
    assert run.active[0].document == {
        "@timestamp": T1,
        "event.action": "active",
        "event.kind": "signal",
        "kibana.alert.action_group": "default",
        "kibana.alert.consecutive_matches": 2,
        "kibana.alert.duration.us": 60_000_000,
        "kibana.alert.flapping": False,
        "kibana.alert.flapping_history": [True, False],
        "kibana.alert.instance.id": "a",
        "kibana.alert.maintenance_window_ids": [],
        "kibana.alert.maintenance_window_names": [],
        "kibana.alert.muted": False,
        "kibana.alert.pending_recovered_count": 0,
        "kibana.alert.previous_action_group": "default",
        "kibana.alert.reason": "why",
        "kibana.alert.rule.execution.timestamp": T1,
        "kibana.alert.rule.execution.uuid": "e1",
        "kibana.alert.start": T0,
        "kibana.alert.status": "active",
        "kibana.alert.time_range": {"gte": T0},
        "kibana.alert.uuid": "u1",
        "kibana.alert.workflow_status": "open",
        "my.list": [3],
        "tags": ["foo", "bar"],
    }
    assert (run.new_documents, run.closed_documents) == ([], [])


def test_a_recovered_document(life):
    rule = life()
    rule.run(Report("a", "high", payload=PAYLOAD))
    at = rule.at
    run = rule.run(recover=lambda _: Recovery({}, {"kibana.alert.reason": "gone", "tags": ["over"]}))
    document = run.recovered[0].document
    assert document == {
        "@timestamp": T1,
        "event.action": "close",
        "event.kind": "signal",
        "kibana.alert.action_group": "recovered",
        "kibana.alert.consecutive_matches": 0,
        "kibana.alert.duration.us": 60_000_000,
        "kibana.alert.end": T1,
        "kibana.alert.flapping": False,
        "kibana.alert.flapping_history": [True, True],
        "kibana.alert.instance.id": "a",
        "kibana.alert.maintenance_window_ids": [],
        "kibana.alert.maintenance_window_names": [],
        "kibana.alert.muted": False,
        "kibana.alert.pending_recovered_count": 0,
        "kibana.alert.previous_action_group": "high",
        "kibana.alert.reason": "gone",
        "kibana.alert.rule.execution.timestamp": T1,
        "kibana.alert.rule.execution.uuid": "e1",
        "kibana.alert.severity_improving": True,
        "kibana.alert.start": T0,
        "kibana.alert.status": "recovered",
        "kibana.alert.time_range": {"gte": T0, "lte": T1},
        "kibana.alert.uuid": "u1",
        "kibana.alert.workflow_status": "open",
        "my.list": [1, 2],
        "tags": ["over", "foo", "bar"],
    }
    assert run.closed_documents == [ClosedDocument("u1", at, document)]
    assert (run.new_documents, run.refreshed_rule_fields) == ([], None)


def test_a_held_document(life):
    rule = life(flapping=FlappingSettings(True, 4, 2))
    rule.run(Report("a", "high")), rule.run(), rule.run(Report("a", "high", payload=PAYLOAD))
    document = rule.run().active[0].document
    assert document["event.action"] == "active"
    assert document["kibana.alert.status"] == "active"
    assert document["kibana.alert.flapping"] is True
    assert document["kibana.alert.pending_recovered_count"] == 1
    assert document["kibana.alert.consecutive_matches"] == 1
    assert document["kibana.alert.action_group"] == "default"
    assert document["kibana.alert.previous_action_group"] == "high"
    assert document["kibana.alert.reason"] == "why"
    assert document["kibana.alert.time_range"] == {"gte": T2}
    assert "kibana.alert.end" not in document


def test_a_document_passed_through_at_the_limit_keeps_its_group_and_payload(life):
    rule = life()
    rule.run(Report("a", "low")), rule.run(Report("a", "high", payload=PAYLOAD))
    document = rule.run(limit_reached=True).active[0].document
    assert document["kibana.alert.action_group"] == "high"
    assert document["kibana.alert.previous_action_group"] == "high"
    assert document["kibana.alert.consecutive_matches"] == 2
    assert document["kibana.alert.reason"] == "why"
    assert "kibana.alert.severity_improving" not in document
    # The group before the limit is still what the next report is compared with.
    assert rule.run(Report("a", "low")).active[0].document["kibana.alert.severity_improving"] is True


@pytest.mark.parametrize(
    ("before", "now", "improving"),
    [
        ("low", "high", False),
        ("high", "low", True),
        ("low", "low", None),
        ("default", "high", None),
        ("high", "default", None),
        ("high", "unheard of", None),
    ],
)
def test_severity_improving(life, before, now, improving):
    rule = life()
    rule.run(Report("a", before))
    document = rule.run(Report("a", now)).active[0].document
    assert document.get("kibana.alert.severity_improving") is improving
    assert ("kibana.alert.severity_improving" in document) is (improving is not None)


def test_groups_of_equal_level_are_no_improvement(life, make_rule_type):
    groups = tuple(type(group)(group.id, group.name, 2) for group in make_rule_type().action_groups)
    rule = life(rule_type=make_rule_type(action_groups=groups))
    rule.run(Report("a", "low"))
    assert "kibana.alert.severity_improving" not in rule.run(Report("a", "high")).active[0].document


def test_workflow_status_of_the_payload(life):
    rule = life()
    status = "kibana.alert.workflow_status"
    assert rule.run(Report("a", "default", payload={status: "acknowledged"})).new[0].document[status] == "acknowledged"
    assert rule.run("a").active[0].document[status] == "acknowledged"


def test_tags_are_payload_then_stored_then_rule_tags(life, make_rule):
    rule = life(tags=("r1", "p1"))
    assert rule.run(Report("a", "default", payload={"tags": ["p1", "p2"]})).new[0].document["tags"] == [
        "p1",
        "p2",
        "r1",
    ]
    rule.rule = make_rule(tags=("r2", "r1"))
    assert rule.run(Report("a", "default", payload={"tags": ["p3"]})).active[0].document["tags"] == [
        "p3",
        "p1",
        "p2",
        "r1",
        "r2",
    ]
    rule.rule = make_rule(tags=("r3",))
    assert rule.run("a").active[0].document["tags"] == ["p3", "p1", "p2", "r1", "r2", "r3"]
    assert rule.run().recovered[0].document["tags"] == ["p3", "p1", "p2", "r1", "r2", "r3"]


@pytest.mark.parametrize(
    ("muting", "muted"),
    [({}, [False, False]), ({"mute_all": True}, [True, True]), ({"muted_alert_ids": ("b", "x")}, [False, True])],
)
def test_muted(life, make_rule, muting, muted):
    rule = life(**muting)
    assert [alert.document["kibana.alert.muted"] for alert in rule.run("a", "b").new] == muted
    assert [alert.document["kibana.alert.muted"] for alert in rule.run("a", "b").active] == muted
    rule.rule = make_rule(mute_all=True)
    assert [alert.document["kibana.alert.muted"] for alert in rule.run().recovered] == muted


def test_unmuting_shows_in_the_next_run(life, make_rule):
    rule = life(mute_all=True)
    rule.run("a")
    rule.rule = make_rule()
    assert rule.run("a").active[0].document["kibana.alert.muted"] is False


def test_what_users_edited_on_the_document_survives(life):
    rule = life()
    rule.run("a")
    edited = {
        "kibana.alert.workflow_status": "closed",
        "kibana.alert.workflow_tags": ["x"],
        "kibana.alert.case_ids": ["1"],
    }
    rule.state.active["a"].fields |= edited
    document = rule.run(Report("a", "default", payload=PAYLOAD)).active[0].document
    assert edited.items() <= document.items()


def test_a_changed_rule_refreshes_the_documents_that_go_on(life, make_rule):
    rule = life()
    rule.run("a")
    rule.rule = make_rule(name="Renamed", revision=5)
    run = rule.run("a")
    assert run.refreshed_rule_fields == rule.subject.rule_fields
    assert run.refreshed_rule_fields["kibana.alert.rule.name"] == "Renamed"
    assert rule.state.documented_revision == 5
    assert rule.run("a").refreshed_rule_fields is None


def test_nothing_is_refreshed_when_no_document_goes_on(life, make_rule):
    rule = life()
    rule.run("a")
    rule.rule = make_rule(revision=5)
    assert rule.run("b").refreshed_rule_fields is None
    assert rule.state.documented_revision == 5


def test_a_new_alert_beside_an_ongoing_one(life, make_rule):
    rule = life()
    rule.run("a")
    rule.rule = make_rule(revision=5)
    run = rule.run("a", "b")
    assert [alert.document["event.action"] for alert in run.active] == ["active", "open"]
    assert [document.uuid for document in run.new_documents] == ["u2"]
    assert run.refreshed_rule_fields == rule.subject.rule_fields


def test_a_missing_document_of_an_ongoing_alert_is_written_whole(life):
    rule = life()
    start = rule.at
    rule.runs = 1
    rule.state = RuleState(active={"a": Alert("a", "u0", visible=True, start=start, active_count=1)})
    run = rule.run("a")
    document = run.active[0].document
    assert (document["kibana.alert.uuid"], document["event.kind"], document["event.action"]) == (
        "u0",
        "signal",
        "active",
    )
    assert (document["kibana.alert.start"], document["kibana.alert.workflow_status"]) == (T0, "open")
    assert "kibana.alert.previous_action_group" not in document
    assert run.new_documents == [NewDocument("u0", "a", start, rule.subject.rule_fields)]


def test_a_missing_document_of_a_recovering_alert_is_written_whole(life):
    rule = life(muted_alert_ids=("a",))
    start = rule.at
    rule.runs = 1
    rule.state = RuleState(active={"a": Alert("a", "u0", visible=True, start=start, active_count=1)})
    run = rule.run()
    document = run.recovered[0].document
    assert (document["kibana.alert.uuid"], document["event.kind"], document["event.action"]) == (
        "u0",
        "signal",
        "close",
    )
    assert document["kibana.alert.time_range"] == {"gte": T0, "lte": T1}
    assert document["kibana.alert.muted"] is True
    assert "kibana.alert.previous_action_group" not in document
    assert run.new_documents == [NewDocument("u0", "a", start, rule.subject.rule_fields)]
    assert [closed.uuid for closed in run.closed_documents] == ["u0"]


def test_an_alert_without_a_start_has_no_times_on_its_document(life):
    rule = life(state=RuleState(active={"a": Alert("a", "u0", visible=True), "b": Alert("b", "u9", visible=True)}))
    at = rule.at
    run = rule.run("a")
    for document in (run.active[0].document, run.recovered[0].document):
        times = {"kibana.alert.start", "kibana.alert.end", "kibana.alert.time_range", "kibana.alert.duration.us"}
        assert times & document.keys() == set()
    assert [document.start for document in run.new_documents] == [at, at]
    assert [document.end for document in run.closed_documents] == [at]


def test_a_passed_through_alert_without_document_has_no_group(life):
    rule = life(state=RuleState(active={"a": Alert("a", "u0", visible=True)}))
    document = rule.run(limit_reached=True).active[0].document
    assert "kibana.alert.action_group" not in document
    assert "kibana.alert.previous_action_group" not in document


def test_documents_of_ended_alerts_are_not_touched_again(life):
    rule = life()
    rule.run("a"), rule.run()
    run = rule.run()
    assert list(run.tracked_recovered) == ["a"]
    assert (run.new_documents, run.closed_documents) == ([], [])


def test_duration_is_in_whole_microseconds(life):
    rule = life()
    rule.run("a")
    alert = rule.run("a").active[0]
    assert (alert.document["kibana.alert.duration.us"], alert.duration_ns) == (60_000_000, 60_000_000_000)
    assert isinstance(alert.document["kibana.alert.duration.us"], int)
    assert isinstance(alert.duration_ns, int)


def test_the_halves_of_a_document_join(life):
    rule = life(space="ops")
    document = rule.run("a").new[0].document
    fields = rule.subject.rule_fields
    assert fields == {
        "kibana.alert.rule.category": "Test type",
        "kibana.alert.rule.consumer": "alerts",
        "kibana.alert.rule.name": "My rule",
        "kibana.alert.rule.parameters": {"threshold": 5},
        "kibana.alert.rule.producer": "stackAlerts",
        "kibana.alert.rule.revision": 4,
        "kibana.alert.rule.rule_type_id": "test.type",
        "kibana.alert.rule.tags": ["foo", "bar"],
        "kibana.alert.rule.uuid": "rule-1",
        "kibana.space_ids": ["ops"],
        "kibana.version": ENGINE_VERSION,
    }
    assert join_document(fields, document) == fields | document
    assert fields.keys() & document.keys() == set()


def test_the_engine_version_is_that_of_the_package():
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    assert project["version"] == ENGINE_VERSION


def test_types_that_keep_no_documents_get_none_and_their_alerts_live_on_all_the_same(life, make_rule_type):
    rule_type = make_rule_type()
    rule_type.keeps_documents = False
    rule = life(rule_type=rule_type)
    runs = [rule.run("a"), rule.run("a"), rule.run()]
    assert [(len(run.active), len(run.recovered)) for run in runs] == [(1, 0), (1, 0), (0, 1)]
    for run in runs:
        assert (run.new_documents, run.closed_documents, run.refreshed_rule_fields) == ([], [], None)
    assert runs[1].active[0].document == {}
