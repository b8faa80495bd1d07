"""The demo, as a newcomer types it."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_the_demo_shows_every_behaviour_and_leaves_a_store_to_look_into(tocsin, tmp_path: Path) -> None:
    done = tocsin("demo", "--folder", "here", "--output", "json")
    assert (done.returncode, json.loads(done.stdout)["version"]) == (0, 1), done.stderr
    outcome = json.loads(done.stdout)
    rules = outcome["rules"]
    assert outcome["documents"] > 10_000
    assert {rule["runs"] for rule in rules.values()} == {116}
    assert rules["errors-by-host"]["new"] == rules["errors-by-host"]["recovered"] == 2
    assert rules["errors-by-host"]["ongoing"] > 20
    assert rules["error-budget"]["delayed"] > 2
    assert rules["error-budget"]["decisions"]["delayed"] > 2
    assert rules["error-budget"]["decisions"]["throttled"] > 20
    assert rules["slow-hosts"]["flapping"] > 10
    assert rules["traffic"]["decisions"]["notified"] > 4
    assert outcome["logged"] > 10
    assert outcome["posted"] > 8
    assert "webhook  {" in done.stderr

    story = tocsin("why", "Slow hosts", "web-3", "--store", "here/tocsin.db")
    assert story.returncode == 0, story.stderr
    assert "alert web-3 is new (flapping)" in story.stdout or "alert web-3 is new" in story.stdout
    assert "actionGroupHasNotChanged" in story.stdout

    again = tocsin(
        "--config",
        "here/tocsin.yml",
        "run",
        "here/rules",
        "--data",
        "web=here/web.ndjson",
        "--at",
        "2026-01-15T10:45:00Z",
    )
    assert again.returncode == 0, again.stderr
    assert "web-2: 54 server errors" in again.stdout or "server errors in 5 minutes" in again.stdout


def test_the_demo_twice_gives_the_same(tocsin) -> None:
    first, second = (tocsin("demo", "--folder", "here", "--output", "json") for _ in range(2))
    assert json.loads(first.stdout) == json.loads(second.stdout)
