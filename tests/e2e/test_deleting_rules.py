"""``tocsin rules delete``: what becomes of alerts, who is asked, and what is told."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

RULE = """\
id: {id}
name: {name}
rule_type_id: .index-threshold
consumer: alerts
schedule: {{interval: 1m}}
params: {{index: [web], timeField: "@timestamp", timeWindowSize: 5, timeWindowUnit: m, threshold: [1],
         thresholdComparator: ">="}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, tocsin) -> Path:
    """A folder whose store knows a rule with an active alert, and one without."""
    (tmp_path / "busy.yml").write_text(RULE.format(id="busy", name="Busy"))
    (tmp_path / "calm.yml").write_text(RULE.format(id="calm", name="Calm").replace("[1]", "[99]"))
    (tmp_path / "web.ndjson").write_text('{"@timestamp": "2026-01-15T10:04:00Z"}\n')
    (tmp_path / "tocsin.yml").write_text("")
    at = ("--at", "2026-01-15T10:05:00Z", "--state", "tocsin.db")
    assert tocsin("run", "busy.yml", "calm.yml", "--data", "web=web.ndjson", *at).returncode == 0
    return tmp_path


def _known(tocsin) -> list[str]:
    return [rule["id"] for rule in json.loads(tocsin("rules", "list", "-o", "json").stdout)["rules"]]


def test_alerts_of_a_deleted_rule_are_untracked(tocsin) -> None:
    done = tocsin("rules", "delete", "BUSY")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Busy [busy]: deleted, 1 active alert left untracked\n"
    assert _known(tocsin) == ["calm"]
    [alert] = json.loads(tocsin("alerts", "list", "-o", "json").stdout)["alerts"]
    assert (alert["rule"]["id"], alert["status"]) == ("busy", "untracked")
    again = tocsin("rules", "delete", "busy")
    assert again.returncode == 2
    assert "this store knows no rule 'busy'" in again.stderr


def test_for_programs(tocsin) -> None:
    done = tocsin("rules", "delete", "busy", "calm", "--yes", "-o", "json")
    assert json.loads(done.stdout) == {
        "version": 1,
        "rules": [
            {"id": "busy", "name": "Busy", "untracked": ["all documents"]},
            {"id": "calm", "name": "Calm", "untracked": []},
        ],
    }


def test_nothing_is_deleted_if_one_is_unknown(tocsin) -> None:
    assert tocsin("rules", "delete", "busy", "nobody").returncode == 2
    assert _known(tocsin) == ["busy", "calm"]


@pytest.mark.parametrize(("answer", "code", "left"), [(b"y\n", 0, ["calm"]), (b"\n", 1, ["busy", "calm"])])
def test_somebody_at_a_terminal_is_asked(
    folder: Path, tocsin, environment: dict[str, str], answer: bytes, code: int, left: list[str]
) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, answer)
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", "rules", "delete", "busy", "-o", "json"],
        cwd=folder,
        env=environment,
        stdin=theirs,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(ours)
    os.close(theirs)
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("Delete Busy [busy] with 1 active alert? [y/N]: ")
    assert ("nothing was deleted" in done.stderr) == bool(code)
    assert bool(done.stdout) == (not code)
    assert _known(tocsin) == left
