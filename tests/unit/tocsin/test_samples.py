"""The sample rules of config/samples: they load without a finding, and each does what its comment says."""

import asyncio
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from engine.model.jsonvalue import JsonObject
from engine.search.recording import CannedAnswer, RecordingSearch
from tocsin import Engine, ManualClock
from tocsin.command_engine import open_engine
from tocsin.demo.folder import prepare
from tocsin.files.data_views import load_data_views
from tocsin.files.definitions import definition_warnings
from tocsin.files.rules import load_rules
from tocsin.session import Session, load_session
from tocsin.view_files import apply_data_views
from tocsin.window_settings import apply_windows

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
        (".es-query", "esQuery"),
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


@dataclass
class Told:
    """What a rule's runs of twenty-five minutes decided: reasons by clock time, and messages."""

    reasons: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    messages: list[str] = field(default_factory=list)
    documents: list[JsonObject] = field(default_factory=list)

    def when(self, reason: str) -> list[str]:
        return self.reasons.get(reason, [])


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    folder = tmp_path_factory.mktemp("samples") / "samples"
    shutil.copytree(SAMPLES, folder)
    prepare(folder / "demo")
    session = load_session(folder / "tocsin.yml", [folder / "rules"])
    session.refuse_problems()
    session.rules = [rule for rule in session.rules if rule.id != "sample-query-esql"]
    return asyncio.run(replay(session))


async def replay(session: Session) -> dict[str, Told]:
    clock, told = ManualClock("2026-01-15T10:30:00Z"), defaultdict(Told)
    async with open_engine(session, clock=clock, store="sqlite://", data={}, is_dry=True) as parts:
        at = clock.now()
        await apply_windows(parts, session.config.windows)
        await apply_data_views(parts, session.data_views)
        for rule in session.rules:
            await parts.rules.apply(rule.body, rule_id=rule.id, at=at, actor=None, in_bulk=False)
        snooze = {"id": "s", "duration": 300_000, "rRule": {"dtstart": "2026-01-15T10:40:00.000Z", "tzid": "UTC"}}
        await parts.rules.snooze("sample-silence", snooze, at=at, actor=None)
        for _ in range(25):
            for report in (await parts.service.tick(clock.now())).runs:
                assert report.transition is not None, (report.claim.key.id, report.record.trace.error_message)
                rule = told[report.claim.key.id]
                for entry in report.record.ledger:
                    rule.reasons[entry.reason].append(f"{clock.now():%H:%M}")
                for params in (sent.params for sent in report.record.notifications):
                    rule.messages.append(params.get("message", params.get("body")))
                    rule.documents += params.get("documents", ())
            clock.set(clock.now() + timedelta(minutes=1))
    return told


class TestRulesOfFeatures:
    """They run over the demo's data from half past ten on, while web-2 fails and web-3 is unsteady."""

    @pytest.mark.parametrize(
        ("rule", "reason", "times"),
        [
            ("silence", "maintenanceWindow", "10:30 10:31 10:32 10:33 10:34"),
            ("silence", "ruleSnoozed", "10:40 10:41 10:42 10:43 10:44"),
            ("threshold", "notified", "10:34 10:38 10:44 10:48 10:54"),
            ("query-lucene", "notified", "10:36 10:37 10:38 10:39"),
            ("delay-and-flapping", "delayed", "10:33 10:36 10:37 10:41"),
            ("query-kql", "notified", "10:37"),
        ],
    )
    def test_reasons(self, told: dict[str, Told], rule: str, reason: str, times: str) -> None:
        assert sorted(set(told[f"sample-{rule}"].when(reason))) == times.split()

    @pytest.mark.parametrize(
        ("rule", "message"),
        [
            ("query-dsl", "Server errors (query DSL): over"),
            ("query-kql", "web-2: 4 logins failed"),
            ("summary", "1 new, 1 ongoing, 0 recovered"),
            ("summary", "in 10 minutes: 3 new web-3 web-2 web-3"),
            ("delay-and-flapping", "web-3 is slow and flapping"),
            ("containment", "WN Dallas to Houston is over Texas"),
            (
                "containment",
                "AS Seattle to San Francisco-Washington: it has left and is at POINT (-122.32823 45.01981)",
            ),
        ],
    )
    def test_messages(self, told: dict[str, Told], rule: str, message: str) -> None:
        assert message in told[f"sample-{rule}"].messages

    def test_documents(self, told: dict[str, Told]) -> None:
        first = told["sample-documents"].documents[0]
        assert {name: first[name] for name in ("host", "rule")} == {
            "host": "web-3",
            "rule": {"id": "sample-documents", "name": "Slow hosts, kept as documents"},
        }
        assert float(first["slowest_ms"]) > 2000

    def test_all_of_them_run(self, told: dict[str, Told]) -> None:
        ran = {rule.removeprefix("sample-") for rule in told} | {"query-esql"}
        assert ran == {file.stem for file in (SAMPLES / "rules").iterdir()}
        page = (SAMPLES / "README.md").read_text(encoding="utf-8")
        assert {name for name in ran if f"](rules/{name}.yml) |" not in page} == set()
        assert told["sample-query-kql"].when("filterNotMatched")
        assert "10:40" in told["sample-query-lucene"].when("outsideTimeframe")
        assert told["sample-threshold"].when("throttled")

    def test_rows_of_esql(self) -> None:
        columns = [{"name": "errors", "type": "long"}, {"name": "host.name", "type": "keyword"}]
        search = RecordingSearch([CannedAnswer({"columns": columns, "values": [[26, "web-2"], [31, "web-4"]]})])
        [definition] = load_rules([SAMPLES / "rules" / "query-esql.yml"]).rules
        with Engine(clock=ManualClock(NOW), search=search) as engine:
            engine.add_connector("log", ".server-log")
            engine.add_rule(definition.body, definition.id)
            engine.run_rule(definition.id)
            assert sorted(messages(engine, definition.id)) == [
                "web-2 has too many server errors",
                "web-4 has too many server errors",
            ]


def messages(engine: Engine, rule: str) -> list[str]:
    return [str(sent.notification.params["message"]) for sent in engine.notifications(rule)]
