"""The demo's folder on a machine that lacks the data of the extra ``demo``."""

import sys
from pathlib import Path

import pytest

from tocsin.cli.demo import _further
from tocsin.demo import flights
from tocsin.demo.folder import prepare
from tocsin.session import load_session


@pytest.fixture(params=["missing", "too old"])
def lacking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No package, or one of a release in which states were no records."""
    if request.param == "missing":
        monkeypatch.setitem(sys.modules, "bokeh_sampledata", None)
    monkeypatch.setitem(sys.modules, "bokeh_sampledata.us_states", None)


@pytest.mark.usefixtures("lacking")
def test_the_rest_of_the_demo_works(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    # As an earlier demo left them.
    (tmp_path / "tocsin.yml").write_text("# Settings of tocsin demo\n")
    (tmp_path / "rules" / "flights.yml").write_text("name: Flights over states\n")
    assert prepare(tmp_path) > 10_000
    assert (tmp_path / "flights.ndjson").read_bytes() == (tmp_path / "states.ndjson").read_bytes() == b""
    session = load_session(tmp_path / "tocsin.yml", [])
    assert session.problems == []
    assert {rule.id for rule in session.rules} == {
        "error-budget", "errors-by-host", "failed-logins", "failed-purchases", "slow-hosts", "traffic",
    }  # fmt: skip


def test_each_kind_of_rule_and_connector_is_shown(tmp_path: Path) -> None:
    assert flights.are_installed()
    prepare(tmp_path)
    session = load_session(tmp_path / "tocsin.yml", [])
    assert session.problems == []
    kinds = set()
    for rule in session.rules:
        params = rule.body["params"]
        query = params.get("searchConfiguration", {}).get("query", {})
        kinds.add((rule.body["rule_type_id"], params.get("searchType"), query.get("language")))
    assert kinds == {
        (".es-query", "esQuery", None),
        (".es-query", "searchSource", "kuery"),
        (".es-query", "searchSource", "lucene"),
        (".index-threshold", None, None),
        (".geo-containment", None, None),
    }
    called = {action["id"] for rule in session.rules for action in rule.body["actions"]}
    assert called == {"log", "receiver", "slack", "pagerduty", "history"}
    assert called == {connector.body["id"] for connector in session.config.connectors}


def test_what_was_left_out_is_not_named() -> None:
    shown = [" ".join(_further(Path("demo"), rules)) for rules in ((), ("flights",))]
    assert ["why flights" in text for text in shown] == [False, True]
