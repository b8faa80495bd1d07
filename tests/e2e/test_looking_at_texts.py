"""``tocsin render`` and ``tocsin kql``: what templates and queries of rules come to, shown before anybody is told."""

import json
from pathlib import Path

import pytest

RULE = """\
id: r
name: Requests
rule_type_id: .index-threshold
consumer: alerts
schedule: {interval: 1m}
params: {index: [web], timeField: "@timestamp", timeWindowSize: 5, timeWindowUnit: m, threshold: [1],
         thresholdComparator: ">="}
actions:
  - {id: log, group: threshold met, frequency: {summary: false, notify_when: onActiveAlert},
     params: {message: "{{rule.name}} {{alert.id}} {{context.value}}"}}
  - {id: log, group: recovered, frequency: {summary: false, notify_when: onActiveAlert},
     params: {message: "{{#EvalMath}}nothing{{/EvalMath}}"}}
  - {id: log, group: threshold met, frequency: {summary: true, notify_when: onActiveAlert},
     params: {message: "{{alerts.ongoing.count}} of {{alerts.all.count}}"}}
"""


@pytest.fixture
def store(tocsin, tmp_path: Path) -> Path:
    """A store in which the rule has run once and found an alert."""
    (tmp_path / "rule.yml").write_text(RULE)
    (tmp_path / "tocsin.yml").write_text("connectors:\n  log: {name: log, connector_type_id: .server-log}\n")
    (tmp_path / "web.ndjson").write_text('{"@timestamp": "2026-01-15T10:04:00Z"}\n')
    state = tmp_path / "state.db"
    run = tocsin("run", "rule.yml", "--data", "web=web.ndjson", "--at", "2026-01-15T10:05:00Z", "--state", state)
    assert run.returncode == 0, run.stderr
    return state


def rendered(completed) -> list[dict[str, object]]:
    assert completed.stderr == ""
    actions: list[dict[str, object]] = json.loads(completed.stdout)["actions"]
    return actions


class TestRender:
    def test_a_stored_alert_and_a_file_give_the_variables(self, tocsin, store: Path, tmp_path: Path) -> None:
        (tmp_path / "context.json").write_text('{"context": {"value": 7}}')
        shown = tocsin(
            *("render", "requests", "--alert", "all documents", "--context", "context.json"),
            *("--store", store, "--action", 1, "-o", "json"),
        )
        assert shown.returncode == 0
        (action,) = rendered(shown)
        assert action["params"] == {"message": "Requests all documents 7"}
        assert action["empty_names"] == []

    def test_what_nobody_knows_is_told(self, tocsin, store: Path) -> None:
        shown = tocsin("render", "r", "--store", store, "--action", 1, "-o", "json")
        (action,) = rendered(shown)
        assert action["empty_names"] == ["alert.id", "context.value"]

    def test_a_template_at_fault_is_a_finding(self, tocsin, store: Path) -> None:
        shown = tocsin("render", "r", "--store", store, "--action", 2)
        assert shown.returncode == 1
        assert "error: message: template error at offset 0 (EvalMath: unknown name" in shown.stdout

    def test_summaries_tell_of_the_alerts_that_the_store_remembers(self, tocsin, store: Path) -> None:
        (action,) = rendered(tocsin("render", "r", "--store", store, "--action", 3, "-o", "json"))
        assert action["group"] == "summary"
        assert action["params"] == {"message": "1 of 1"}

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (("--alert", "nope"), "its alerts: all documents"),
            (("--action", 4), "has 3 actions"),
            (("--context", "rule.yml"), "holds no JSON object"),
            (("--context", "nope.json"), "cannot be read"),
        ],
    )
    def test_wrong_input_is_refused(self, tocsin, store: Path, arguments, told: str) -> None:
        shown = tocsin("render", "r", "--store", store, *arguments)
        assert shown.returncode == 2
        assert told in shown.stderr


class TestKql:
    def test_the_dsl_is_printed(self, tocsin, tmp_path: Path) -> None:
        fields = {"host.name": {"name": "host.name", "type": "string", "esTypes": ["keyword"]}}
        view = {"id": "v", "title": "logs-*", "fields": fields, "runtimeFieldMap": {"day": {"type": "long"}}}
        (tmp_path / "view.json").write_text(json.dumps(view))
        shown = tocsin("kql", "host*: web and d*: 1", "--view", "view.json")
        assert shown.returncode == 0, shown.stderr
        assert "host.name" in shown.stdout
        assert '"day"' in shown.stdout

    def test_a_mistake_is_shown_where_it_is(self, tocsin) -> None:
        shown = tocsin("kql", "a: (b and")
        assert shown.returncode == 2
        assert shown.stderr.splitlines()[1:] == ["a: (b and", "---------^"]

    def test_a_file_without_a_view_is_refused(self, tocsin, tmp_path: Path) -> None:
        (tmp_path / "none.json").write_text("[]")
        shown = tocsin("kql", "a: 1", "--view", "none.json")
        assert shown.returncode == 2
        assert "0 data views" in shown.stderr
