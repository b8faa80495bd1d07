"""Snoozes and maintenance windows by the real program: what runs then say, and what the verbs show."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

RULE = """\
id: r
name: Requests
rule_type_id: .index-threshold
consumer: alerts
schedule: {interval: 1m}
tags: [web]
params: {index: [web], timeField: "@timestamp", timeWindowSize: 12, timeWindowUnit: h, threshold: [1],
         thresholdComparator: ">="}
actions:
  - {id: log, group: threshold met, frequency: {summary: false, notify_when: onActiveAlert}, params: {message: hello}}
"""
LOG = "connectors:\n  log: {name: log, connector_type_id: .server-log}\n"
WINDOWS = """\
maintenance_windows:
  now: {{title: Patch day, schedule: {{custom: {{start: {start}, duration: 4h}}}}}}
  db:
    title: Databases
    schedule: {{custom: {{start: {start}, duration: 4h, recurring: {{every: 1w, onWeekDay: [{day}]}}}}}}
    scope: {{alerting: {{query: {{kql: "kibana.alert.rule.tags: db"}}}}}}
  off: {{title: Off, enabled: false, schedule: {{custom: {{start: {start}, duration: 4h}}}}}}
"""
STORE = ("--store", "state.db")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def text_of(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")[:23] + "Z"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    """A folder with a rule that finds a document of an hour ago, and settings."""
    (tmp_path / "rule.yml").write_text(RULE)
    (tmp_path / "tocsin.yml").write_text(LOG)
    document = {"@timestamp": text_of(datetime.now(UTC) - timedelta(hours=1))}
    (tmp_path / "web.ndjson").write_text(json.dumps(document) + "\n")
    return tmp_path


@pytest.fixture
def run(tocsin: Callable[..., Any]) -> Callable[[], set[str]]:
    """Run the rule once more over its state; the reasons that its actions were given."""

    def run() -> set[str]:
        done = tocsin("run", "rule.yml", "--data", "web=web.ndjson", "--state", "state.db", "-o", "json")
        assert done.returncode == 0, done.stderr
        [result] = json.loads(done.stdout)["rules"]
        assert [alert["status"] for alert in result["alerts"]] in (["new"], ["ongoing"])
        return {decision["reason"] for decision in result["decisions"]}

    return run


@pytest.fixture
def verb(tocsin: Callable[..., Any]) -> Callable[..., Any]:
    """A verb on that store, and its JSON."""

    def verb(*arguments: str) -> Any:
        done = tocsin(*arguments, *STORE, "-o", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return verb


def test_a_snooze_silences_runs_until_it_is_ended(tocsin: Any, run: Any, verb: Any) -> None:
    assert run() == {"notified"}
    done = tocsin("rules", "snooze", "requests", "--for", "2h", *STORE)
    assert done.stdout.startswith("Requests [r]: snoozed until "), done.stderr
    assert run() == {"ruleSnoozed"}
    why = tocsin("why", "r", *STORE)
    assert "The whole rule is snoozed, so no action was considered; " in " ".join(why.stdout.split())
    [shown] = verb("rules", "list")["rules"]
    assert (shown["active_snoozes"], shown["revision"]) == ([], 0)
    [changed] = verb("rules", "unsnooze", "r")["rules"]
    assert (changed["snooze_schedule"], changed["changed"]) == ([], True)
    assert run() == {"notified"}


def test_a_snooze_that_recurs_skips_once_and_is_removed_by_its_id(tocsin: Any, run: Any, verb: Any) -> None:
    run()
    begin = datetime.now(UTC) - timedelta(minutes=5)
    options = ("--start", text_of(begin), "--for", "1h", "--every", "1w", "--on", DAYS[begin.weekday()])
    [changed] = verb("rules", "snooze", "r", *options, "--timezone", "Europe/Vienna", "--times", "9")["rules"]
    [snooze] = changed["snooze_schedule"]
    assert (snooze["rRule"]["freq"], snooze["rRule"]["tzid"], snooze["rRule"]["count"]) == (2, "Europe/Vienna", 9)
    assert run() == {"ruleSnoozed"}
    done = tocsin("rules", "unsnooze", "r", *STORE)
    assert done.stdout == f"Requests [r]: unsnoozed; still scheduled: {snooze['id']}\n"
    assert run() == {"notified"}
    [changed] = verb("rules", "unsnooze", "r", "--id", snooze["id"])["rules"]
    assert changed["snooze_schedule"] == []
    assert tocsin("rules", "unsnooze", "r", *STORE).stdout == "Requests [r]: was not snoozed\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "say how long"),
        (("--for", "2h", "--until", "2099-01-01"), "say how long"),
        (("--until", "2020-01-01"), "is not in the future"),
        (("--for", "2w"), "not a duration"),
        (("--until", "2099-01-01", "--every", "1d"), "lasts --for DURATION"),
        (("--for", "2d", "--every", "1d"), "it would never pause"),
        (("--for", "2h", "--every", "1h"), "schedule.custom.recurring.every"),
        (("--for", "2h", "--on", "XX"), "is not a day of the week"),
    ],
)
def test_a_wrong_snooze_is_told(tocsin: Any, run: Any, options: tuple[str, ...], message: str) -> None:
    run()
    done = tocsin("rules", "snooze", "r", *options, *STORE)
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr


def test_windows_of_the_settings_silence_what_becomes_new_in_them(
    tocsin: Any, run: Any, verb: Any, folder: Path
) -> None:
    begin = datetime.now(UTC) - timedelta(minutes=5)
    windows = WINDOWS.format(start=text_of(begin), day=DAYS[begin.weekday()])
    (folder / "tocsin.yml").write_text(LOG + windows)
    assert run() == {"maintenanceWindow"}

    listed = {window["id"]: window for window in verb("windows", "list")["windows"]}
    assert {window_id: window["status"] for window_id, window in listed.items()} == {
        "now": "running",
        "db": "running",
        "off": "disabled",
    }
    assert [window["id"] for window in verb("windows", "list", "--status", "disabled")["windows"]] == ["off"]
    table = tocsin("windows", "list", *STORE).stdout
    assert "kibana.alert.rule.tags: db" in table
    assert "3 of 3 windows" in table

    shown = tocsin("windows", "get", "db", *STORE).stdout
    (folder / "again.yml").write_text(LOG + "maintenance_windows:\n  db:\n    " + shown.replace("\n", "\n    "))
    assert tocsin("check", "rule.yml", "--config", "again.yml").returncode == 0
    assert tocsin("windows", "get", "none", *STORE).returncode == 2

    (folder / "tocsin.yml").write_text(LOG)
    assert run() == {"notified"}, "the window has gone, and its id from the alert"
    assert verb("windows", "list") == {"version": 1, "total": 0, "windows": []}


def test_windows_are_made_ended_and_deleted(tocsin: Any, run: Any, verb: Any) -> None:
    assert run() == {"notified"}
    made = verb("windows", "create", "Upgrade", "--for", "2h", "--id", "up", "--scope", "kibana.alert.rule.tags: web")
    assert (made["window"]["id"], made["window"]["status"]) == ("up", "running")
    again = tocsin("windows", "create", "Upgrade", "--for", "2h", "--id", "up", *STORE)
    assert (again.returncode, "[up] exists already" in again.stderr) == (1, True)

    [ended] = verb("windows", "finish", "up")["windows"]
    assert ended["status"] == "finished"
    [put_away] = verb("windows", "archive", "up")["windows"]
    assert put_away["status"] == "archived"
    done = tocsin("windows", "delete", "up", *STORE)
    assert (done.returncode, done.stdout) == (0, "Upgrade [up]: deleted\n")
    assert verb("windows", "list")["total"] == 0


def test_a_wrong_window_is_told_with_its_place(tocsin: Any, folder: Path) -> None:
    (folder / "tocsin.yml").write_text(LOG + "maintenance_windows:\n  w:\n    title: T\n    schedule: {}\n")
    done = tocsin("check", "rule.yml")
    assert done.returncode != 0
    assert "tocsin.yml:6:5: maintenance_windows.w.schedule.custom" in done.stdout + done.stderr
