"""The sample rules of config/samples: they load without a finding, and each does what its comment says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.search.recording import CannedAnswer, RecordingSearch
from tocsin import Engine, ManualClock
from tocsin.files.data_views import load_data_views
from tocsin.files.definitions import definition_warnings
from tocsin.files.rules import load_rules
from tocsin.session import Session, load_session

SAMPLES = Path(__file__).parents[3] / "config" / "samples"
BODIES = SAMPLES / "create-rule"
NOW = "2026-01-15T10:45:00Z"
AT = "2026-01-15T10:44:30Z"


@pytest.fixture(scope="module")
def session() -> Session:
    """The samples as `tocsin check --config config/samples/tocsin.yml` reads them."""
    return load_session(SAMPLES / "tocsin.yml", [])


def test_nothing_is_wrong_with_them(session: Session) -> None:
    assert session.problems == []
    engine = session.config.engine
    warnings = {rule.id: definition_warnings(rule, session.registry, engine) for rule in session.rules}
    assert {rule_id: found for rule_id, found in warnings.items() if found} == {}
    kinds = {(rule.body["rule_type_id"], rule.body["params"].get("searchType")) for rule in session.rules}
    assert kinds == {
        (".es-query", None),
        (".es-query", "searchSource"),
        (".es-query", "esqlQuery"),
        (".index-threshold", None),
        (".geo-containment", None),
    }


class TestBodiesOfTheCreateRulePage:
    """They run, over as many documents as make them fire."""

    @staticmethod
    def add(engine: Engine, file: str) -> str:
        [definition] = load_rules([BODIES / f"{file}.yml"]).rules
        for connector in {action["id"] for action in definition.body.get("actions", [])}:
            engine.add_connector(connector, ".server-log")
        for view in load_data_views([SAMPLES / "data-views"]).views:
            engine.add_data_view(view.spec)
        rule: str = engine.add_rule(definition.body, definition.id)["id"]
        return rule

    @pytest.fixture
    def engine(self) -> Iterator[Engine]:
        with Engine(clock=ManualClock(NOW)) as opened:
            yield opened

    def test_there_are_five(self) -> None:
        assert len(load_rules([BODIES]).rules) == 5

    def test_esql(self) -> None:
        columns = [
            {"name": name, "type": kind}
            for name, kind in (("sumbytes", "long"), ("clientip", "ip"), ("host", "keyword"))
        ]
        answer = {"columns": columns, "values": [[7201, "192.0.2.7", "web-1"], [5400, "192.0.2.8", "web-2"]]}
        search = RecordingSearch([CannedAnswer(answer)])
        with Engine(clock=ManualClock(NOW), search=search) as engine:
            rule = self.add(engine, "es-query-esql")
            engine.run_rule(rule)
            [alert] = engine.alerts(rule)
            [message] = messages(engine, rule)
        assert (alert.id, alert.status) == ("query matched", "active")
        assert message.startswith(
            "Elasticsearch query rule 'my Elasticsearch query ESQL rule' is active:\n- Value: 2 - "
        )
        assert " over 1d - Timestamp: 2026-01-15T10:45:00.000Z - Link: " in message
        [asked] = search.esql_requests
        assert 'where geo.dest != "GB" | STATS' in " ".join(asked.body["query"].split())

    def test_query_dsl(self, engine: Engine) -> None:
        engine.add_documents("kibana_sample_data_logs", [{"@timestamp": AT}] * 101)
        rule = self.add(engine, "es-query-dsl")
        engine.run_rule(rule)
        assert messages(engine, rule) == ["The system has detected 1 new, 0 ongoing, and 0 recovered alerts."]
        engine.advance("2d")
        assert messages(engine, rule)[1:] == [
            "The system has detected 0 new, 0 ongoing, and 1 recovered alerts.",
            "Recovered",
        ]

    def test_kql(self, engine: Engine) -> None:
        there, elsewhere = ({"@timestamp": AT, "geo": {"src": country}} for country in ("US", "AT"))
        engine.add_documents("kibana_sample_data_logs", [there] * 1000 + [elsewhere] * 1000)
        rule = self.add(engine, "es-query-kql")
        engine.run_rule(rule)
        assert engine.alerts(rule) == []
        engine.add_documents("kibana_sample_data_logs", [there])
        engine.run_rule(rule)
        assert [alert.id for alert in engine.alerts(rule)] == ["query matched"]

    def test_index_threshold(self, engine: Engine) -> None:
        versions = [
            {"@timestamp": AT, "name": name, "sheet": {"version": version}} for name, version in (("a", 2000), ("b", 9))
        ]
        engine.add_documents(".test-index", versions)
        rule = self.add(engine, "index-threshold")
        engine.advance("1m")
        assert messages(engine, rule) == []
        engine.advance("1m")
        [message] = messages(engine, rule)
        assert message.startswith("Rule 'my rule' is active for group 'a':\n\n- Value: 2000\n- Conditions Met: ")
        assert message.endswith(" over 5m\n- Timestamp: 2026-01-15T10:47:00.000Z")

    def test_tracking_containment(self, engine: Engine) -> None:
        square = {"type": "polygon", "coordinates": [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]}
        shapes = {"properties": {"location": {"type": "geo_shape"}}}
        points = {"properties": {"geo.coordinates": {"type": "geo_point"}}}
        engine.add_documents("boundary-1", [{"name": "square", "location": square}], shapes)
        places = [
            {"@timestamp": AT, "agent": agent, "geo": {"coordinates": place}}
            for agent, place in (("in", "5,5"), ("out", "50,5"))
        ]
        engine.add_documents("kibana_sample_data_logs", places, points)
        rule = self.add(engine, "geo-containment")
        engine.run_rule(rule)
        assert [alert.id for alert in engine.alerts(rule)] == ["in-square"]


def messages(engine: Engine, rule: str) -> list[str]:
    return [str(sent.notification.params["message"]) for sent in engine.notifications(rule)]
