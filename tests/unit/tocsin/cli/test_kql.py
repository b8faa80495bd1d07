"""``tocsin kql``: what it compiles by which options, and how it tells a mistake."""

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from tocsin.cli.app import tocsin
from tocsin.cli.options import Globals

Run = Callable[..., Result]


@pytest.fixture
def kql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return lambda *words: CliRunner().invoke(tocsin, ["kql", *words], obj=Globals(), standalone_mode=False)


def test_options_go_before_the_settings(kql: Run, tmp_path: Path) -> None:
    (tmp_path / "tocsin.yml").write_text('advanced_settings: {"query:allowLeadingWildcards": false}')
    assert kql("a:*b").return_value == 2
    assert kql("a:*b", "--options", "{}").return_value == 0
    made = kql("a:1 and b:2", "--options", '{"filtersInMustClause": true}')
    assert [*json.loads(made.stdout)["bool"]] == ["must"]


def test_a_mistake_is_told_as_json_where_that_is_asked_for(kql: Run) -> None:
    told = kql("a:b or ", "-o", "json")
    assert told.return_value == 2
    error = json.loads(told.stdout)["error"]
    assert (error["kind"], error["offset"]) == ("syntax", 7)
    assert error["message"].splitlines()[1:] == ["a:b or ", "-------^"]


@pytest.mark.parametrize("options", ["{", "[]"])
def test_options_are_a_json_object(kql: Run, options: str) -> None:
    error = kql("a:b", "--options", options).exception
    assert isinstance(error, click.UsageError)
    assert "is no JSON object" in error.message
