"""Rules over data views by the real program: files of views, runs in KQL and Lucene, and what the verbs show."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SETTINGS = """\
data_views: [views]
data: {web: {files: [web.ndjson]}}
"""
VIEW = 'id: web-logs\ntitle: web\nname: Web logs\ntimeFieldName: "@timestamp"\n'
RULE = """\
id: r
name: r
rule_type_id: .es-query
consumer: logs
schedule: {{interval: 1m}}
params:
  searchType: {kind}
  size: 10
  timeWindowSize: 5
  timeWindowUnit: m
  threshold: [0]
  thresholdComparator: ">"
  {more}
"""
DOCUMENTS = [
    {"@timestamp": "2026-01-01T12:00:00Z", "host": "web-1", "status": 500, "message": "Disk full"},
    {"@timestamp": "2026-01-01T12:00:01Z", "host": "web-2", "status": 200, "message": "all good"},
    {"@timestamp": "2026-01-01T12:00:02Z", "host": "db", "status": 503, "message": "disk failing"},
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    """A folder with settings, a data view and its documents."""
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "web.yml").write_text(VIEW)
    (tmp_path / "tocsin.yml").write_text(SETTINGS)
    (tmp_path / "web.ndjson").write_text("".join(json.dumps(document) + "\n" for document in DOCUMENTS))
    return tmp_path


@pytest.fixture
def run(folder: Path, tocsin: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """Run a rule of that search type once; its result."""

    def once(kind: str, more: str, *arguments: str) -> dict[str, Any]:
        (folder / "rule.yml").write_text(RULE.format(kind=kind, more=more))
        done = tocsin("run", "rule.yml", "--at", "2026-01-01T12:01:00Z", "-o", "json", *arguments)
        [result] = json.loads(done.stdout)["rules"]
        return result

    return once


def configuration(language: str, query: str) -> str:
    given = {"index": "web-logs", "query": {"language": language, "query": query}}
    return f"searchConfiguration: {json.dumps(given)}"


@pytest.mark.parametrize(
    ("language", "query", "value"),
    [
        ("kuery", "status >= 500 and not host: db", 1),
        ("kuery", "message: DIS* and host: *", 2),
        ("kuery", "disk", 2),
        ("lucene", "status:[500 TO *] OR message:good", 3),
    ],
)
def test_documents_are_counted(run: Callable[..., Any], language: str, query: str, value: int) -> None:
    [alert] = run("searchSource", configuration(language, query))["alerts"]
    assert alert["document"]["kibana.alert.evaluation.value"] == str(value)
    assert "Web logs" in alert["document"]["kibana.alert.reason"]


def test_a_broken_query_is_warned_of_and_fails_the_run(run: Callable[..., Any], tocsin: Callable[..., Any]) -> None:
    result = run("searchSource", configuration("kuery", "host: ("))
    assert result["status"] == "error"
    assert "host: (" in result["error"]
    checked = tocsin("check", "rule.yml", "--strict")
    assert checked.returncode == 1
    assert "rule.yml" in checked.stderr + checked.stdout


def test_a_missing_view_and_esql_over_files_say_what_to_do(
    run: Callable[..., Any], folder: Path, tocsin: Callable[..., Any]
) -> None:
    esql = run("esqlQuery", 'timeField: "@timestamp"\n  esqlQuery: {esql: "FROM web"}')
    assert "ES|QL is not supported by the local backend" in esql["error"]
    (folder / "views" / "web.yml").write_text(VIEW.replace("web-logs", "other"))
    missing = run("searchSource", configuration("kuery", ""))
    assert "index-pattern/web-logs" in missing["error"]
    checked = tocsin("check", "rule.yml")
    said = "warning: rule.yml:13:25: params.searchConfiguration.index: data view [web-logs] is in no data view file"
    assert said in checked.stderr
    assert checked.returncode == 0
    assert checked.stdout.endswith("valid rules: 1, warnings: 1\n")


def test_a_wrong_view_stops_the_command_at_its_line(folder: Path, tocsin: Callable[..., Any]) -> None:
    (folder / "views" / "web.yml").write_text(VIEW + "rogue: 1\n")
    done = tocsin("check")
    assert done.returncode == 2
    assert "web.yml:5:1: rogue" in done.stderr


def test_verbs_show_the_views_of_a_store(run: Callable[..., Any], folder: Path, tocsin: Callable[..., Any]) -> None:
    run("searchSource", configuration("kuery", ""), "--state", "state.db")
    listed = tocsin("views", "list", "--store", "state.db", "-o", "json")
    [view] = json.loads(listed.stdout)["views"]
    assert (view["id"], view["title"], view["timeFieldName"]) == ("web-logs", "web", "@timestamp")
    assert "Web logs" in tocsin("views", "list", "--store", "state.db").stdout
    shown = tocsin("views", "get", "web-logs", "--store", "state.db").stdout
    (folder / "views" / "web.yml").write_text(shown)
    assert tocsin("run", "rule.yml", "--at", "2026-01-01T12:01:00Z").returncode == 0
    assert tocsin("views", "get", "none", "--store", "state.db").returncode == 2
    (folder / "views" / "web.yml").unlink()
    (folder / "tocsin.yml").write_text(SETTINGS.replace("data_views: [views]\n", ""))
    run("searchSource", configuration("kuery", ""), "--state", "state.db")
    assert "no data views" in tocsin("views", "list", "--store", "state.db").stdout
