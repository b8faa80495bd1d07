"""Every exit code, by real processes: what failed is on stderr in words, and no traceback unless asked for."""

import json
import os
import socket
import sqlite3
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

AT = ("--at", "2026-01-15T10:05:00Z")
DATA = ("--data", "web=web.ndjson")

RULE = """\
id: {id}
name: Requests
rule_type_id: .index-threshold
consumer: alerts
schedule: {{interval: {interval}}}
params: {{index: [web], timeField: "@timestamp", timeWindowSize: 5, timeWindowUnit: m,
         threshold: [{threshold}], thresholdComparator: ">="}}
actions:
  - {{id: {connector}, group: threshold met, frequency: {{summary: false, notify_when: onActiveAlert}},
     params: {{{params}}}}}
"""
QUERY_RULE = """\
name: Q
rule_type_id: .es-query
consumer: alerts
schedule: {interval: 1m}
params: {searchType: esQuery, index: [web], timeField: "@timestamp", timeWindowSize: 5, timeWindowUnit: m, size: 1,
         threshold: [1], thresholdComparator: ">", esQuery: 'QUERY'}
"""
SETTINGS = """\
connectors:
  log: {name: log, connector_type_id: .server-log}
  hook: {name: hook, connector_type_id: .webhook, config: {url: "http://127.0.0.1:PORT/", hasAuth: false}}
"""


def rule(
    *, connector: str = "log", params: str = "message: hello", interval: str = "1m", threshold: int = 1, name: str = "r"
) -> str:
    return RULE.format(id=name, connector=connector, params=params, interval=interval, threshold=threshold)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    """A folder with one valid rule that finds one document, and settings."""
    (tmp_path / "rule.yml").write_text(rule())
    (tmp_path / "tocsin.yml").write_text(SETTINGS.replace("PORT", "9"))
    (tmp_path / "web.ndjson").write_text('{"@timestamp": "2026-01-15T10:04:00Z"}\n')
    return tmp_path


class TestFindings:
    def test_all_is_well(self, tocsin) -> None:
        assert tocsin("check", "rule.yml", "--strict").returncode == 0
        done = tocsin("run", "rule.yml", *AT, *DATA)
        assert (done.returncode, done.stderr) == (0, "")

    def test_a_warning_counts_when_strict(self, tocsin, folder: Path) -> None:
        (folder / "rule.yml").write_text(rule(interval="10s"))
        lax, strict = tocsin("check", "rule.yml"), tocsin("check", "rule.yml", "--strict")
        assert (lax.returncode, strict.returncode) == (0, 1)
        assert "warning: rule.yml:5:" in strict.stderr
        assert "schedule.interval" in strict.stderr

    def test_an_alert_counts_when_asked(self, tocsin, folder: Path) -> None:
        assert tocsin("run", "rule.yml", *AT, *DATA, "--fail-on-alert").returncode == 1
        (folder / "rule.yml").write_text(rule(threshold=2))
        assert tocsin("run", "rule.yml", *AT, *DATA, "--fail-on-alert").returncode == 0


INVALID = [
    (("run",), "Missing argument 'RULE...'"),
    (("fly",), "No such command 'fly'"),
    (("run", "rule.yml", "--fast"), "No such option '--fast'"),
    (("run", "rule.yml", "--at", "noon"), "'noon' is no ISO 8601 time; write it like"),
    (("run", "rule.yml", "--at", "9999-12-31T23:59:59-14:00"), "is no ISO 8601 time"),
    (("run", "rule.yml", "--data", "web"), "'web' is no NAME=GLOB; write it like"),
    (("run", "rule.yml", "--data", "web=rule.yml"), "rule.yml: unknown kind of data file"),
    (("run", "nowhere.yml"), "nowhere.yml:1:1: does not exist"),
    (("check", "nowhere.yml"), "nowhere.yml:1:1: does not exist"),
    (("check", "empty"), "empty:1:1: holds no rule file"),
    (("check", "rule.yml", "--config", "nowhere.yml"), "nowhere.yml:1:1: cannot be read"),
    (("check", "wrong.yml"), "wrong.yml:5:12: schedule.interval: "),
    (("run", "--rule", "r"), "--rule names a rule of a store: give --store, too"),
    (("run", "--store", "any.db"), "Missing argument 'RULE...' or option '--rule'"),
    (("run", "rule.yml", "--store", "any.db", "--state", "s.db"), "--state and --store cannot be used together"),
    (("run", "rule.yml", "--store", "any.db", *AT), "--at and --store cannot be used together"),
    (("rules", "enable"), "Missing argument 'RULE...'"),
    (("rules", "list", "--status", "fine"), "'fine' is not one of"),
    (("rules", "delete"), "Missing argument 'RULE...'"),
    (("apply",), "Missing argument 'PATH...'"),
    (("apply", "nowhere.yml"), "nowhere.yml:1:1: does not exist"),
    (("export", "--output-dir", "rule.yml"), "'rule.yml' is a file"),
    (("rules", "list", "--page", "0"), "0 is not in the range"),
    (("notifications", "retry"), "name messages by their ids, or give --all-dead"),
    (("notifications", "drop", "n", "--all-dead"), "name messages by their ids, or give --all-dead"),
    (("notifications", "drop", "n", "--rule", "r"), "--rule and --connector go with --all-dead, not with ids"),
    (("why", "r", "--store", "any.db", "--last", "soon"), "--last: 'soon' is no duration (write it like 30m"),
]


@pytest.mark.parametrize(("arguments", "said"), INVALID, ids=[" ".join(arguments) for arguments, _ in INVALID])
def test_wrong_usage_and_invalid_files(tocsin, folder: Path, arguments: tuple[str, ...], said: str) -> None:
    (folder / "empty").mkdir()
    (folder / "wrong.yml").write_text(rule(interval="soon"))
    done = tocsin(*arguments)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_invalid_settings(tocsin, folder: Path) -> None:
    (folder / "tocsin.yml").write_text("runs:\n  max_alerts: many\n")
    for verb in (("check", "rule.yml"), ("run", "rule.yml"), ("why", "r")):
        done = tocsin(*verb)
        assert (done.returncode, done.stdout) == (2, "")
        assert "tocsin.yml:2:3: runs.max_alerts" in done.stderr


def test_what_why_does_not_know_is_answered_with_what_it_knows(tocsin) -> None:
    assert tocsin("run", "rule.yml", *AT, *DATA, "--state", "state.db").returncode == 0
    no_rule, no_alert = tocsin("why", "x", "--store", "state.db"), tocsin("why", "r", "x", "--store", "state.db")
    assert (no_rule.returncode, no_alert.returncode) == (2, 2)
    assert "this store knows no rule 'x' (it knows: r (Requests))" in no_rule.stderr
    assert "saw an alert 'x' (its alerts: all documents)" in no_alert.stderr


class TestStored:
    """Rules and messages of a store that no daemon works with."""

    @pytest.fixture(autouse=True)
    def state(self, tocsin, folder: Path) -> None:
        for name in ("one", "two"):
            (folder / f"{name}.yml").write_text(rule(name=name))
        assert tocsin("run", "one.yml", "two.yml", *AT, *DATA, "--state", "tocsin.db").returncode == 0

    @pytest.mark.parametrize(
        ("verb", "said"),
        [
            ("rules get nine", "this store knows no rule 'nine' (it knows: one (Requests), two (Requests))"),
            ("rules disable one requests", "2 rules are named 'requests' (give an id: one, two)"),
            ("rules mute one --alert nobody", "alert [nobody] not found"),
            ("alerts list --rule nine", "this store knows no rule 'nine'"),
            ("notifications retry nine", "notification [nine] not found"),
        ],
    )
    def test_what_it_does_not_know(self, tocsin, verb: str, said: str) -> None:
        done = tocsin(*verb.split())
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert said in done.stderr
        assert json.loads(tocsin("rules", "list", "--disabled", "-o", "json").stdout)["total"] == 0

    def test_a_rule_as_it_is_shown_is_a_rule_file(self, tocsin, folder: Path) -> None:
        assert tocsin("rules", "mute", "one").stdout == "Requests [one]: muted\n"
        (folder / "shown.yml").write_text(tocsin("rules", "get", "one").stdout)
        assert tocsin("check", "shown.yml", "--strict").returncode == 0

    def test_tables(self, tocsin) -> None:
        rules, alerts, messages = tocsin("rules", "list"), tocsin("alerts", "list"), tocsin("notifications", "list")
        assert "1 to 2 of 2 rules" in rules.stdout
        assert "no rules on page 9, 2 rules in all" in tocsin("rules", "list", "--page", "9").stdout
        assert alerts.stdout.count("all documents   Requests   active   threshold met   2026-01-15T10:05:00.000Z") == 2
        assert messages.stdout.count(" dry ") == 2
        assert tocsin("notifications", "retry", "--all-dead").stdout == "no dead letters\n"

    def test_dry_messages_are_neither_sent_nor_dropped(self, tocsin) -> None:
        sent = json.loads(tocsin("notifications", "list", "--state", "dry", "--rule", "one", "-o", "json").stdout)
        [message] = sent["notifications"]
        for verb in ("retry", "drop"):
            done = tocsin("notifications", verb, message["id"])
            assert (done.returncode, done.stdout) == (1, f"{message['id']}: left as it is: dry\n")


class TestUnreachable:
    @pytest.mark.parametrize("store", ["folder", "nowhere/state.db", "text.db", "postgresql://host/db"])
    def test_a_store_that_cannot_be_opened(self, tocsin, folder: Path, store: str) -> None:
        (folder / "folder").mkdir()
        (folder / "text.db").write_text("this is no database, but text that is long enough to have a header " * 20)
        done = tocsin("run", "rule.yml", *AT, *DATA, "--state", store)
        assert (done.returncode, done.stdout) == (3, "")
        assert store.partition("/")[0] in done.stderr

    @pytest.mark.parametrize(
        "verb", ["why r", "run rule.yml", "rules list", "rules disable r", "alerts list", "notifications retry n"]
    )
    def test_no_store_to_read(self, tocsin, folder: Path, verb: str) -> None:
        done = tocsin(*verb.split(), "--store", "nowhere.db")
        assert (done.returncode, done.stdout) == (3, "")
        assert "there is no store at [nowhere.db]; name the one to read with --store FILE" in done.stderr
        assert not (folder / "nowhere.db").exists()

    @pytest.mark.parametrize("missing", ["logs/*.ndjson", "logs.ndjson", "folder"])
    def test_data_that_is_not_there(self, tocsin, folder: Path, missing: str) -> None:
        (folder / "folder").mkdir()
        done = tocsin("run", "rule.yml", *AT, *DATA, "--data", f"api={missing}")
        assert (done.returncode, done.stdout) == (3, "")
        assert f"no file matches {missing} (data of index [api]" in done.stderr

    def test_data_of_the_settings_that_is_not_there(self, tocsin, folder: Path) -> None:
        (folder / "tocsin.yml").write_text(f"{SETTINGS.replace('PORT', '9')}data:\n  web: {{files: ['*.csv']}}\n")
        done = tocsin("run", "rule.yml", *AT)
        assert done.returncode == 3
        assert "*.csv (data of index [web]" in done.stderr

    def test_data_that_cannot_be_read(self, tocsin, folder: Path) -> None:
        (folder / "web.ndjson.gz").write_bytes(b"this was never packed")
        done = tocsin("run", "rule.yml", *AT, "--data", "web=web.ndjson.gz")
        assert (done.returncode, done.stdout) == (3, "")
        assert "web.ndjson.gz: cannot be read" in done.stderr


@pytest.fixture
def refusing_port() -> Iterator[int]:
    """A server that answers 400 to everything."""

    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(400)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def closed_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


class TestFailed:
    def test_a_query_that_is_not_supported(self, tocsin, folder: Path) -> None:
        query = QUERY_RULE.replace("QUERY", '{"query": {"percolate": {"field": "a"}}}')
        (folder / "query.yml").write_text(query)
        done = tocsin("run", "query.yml", *AT, *DATA)
        assert done.returncode == 4
        assert "[400]" in done.stderr
        assert "percolate" in done.stderr

    def test_a_connector_that_is_refused_for_good(self, tocsin, folder: Path, refusing_port: int) -> None:
        self._use_webhook(folder, refusing_port)
        done = tocsin("run", "rule.yml", *AT, *DATA, "--send", "-o", "json")
        outcome = json.loads(done.stdout)
        assert (done.returncode, outcome["delivery"]) == (4, {"delivered": 0, "retried": 0, "dead": 1})
        [sent] = outcome["rules"][0]["notifications"]
        assert (sent["delivery"]["state"], sent["delivery"]["attempts"]) == ("dead", 1)
        assert "400" in sent["delivery"]["error"]
        assert ".webhook:hook failed" in done.stderr

    def test_a_connector_that_cannot_be_reached(self, tocsin, folder: Path, closed_port: int) -> None:
        self._use_webhook(folder, closed_port)
        done = tocsin("run", "rule.yml", *AT, *DATA, "--send", "--state", "state.db")
        assert done.returncode == 4
        assert "delivered 0, to be retried 1, given up 0" in done.stdout
        story = tocsin("why", "r", "--store", "state.db")
        assert "!! hook (threshold met) for all documents: notified, but not delivered yet" in story.stdout

    def test_nothing_fails_when_nothing_is_sent(self, tocsin, folder: Path, closed_port: int) -> None:
        self._use_webhook(folder, closed_port)
        assert tocsin("run", "rule.yml", *AT, *DATA).returncode == 0

    def _use_webhook(self, folder: Path, port: int) -> None:
        (folder / "rule.yml").write_text(rule(connector="hook", params="body: hello"))
        (folder / "tocsin.yml").write_text(SETTINGS.replace("PORT", str(port)))


class TestLocked:
    def test_a_rule_that_another_process_runs(self, tocsin, folder: Path) -> None:
        (folder / "other.yml").write_text(rule(name="other"))
        run = ("run", "rule.yml", "other.yml", *AT, *DATA, "--state", "state.db", "-o", "json")
        assert tocsin(*run).returncode == 0
        with sqlite3.connect(folder / "state.db") as store:
            one = "rule_no = (SELECT no FROM rules WHERE id = 'r')"
            store.execute(f"UPDATE rule_runtime SET lease_owner = 'another', lease_until = 1e15 WHERE {one}")
        store.close()
        done = tocsin(*run)
        assert [rule["status"] for rule in json.loads(done.stdout)["rules"]] == ["locked", "active"]
        assert done.returncode == 5

    def test_a_store_that_another_process_keeps_locked(self, tocsin, folder: Path) -> None:
        run = ("run", "rule.yml", *AT, *DATA, "--state", "state.db")
        assert tocsin(*run).returncode == 0
        other = sqlite3.connect(folder / "state.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        done = tocsin(*run)
        other.close()
        assert (done.returncode, done.stdout) == (5, "")
        assert "state.db: the database failed: database is locked (another process keeps its write lock" in done.stderr


class TestInternalErrors:
    """By an installed plug-in that raises what nobody expected."""

    @pytest.fixture
    def broken(self, folder: Path) -> dict[str, str]:
        place = folder / "plugins"
        information = place / "broken-1.0.dist-info"
        information.mkdir(parents=True)
        (information / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
        (information / "entry_points.txt").write_text("[tocsin.connectors]\nbroken = broken:Connector\n")
        (place / "broken.py").write_text("def Connector():\n    raise RuntimeError('out of \\x1b[31mideas')\n")
        return {"PYTHONPATH": str(place)}

    def test_are_one_line(self, tocsin, broken: dict[str, str]) -> None:
        done = tocsin("check", "rule.yml", **broken)
        assert (done.returncode, done.stdout) == (70, "")
        assert "internal error: RuntimeError: out of \\x1b[31mideas (--debug shows the traceback" in done.stderr
        assert "Traceback" not in done.stderr

    @pytest.mark.parametrize("place", ["before", "after", "environment"])
    def test_show_their_traceback_when_asked(self, tocsin, broken: dict[str, str], place: str) -> None:
        arguments = {"before": ("--debug", "check", "rule.yml"), "after": ("check", "rule.yml", "--debug")}
        variables = broken | ({"TOCSIN_DEBUG": "1"} if place == "environment" else {})
        done = tocsin(*arguments.get(place, ("check", "rule.yml")), **variables)
        assert done.returncode == 70
        assert "Traceback (most recent call last)" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise there")
def test_a_reader_who_has_seen_enough_is_no_failure(tocsin, folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = tocsin("run", "rule.yml", *AT, *DATA, stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")
