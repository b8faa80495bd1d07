"""The demo, as a newcomer types it."""

import json
import re
import shlex
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SERVICES = ("webhook", "slack", "pagerduty")


def test_the_demo_is_as_the_readme_shows_it_and_what_it_names_works(tocsin, tmp_path: Path) -> None:
    done = tocsin("demo")
    assert (done.returncode, done.stderr) == (0, "")
    shown = {line.rstrip() for line in done.stdout.splitlines()}
    told = [line for line in _excerpt("webhook  {").splitlines() if line not in ("...", "")]
    assert len(told) > 9
    assert [line for line in told if line.rstrip() not in shown and not line.startswith("───")] == []
    commands = [shlex.split(line) for line in done.stdout.partition("Look further:\n")[2].splitlines()]
    assert [command[3] for command in commands] == ["why", "why", "why", "run"]
    slow, budget, flight, run = (tocsin(*command[3:]) for command in commands)
    assert [done.returncode for done in (slow, budget, flight, run)] == [0, 0, 0, 0], (slow, budget, flight, run)
    assert slow.stdout.startswith("Slow hosts [slow-hosts], alert web-3: not active (as of 2026-01-15T12:00:00.000Z)\n")
    assert "alert web-3 is flapping" in slow.stdout
    assert "actionGroupHasNotChanged" in slow.stdout
    _, *story = [line for line in _excerpt("why error-budget").splitlines() if line != "..."]
    assert [line for line in story if line not in budget.stdout.splitlines()] == []
    hosts = tocsin("why", "errors-by-host", "web-4", "--store", "tocsin-demo/tocsin.db").stdout.splitlines()
    _, *story = _excerpt("why errors-by-host", "docs/why.md").splitlines()
    assert [line for line in story if line not in (*hosts, "  ...")] == []
    assert flight.stdout.startswith(
        "Flights over states [flights], alert UA Denver to Chicago-Nebraska: not active (as of"
    )
    assert "web-2: 54 server errors in 5 minutes" in run.stdout
    assert "WN Dallas to Houston is over Texas" in run.stdout


def _excerpt(holding: str, page: str = "README.md") -> str:
    """The block of a page that holds a text."""
    blocks: list[str] = re.findall(r"```text\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    [found] = [block for block in blocks if holding in block]
    return found


def test_the_demo_shows_every_behaviour(tocsin) -> None:
    done = tocsin("demo", "--folder", "a folder", "--output", "json")
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout)
    rules = outcome["rules"]
    assert outcome["version"] == 1
    assert outcome["documents"] > 10_000
    assert {rule_id: rule["runs"] for rule_id, rule in rules.items()} == {
        **dict.fromkeys(("error-budget", "errors-by-host", "slow-hosts", "traffic"), 116),
        "failed-purchases": 58,
        "failed-logins": 12,
        "flights": 24,
    }
    told = done.stderr.splitlines()
    assert rules["errors-by-host"]["new"] == rules["errors-by-host"]["recovered"] == 2
    assert rules["errors-by-host"]["ongoing"] > 20
    assert rules["error-budget"]["delayed"] > 2
    assert rules["error-budget"]["decisions"]["delayed"] > 2
    assert rules["error-budget"]["decisions"]["throttled"] > 20
    assert rules["slow-hosts"]["flapping"] > 10
    traffic = {"ruleSnoozed": 2, "notified": 6, "actionGroupHasNotChanged": 2}
    assert rules["traffic"]["decisions"] == traffic | _uninteresting(rules["traffic"])
    assert rules["errors-by-host"]["decisions"]["maintenanceWindow"] == 8
    firing = '{"host": "web-4", "state": "firing", "errors": 25, "rule": "Server errors by host"}'
    assert next(line for line in told if "web-4" in line and "webhook" in line) == f"10:24:00  webhook  {firing}"
    assert rules["failed-purchases"]["decisions"]["filterNotMatched"] == 1
    assert rules["failed-purchases"]["decisions"]["outsideTimeframe"] > 5
    assert [line[:5] for line in told if '"ongoing": ' in line] == ["10:25", "10:55", "11:25"]
    assert [line[31:] for line in told if "UA Denver to Chicago" in line] == [
        "UA Denver to Chicago is over Colorado",
        "UA Denver to Chicago is over Nebraska",
        "UA Denver to Chicago-Colorado: it has left and is at POINT (-101.59042 40.44539)",
        "UA Denver to Chicago is over Iowa",
        "UA Denver to Chicago-Nebraska: it has left and is at POINT (-95.2793 41.36348)",
        "UA Denver to Chicago is over Illinois",
        "UA Denver to Chicago-Iowa: it has left and is at POINT (-89.63576 41.87752)",
    ]
    assert (rules["flights"]["new"], rules["flights"]["recovered"]) == (8, 5)
    assert outcome["logged"] > 10
    posted = Counter(line.split()[1] for line in told if line[8:10] == "  " and line.split()[1] in SERVICES)
    assert posted == {"webhook": 11, "slack": 7, "pagerduty": 2}
    assert (outcome["posted"], outcome["indexed"]) == (posted.total(), 2)


def _uninteresting(rule: dict[str, Any]) -> dict[str, int]:
    return {reason: count for reason, count in rule["decisions"].items() if reason == "groupMismatch"}


class TestFolders:
    def test_other_peoples_files_are_left_alone(self, tocsin, tmp_path: Path) -> None:
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "tocsin.yml").write_text("rules: [rules]\n")
        done = tocsin("demo", "--folder", "mine")
        assert (done.returncode, done.stdout) == (2, "")
        assert "mine: holds files that are not the demo's (name a new folder with --folder" in done.stderr
        assert [file.name for file in (tmp_path / "mine").iterdir()] == ["tocsin.yml"]

    def test_a_file_is_no_folder(self, tocsin, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        done = tocsin("demo", "--folder", "file")
        assert done.returncode == 2
        assert "'file' is a file" in done.stderr

    @pytest.mark.parametrize("place", ["file/below", "/proc/tocsin-demo"])
    def test_where_nothing_can_be_written(self, tocsin, tmp_path: Path, place: str) -> None:
        (tmp_path / "file").write_text("")
        done = tocsin("demo", "--folder", place)
        assert (done.returncode, done.stdout) == (3, "")
        assert f"cannot write to {place}" in done.stderr
        assert "(name another folder with --folder)" in done.stderr
