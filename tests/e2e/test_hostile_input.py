"""Hostile files and texts, through the program: bounded, counted and named; nothing crashes, nothing good is lost."""

import json
from pathlib import Path

import pytest

AT = ("--at", "2026-01-15T10:05:00Z")
DEPTH = 10_000

RULE = """\
id: r
name: Requests
rule_type_id: .index-threshold
consumer: alerts
schedule: {interval: 1m}
params: {index: [web], timeField: "@timestamp", timeWindowSize: 5, timeWindowUnit: m, groupBy: top, termSize: 5,
         termField: host.keyword, threshold: [1], thresholdComparator: ">="}
actions:
  - {uuid: tell, id: log, group: threshold met, frequency: {summary: false, notify_when: onActiveAlert},
     params: {message: "MESSAGE"}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    """A folder with a valid rule that groups by host, and settings."""
    (tmp_path / "rule.yml").write_text(RULE.replace("MESSAGE", "{{alert.id}}"))
    (tmp_path / "tocsin.yml").write_text("connectors: {log: {name: log, connector_type_id: .server-log}}\n")
    return tmp_path


def document(host: str) -> bytes:
    return json.dumps({"@timestamp": "2026-01-15T10:04:00Z", "host": host}).encode()


def alert_ids(done) -> list[str]:
    return sorted(alert["id"] for alert in json.loads(done.stdout)["rules"][0]["alerts"])


def _laughs(levels: int = 12) -> bytes:
    lines = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines).encode()


HOSTILE_FILES = {
    "deep.json": (
        b"[" * DEPTH + b"]" * DEPTH,
        "deep.json:1:101: is nested more than 100 levels deep (make the structure flatter)",
    ),
    "deep.yml": (
        b"[" * DEPTH + b"]" * DEPTH,
        "deep.yml:1:101: is nested more than 100 levels deep (make the structure flatter)",
    ),
    "large.yml": (b"name: r\n" + b"#" * (5 * 1024 * 1024), "large.yml:1:1: is larger than 5 MB (split it"),
    "latin.yml": (b"id: r\nname: caf\xe9\n", "latin.yml:2:10: is not valid UTF-8 (save the file as UTF-8)"),
    "latin.json": (b'{"id": "r",\n "name": "caf\xe9"}', "latin.json:2:14: is not valid UTF-8 (save the file as UTF-8)"),
    "laughs.yml": (_laughs(), "laughs.yml:"),
    "control.yml": (b"name: r\x1b[2J\n", "control.yml:1:8: character U+001B is not allowed (remove it)"),
    "escape.json": (b'{"name": "\\u001b[2J", "\\u001b]0;x\\u0007": 1}', "escape.json:1:"),
}


@pytest.mark.parametrize("name", HOSTILE_FILES)
def test_rule_files(tocsin, folder: Path, name: str) -> None:
    content, said = HOSTILE_FILES[name]
    (folder / name).write_bytes(content)
    done = tocsin("check", name)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr
    assert len(done.stderr) < 4000


@pytest.mark.parametrize("name", ["deep.yml", "large.yml", "latin.yml", "laughs.yml", "control.yml"])
def test_settings(tocsin, folder: Path, name: str) -> None:
    content, said = HOSTILE_FILES[name]
    (folder / "tocsin.yml").write_bytes(content)
    done = tocsin("check", "rule.yml")
    assert (done.returncode, done.stdout) == (2, "")
    assert said.replace(name, "tocsin.yml") in done.stderr
    assert len(done.stderr) < 4000


def test_broken_lines_between_good_ones(tocsin, folder: Path) -> None:
    lines = [
        document("a"),
        b"{" + b'"a":{' * DEPTH,
        document("b"),
        b'{"a":' * DEPTH + b"1" + b"}" * DEPTH,
        b'{"host": "caf\xe9"}',
        document("c"),
        b"[1, 2]",
        b'{"host": "d", "@timestamp": "yesterday"}',
        b'{"host": ' + b"9" * (16 * 1024 * 1024 + 100) + b"}",
        document("e"),
        b'{"@timestamp": "2026-01-15T10:04:00Z", "ho',
    ]
    (folder / "web.ndjson").write_bytes(b"\n".join(lines))
    done = tocsin("run", "rule.yml", *AT, "--data", "web=web.ndjson", "-o", "json")
    assert done.returncode == 0, done.stderr
    assert alert_ids(done) == ["a", "b", "c", "e"]
    assert "7 bad documents of index [web] left out, 4 searched; the first 5:" in done.stderr
    assert [f"web.ndjson:{line}: " in done.stderr for line in (2, 4, 5, 7, 8)] == [True] * 5
    assert len(done.stderr) < 4000


def test_ragged_csv_rows(tocsin, folder: Path) -> None:
    rows = ["@timestamp,host", "2026-01-15T10:04:00Z,a", "2026-01-15T10:04:00Z,b,c,d", "2026-01-15T10:04:00Z", "",
            '2026-01-15T10:04:00Z,"e']  # fmt: skip
    (folder / "web.csv").write_text("\n".join(rows))
    done = tocsin("run", "rule.yml", *AT, "--data", "web=web.csv", "-o", "json")
    assert done.returncode == 0, done.stderr
    assert "a" in alert_ids(done)
    assert "web.csv:3: " in done.stderr


def test_a_template_of_a_megabyte(tocsin, folder: Path) -> None:
    (folder / "rule.yml").write_text(RULE.replace("MESSAGE", "x{{alert.id}}" * 80_000))
    (folder / "web.ndjson").write_bytes(document("a"))
    done = tocsin("run", "rule.yml", *AT, "--data", "web=web.ndjson", "-o", "json")
    assert done.returncode == 0, done.stderr
    [sent] = json.loads(done.stdout)["rules"][0]["notifications"]
    assert sent["params"]["message"] == "xa" * 80_000


def test_alert_ids_that_would_rewrite_the_terminal(tocsin, folder: Path) -> None:
    evil = "\x1b[2Jroot\r\nall is well\x07\u202e\x9b31m[red]"
    (folder / "web.ndjson").write_bytes(document(evil))
    run = ("run", "rule.yml", *AT, "--data", "web=web.ndjson", "--state", "state.db")
    shown = tocsin(*run, "--send", "--log-level", "info")
    told = tocsin("why", "r", evil, "--store", "state.db")
    unknown = tocsin("why", "r", f"{evil}!", "--store", "state.db")
    assert (shown.returncode, told.returncode, unknown.returncode) == (0, 0, 2)
    for text in (shown.stdout, shown.stderr, told.stdout, unknown.stderr):
        assert [character for character in text if not character.isprintable() and character != "\n"] == []
        assert "root" in text
        assert "\nall is well" not in text
    assert "\\x1b[2Jroot\\r\\nall is well\\x07\\u202e\\x9b31m[red]" in shown.stdout
    as_json = tocsin(*run, "--output", "json")
    assert alert_ids(as_json) == [evil]
    assert "\x1b" not in as_json.stdout


def test_a_data_file_that_is_no_text_at_all(tocsin, folder: Path) -> None:
    (folder / "web.ndjson").write_bytes(bytes(range(256)) * 4096)
    done = tocsin("run", "rule.yml", *AT, "--data", "web=web.ndjson")
    assert done.returncode == 0
    assert "bad documents of index [web] left out, 0 searched" in done.stderr
    assert len(done.stderr) < 4000
