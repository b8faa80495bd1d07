"""``tocsin apply`` and ``tocsin export``: what is planned, asked, done and told, by real processes."""

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
schedule: {{interval: {interval}}}
params: {{index: [web], timeField: "@timestamp", timeWindowSize: 5, timeWindowUnit: m, threshold: [1],
         thresholdComparator: ">="}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, tocsin) -> Path:
    """A folder whose store knows one rule, with files that change it and add another."""
    (tmp_path / "web.ndjson").write_text('{"@timestamp": "2026-01-15T10:04:00Z"}\n')
    (tmp_path / "tocsin.yml").write_text("")
    (tmp_path / "rules").mkdir()
    old = tmp_path / "rules" / "busy.yml"
    old.write_text(RULE.format(id="busy", name="Busy", interval="1m"))
    assert tocsin("run", "rules", "--data", "web=web.ndjson", "--state", "tocsin.db").returncode == 0
    old.write_text(RULE.format(id="busy", name="Busy", interval="5m"))
    (tmp_path / "rules" / "new.yml").write_text(RULE.format(id="new", name="New", interval="2m"))
    return tmp_path


PLAN = """\
update     Busy [busy]  rules/busy.yml:1
    schedule.interval: 1m -> 5m
create     New [new]  rules/new.yml:1
2 rules: 1 to create, 1 to update
"""


def test_there_and_back(tocsin, folder: Path) -> None:
    planned = tocsin("apply", "rules", "--dry-run")
    assert (planned.returncode, planned.stdout, planned.stderr) == (0, PLAN, "")
    done = tocsin("apply", "rules")
    assert (done.returncode, done.stdout) == (0, f"{PLAN}2 of 2 rules applied\n")

    assert tocsin("export", "--output-dir", "out").stdout == "Busy [busy]: out/busy.yml\nNew [new]: out/new.yml\n"
    again = tocsin("apply", "out", "-o", "json")
    assert [(rule["id"], rule["outcome"], rule["applied"]) for rule in json.loads(again.stdout)["rules"]] == [
        ("busy", "unchanged", False),
        ("new", "unchanged", False),
    ]
    (folder / "all.yml").write_text(tocsin("export").stdout)
    assert tocsin("check", "all.yml").stdout.endswith("valid rules: 2, warnings: 0\n")
    refused = tocsin("export", "busy", "--output-dir", "out")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "out/busy.yml exists already (give --force" in refused.stderr


@pytest.mark.parametrize(("answer", "code"), [(b"y\n", 0), (b"n\n", 1)])
def test_somebody_at_a_terminal_sees_the_plan_and_is_asked(
    folder: Path, tocsin, environment: dict[str, str], answer: bytes, code: int
) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, answer)
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", "apply", "rules", "-o", "json"],
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
    assert (done.returncode, done.stderr.startswith(f"{PLAN}Apply this? [y/N]: ")) == (code, True), done.stderr
    if code:
        assert (done.stdout, done.stderr.endswith("tocsin: nothing was changed\n")) == ("", True)
    else:
        busy = json.loads(done.stdout)["rules"][0]
        assert busy["changes"] == [{"path": "schedule.interval", "before": "1m", "after": "5m"}]
        assert (busy["outcome"], busy["applied"], busy["file"]) == ("updated", True, "rules/busy.yml")
    ids = [rule["id"] for rule in json.loads(tocsin("rules", "list", "-o", "json").stdout)["rules"]]
    assert ids == (["busy"] if code else ["busy", "new"])


def test_nothing_is_changed_if_a_file_is_wrong(tocsin, folder: Path) -> None:
    (folder / "rules" / "wrong.yml").write_text(RULE.format(id="wrong", name="Wrong", interval="soon"))
    done = tocsin("apply", "rules", "--yes")
    assert (done.returncode, done.stdout) == (2, "")
    assert "rules/wrong.yml:5:12: schedule.interval: " in done.stderr
    assert "1 problem found; nothing was changed" in done.stderr
    assert [rule["id"] for rule in json.loads(tocsin("export", "-o", "json").stdout)["rules"]] == ["busy"]


def test_no_store_is_made_for_a_typing_error(tocsin, folder: Path) -> None:
    done = tocsin("apply", "rules", "--store", "tocsni.db")
    assert done.returncode == 3
    assert "there is no store at" in done.stderr
    assert not (folder / "tocsni.db").exists()
