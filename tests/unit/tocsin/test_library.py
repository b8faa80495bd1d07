"""The engine as a library: one alert's life in a few lines, and what users do to rules."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.model.errors import Conflict, InvalidInput, NotFound, StoreUnavailable
from engine.model.settings import EngineSettings
from engine.service.clocks import CountingIds, ManualClock, SystemClock
from tocsin import AsyncEngine, Engine

START = "2026-01-01T10:00:00Z"
TEN = datetime(2026, 1, 1, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
START_EXACT = "2026-01-01T10:00:00.000Z"
DAILY_HOUR = {"start": START_EXACT, "duration": "1h", "recurring": {"every": "1d"}}

RULE = {
    "name": "Errors",
    "rule_type_id": ".index-threshold",
    "consumer": "alerts",
    "schedule": {"interval": "1m"},
    "params": {
        "index": "web",
        "timeField": "@timestamp",
        "timeWindowSize": 1,
        "timeWindowUnit": "m",
        "threshold": [3],
        "thresholdComparator": ">=",
    },
    "actions": [
        {
            "id": "log",
            "group": group,
            "params": {"message": "{{alert.actionGroupName}}: {{context.value}}"},
            "frequency": {"summary": False, "notify_when": "onActionGroupChange"},
        }
        for group in ("threshold met", "recovered")
    ],
}
BURST = [{"@timestamp": f"2026-01-01T10:00:{second}Z"} for second in (10, 20, 30)]


def engine_at_ten(**options):
    return Engine(clock=ManualClock(START), **options)


@pytest.fixture
def engine():
    with engine_at_ten() as engine:
        engine.add_connector("log", ".server-log")
        yield engine


@pytest.fixture
def burst(engine):
    """Three documents within the first minute, and the rule that minds."""
    engine.add_rule(RULE, "errors")
    engine.add_documents("web", BURST)
    return engine


def messages(engine):
    return [sent.notification.params["message"] for sent in engine.notifications("errors")]


def test_the_life_of_an_alert(engine):
    engine.add_rule(RULE, "errors")
    engine.add_documents("web", BURST)
    engine.advance("1m")
    [alert] = engine.alerts()
    assert (alert.status, alert.group, alert.start) == ("active", "threshold met", "2026-01-01T10:01:00.000Z")
    engine.advance("1m")
    [alert] = engine.alerts()
    assert (alert.status, alert.end) == ("recovered", "2026-01-01T10:02:00.000Z")
    assert messages(engine) == ["Threshold met: 3", "Recovered: 0"]
    assert {sent.state for sent in engine.notifications()} == {"delivered"}
    assert [reason.code for reason in engine.reasons("errors")].count("notified") == 2


def test_a_rule_runs_when_it_is_added_and_then_each_minute(engine):
    engine.add_rule(RULE, "errors")
    runs = engine.advance("3m")
    assert [run.record.trace.started_at for run in runs] == [TEN + number * MINUTE for number in range(4)]
    assert engine.clock.now() == TEN + 3 * MINUTE


def test_run_due_runs_what_is_due_and_nothing_else(engine):
    engine.add_rule(RULE, "errors")
    assert len(engine.run_due()) == 1
    assert engine.run_due() == []


def test_run_rule_runs_now_whatever_the_schedule_says(burst):
    burst.run_due()
    burst.clock.advance(timedelta(seconds=40))
    assert burst.run_rule("errors").record.trace.started_at == TEN + timedelta(seconds=40)
    assert messages(burst) == ["Threshold met: 3"]
    assert burst.run_rule("unknown") is None


def test_advancing_takes_a_text_or_a_timedelta(engine):
    engine.advance("90s")
    engine.advance(timedelta(seconds=30))
    assert engine.clock.now() == TEN + 2 * MINUTE


def test_advancing_ends_although_a_rule_is_held_elsewhere(engine):
    engine.add_rule(RULE, "errors")

    async def hold(inner):
        await inner.parts.store.claim_due(TEN, 10, "another process", TEN + timedelta(hours=1))

    engine.call(hold)
    assert engine.advance("10m") == []
    assert len(engine.advance("50m")) == 1, "its lease has ended"


def test_advancing_ends_although_something_stays_due(engine, monkeypatch):
    engine.add_rule(RULE, "errors")

    async def always(self=None):
        return TEN

    monkeypatch.setattr(engine.asynchronous.parts.store, "next_delivery", always)
    assert len(engine.advance("2m")) == 3


def test_the_system_clock_cannot_be_advanced():
    with Engine(clock=SystemClock()) as engine, pytest.raises(TypeError, match="ManualClock"):
        engine.advance("1m")


# what users do


def test_a_muted_rule_says_so(burst):
    burst.mute("errors")
    burst.advance("1m")
    assert messages(burst) == []
    assert {reason.code for reason in burst.reasons("errors")} == {"ruleMuted"}
    assert all(reason.text for reason in burst.reasons("errors"))
    assert burst.rule("errors")["mute_all"] is True
    assert burst.unmute("errors")["mute_all"] is False


def test_an_alert_that_outlives_a_snooze_notifies_in_the_first_run_after_it(burst):
    snooze = {"duration": 120_000, "rRule": {"dtstart": START, "tzid": "UTC", "count": 1}}
    shown = burst.snooze("errors", snooze)
    assert (shown["is_snoozed_until"], shown["active_snoozes"]) == ("2026-01-01T10:02:00.000Z", [])
    keep_bursting(burst, 1, 2, 3)
    burst.advance("1m")
    [reason] = burst.reasons("errors")
    assert (reason.code, reason.facts) == ("ruleSnoozed", {"until": "2026-01-01T10:02:00.000Z"})
    assert messages(burst) == []
    burst.advance("1m")
    assert messages(burst) == ["Threshold met: 3"]
    rule = burst.rule("errors")
    assert ("snooze_schedule" in rule, rule["revision"]) == (False, 0), "it is over: the run has removed it"


def keep_bursting(engine, *minutes):
    for minute in minutes:
        engine.add_documents("web", [{"@timestamp": f"2026-01-01T10:0{minute}:{second}Z"} for second in (10, 20, 30)])


def window_of_two_minutes(**members):
    return {"title": "Patch day", "schedule": {"custom": {"start": START_EXACT, "duration": "2m"}}, **members}


def test_an_alert_of_a_maintenance_window_is_told_once_the_window_has_ended(burst):
    shown = burst.add_maintenance_window(window_of_two_minutes(), "patch-day")
    assert (shown["id"], shown["status"]) == ("patch-day", "running")
    keep_bursting(burst, 1, 2)
    burst.advance("1m")
    [alert] = burst.alerts()
    assert alert.document["kibana.alert.maintenance_window_ids"] == ["patch-day"]
    reasons = burst.reasons("errors", alert.id)
    assert {reason.code for reason in reasons} == {"maintenanceWindow"}
    assert reasons[0].facts == {"window_ids": ["patch-day"], "window_names": ["Patch day"]}
    [execute] = [event for event in burst.events("errors") if event["event.action"] == "execute"][-1:]
    assert execute["kibana.alert.maintenance_window_ids"] == ["patch-day"]
    assert messages(burst) == []
    burst.advance("1m")
    assert messages(burst) == ["Threshold met: 3"]
    assert burst.alerts()[0].document["kibana.alert.maintenance_window_ids"] == []


def test_an_alert_that_recovers_in_its_window_is_never_told(burst):
    burst.add_maintenance_window(window_of_two_minutes() | {"schedule": {"custom": DAILY_HOUR}})
    burst.advance("3m")
    assert [alert.status for alert in burst.alerts()] == ["recovered"]
    assert messages(burst) == []


def test_an_alert_from_before_the_window_notifies_on(burst):
    late = {**DAILY_HOUR, "start": "2026-01-01T10:01:30.000Z"}
    burst.add_maintenance_window(window_of_two_minutes() | {"schedule": {"custom": late}})
    burst.advance("3m")
    assert messages(burst) == ["Threshold met: 3", "Recovered: 0"]


@pytest.mark.parametrize(("kql", "is_silent"), [("kibana.alert.rule.name: Err*", True), ("tags: other", False)])
def test_a_scope_says_which_alerts_a_window_is_for(burst, kql, is_silent):
    burst.add_maintenance_window(window_of_two_minutes(scope={"alerting": {"query": {"kql": kql}}}))
    burst.advance("1m")
    assert messages(burst) == ([] if is_silent else ["Threshold met: 3"])


def test_unsnoozing_lets_the_next_run_speak(burst):
    burst.snooze(
        "errors", {"id": "daily", "duration": 3_600_000, "rRule": {"dtstart": START, "tzid": "UTC", "freq": 3}}
    )
    burst.run_due()
    shown = burst.unsnooze("errors")
    assert shown["snooze_schedule"][0]["skipRecurrences"] == ["2026-01-01T10:00:00.000Z"]
    burst.advance("1m")
    assert messages(burst) == ["Threshold met: 3"]
    assert "snooze_schedule" not in burst.unsnooze("errors", "daily")


def test_one_alert_can_be_muted_alone(burst):
    [alert_id] = {alert.id for alert in burst.alerts()} or {"all documents"}
    assert burst.mute("errors", alert_id)["muted_alert_ids"] == [alert_id]
    burst.advance("1m")
    assert (len(burst.alerts()), messages(burst)) == (1, [])
    assert [reason.alert_id for reason in burst.reasons("errors", alert_id) if reason.code == "muted"]
    assert burst.unmute("errors", alert_id)["muted_alert_ids"] == []


def test_disabling_keeps_alerts_and_enabling_goes_on_with_them(burst):
    [alert] = (burst.advance("1m"), burst.alerts())[1]
    assert burst.disable_rule("errors")["enabled"] is False
    assert burst.advance("10m") == []
    assert burst.enable_rule("errors")["enabled"] is True
    burst.run_due()
    assert [(found.uuid, found.status) for found in burst.alerts()] == [(alert.uuid, "recovered")]


def test_disabling_may_untrack(burst):
    burst.advance("1m")
    burst.disable_rule("errors", untrack=True)
    assert [alert.status for alert in burst.alerts()] == ["untracked"]
    assert burst.alerts(status="active") == []
    assert "untracked-instance" in {event["event.action"] for event in burst.events("errors")}


def test_untracking_chosen_alerts(burst):
    burst.advance("1m")
    burst.untrack("errors", burst.alerts()[0].id)
    assert [alert.status for alert in burst.alerts(status="untracked")] == ["untracked"]


def test_updating_and_deleting(burst):
    body = {name: RULE[name] for name in ("name", "schedule", "params", "actions")}
    assert burst.update_rule("errors", {**body, "name": "Renamed"})["name"] == "Renamed"
    assert burst.rule("errors")["name"] == "Renamed"
    burst.delete_rule("errors")
    with pytest.raises(NotFound):
        burst.rule("errors")
    assert burst.advance("5m") == []


def test_flapping_settings_count_from_the_next_run(engine):
    engine.set_flapping(look_back_window=4, status_change_threshold=2)
    engine.add_rule(RULE, "errors")
    for minute in (0, 2):
        engine.add_documents("web", [{"@timestamp": f"2026-01-01T10:0{minute}:{s}Z"} for s in (10, 20, 30)])
    engine.advance("4m")
    assert [alert.is_flapping for alert in engine.alerts()][-1] is True
    with pytest.raises(InvalidInput):
        engine.set_flapping(look_back_window=4, status_change_threshold=5)


# what is refused


def test_a_wrong_rule_is_refused_with_the_place(engine):
    with pytest.raises(InvalidInput, match=r"params\.threshold"):
        engine.add_rule({**RULE, "params": {**RULE["params"], "threshold": "many"}})
    with pytest.raises(InvalidInput, match="rule_type_id"):
        engine.add_rule({**RULE, "rule_type_id": None})


def test_a_connector_is_named_once(engine):
    with pytest.raises(Conflict, match="log"):
        engine.add_connector("log", ".server-log")
    with pytest.raises(InvalidInput, match="connector_type_id"):
        engine.add_connector("other", ".no-such-type")


class OtherSearch:
    async def search(self, request):
        return {}

    async def field_caps(self, request):
        return {}

    async def close(self): ...


def test_documents_need_the_embedded_search():
    with engine_at_ten(search=OtherSearch()) as engine, pytest.raises(TypeError, match="embedded search"):
        engine.add_documents("web", BURST)


# how it is set up


def test_without_sending_messages_are_only_recorded():
    with engine_at_ten(send=False) as engine:
        engine.add_connector("log", ".server-log")
        engine.add_rule(RULE, "errors")
        engine.add_documents("web", BURST)
        engine.advance("1m")
        assert [(sent.state, sent.attempts) for sent in engine.notifications()] == [("dry", 0)]


def test_ids_and_settings_and_space_are_the_callers():
    settings = EngineSettings(minimum_schedule_interval="5m", enforce_minimum_schedule_interval=True)
    with engine_at_ten(new_id=CountingIds(), settings=settings, space="team") as engine:
        with pytest.raises(InvalidInput, match="5m"):
            engine.add_rule({**RULE, "actions": []})
        engine.add_connector("log", ".server-log")
        shown = engine.add_rule({**RULE, "schedule": {"interval": "5m"}})
        assert shown["id"].startswith("00000000-0000-4000-8000-")
        engine.run_due()
        [event, *_] = engine.events(shown["id"])
        assert event["kibana.space_ids"] == ["team"]


_MEASURED = "es_search_duration_ms"


def test_two_engines_with_the_same_ids_tell_the_same_story():
    def story():
        with engine_at_ten(new_id=CountingIds()) as engine:
            engine.add_connector("log", ".server-log")
            engine.add_rule(RULE, "errors")
            engine.add_documents("web", BURST)
            engine.advance("3m")
            return [{name: event[name] for name in event if not name.endswith(_MEASURED)} for event in engine.events()]

    assert story() == story()


def test_a_store_in_a_file_outlives_the_engine(tmp_path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with engine_at_ten(store=url) as engine:
        engine.add_connector("log", ".server-log")
        engine.add_rule(RULE, "errors")
    with engine_at_ten(store=url) as engine:
        assert engine.rule("errors")["name"] == "Errors"


def test_a_store_that_cannot_be_opened_is_told_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable):
        Engine(store=f"sqlite:///{tmp_path / 'file' / 'store.db'}")


def test_files_can_be_searched_too(engine, tmp_path):
    file = tmp_path / "web.ndjson"
    file.write_text("".join(f'{{"@timestamp": "2026-01-01T10:00:{second}Z"}}\n' for second in (10, 20, 30)))
    engine.add_files("web", [str(file)])
    engine.add_rule(RULE, "errors")
    engine.advance("1m")
    assert [alert.status for alert in engine.alerts()] == ["active"]


async def test_the_asynchronous_engine_does_the_same():
    async with AsyncEngine(clock=ManualClock(START)) as engine:
        engine.add_connector("log", ".server-log")
        await engine.add_rule(RULE, "errors")
        await engine.add_documents("web", BURST)
        runs = await engine.advance("2m")
        assert len(runs) == 3
        assert [alert.status for alert in await engine.alerts("errors")] == ["recovered"]
        assert [reason.at for reason in await engine.reasons("errors") if reason.code == "notified"] == [
            TEN + MINUTE,
            TEN + 2 * MINUTE,
        ]


async def test_the_synchronous_engine_refuses_to_work_inside_a_loop():
    with pytest.raises(RuntimeError, match="use AsyncEngine"):
        Engine()
