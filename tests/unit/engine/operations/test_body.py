"""Schema of create and update bodies (rest-api.md 1.5, 2.1-2.5, 2.8)."""

from collections.abc import Callable

import pytest

from engine.model.errors import InvalidInput
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.operations.body import parse_create, parse_disable, parse_update


def refused_paths(parse: Callable[[JsonValue], object], body: JsonValue) -> list[str]:
    with pytest.raises(InvalidInput) as refusal:
        parse(body)
    assert all(problem.message and problem.remedy for problem in refusal.value.problems)
    return [problem.path for problem in refusal.value.problems]


def test_an_empty_create_body_complains_about_name_first() -> None:
    assert refused_paths(parse_create, {}) == ["name", "rule_type_id", "consumer", "schedule"]


def test_an_empty_update_body_complains_about_name_first() -> None:
    assert refused_paths(parse_update, {}) == ["name", "schedule"]


@pytest.mark.parametrize("member", ["rule_type_id", "consumer", "enabled", "id"])
def test_what_an_update_cannot_change_is_an_unknown_member(member: str) -> None:
    assert refused_paths(parse_update, {"name": "x", "schedule": {"interval": "1m"}, member: "x"}) == [member]


FRACTION = {"look_back_window": 2.5, "status_change_threshold": 2}


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"name": 1}, "name"),
        ({"enabled": "true"}, "enabled"),
        ({"enabled": None}, "enabled"),
        ({"tags": None}, "tags"),
        ({"tags": ["a", 1]}, "tags.1"),
        ({"throttle": "0s"}, "throttle"),
        ({"params": None}, "params"),
        ({"params": []}, "params"),
        ({"schedule": {}}, "schedule.interval"),
        ({"schedule": {"interval": "1m", "cron": "x"}}, "schedule.cron"),
        ({"actions": None}, "actions"),
        ({"actions": [1]}, "actions.0"),
        ({"notify_when": "always"}, "notify_when"),
        ({"alert_delay": None}, "alert_delay"),
        ({"alert_delay": {}}, "alert_delay.active"),
        ({"alert_delay": {"active": 1.5}}, "alert_delay.active"),
        ({"alert_delay": {"active": True}}, "alert_delay.active"),
        ({"flapping": {"look_back_window": 5}}, "flapping.status_change_threshold"),
        ({"flapping": {"look_back_window": 21, "status_change_threshold": 5}}, "flapping.look_back_window"),
        ({"flapping": {"look_back_window": 5, "status_change_threshold": 1}}, "flapping.status_change_threshold"),
        ({"flapping": FRACTION}, "flapping.look_back_window"),
        ({"artifacts": None}, "artifacts"),
        ({"artifacts": {"dashboards": [{"id": "d"}] * 11}}, "artifacts.dashboards"),
        ({"artifacts": {"dashboards": [{}]}}, "artifacts.dashboards.0.id"),
        ({"artifacts": {"investigation_guide": {"blob": "x" * 10_001}}}, "artifacts.investigation_guide.blob"),
        ({"mute_all": False}, "mute_all"),
        ({"params": {"n": float("nan")}}, "params.n"),
        ({"params": {"n": 2**64}}, "params.n"),
        ({"params": {"a": [{"t": "\ud800"}]}}, "params.a.0.t"),
    ],
)
def test_a_wrong_member_is_refused_by_its_path(body: Callable[..., JsonObject], members: JsonObject, path: str) -> None:
    assert refused_paths(parse_create, body(**members)) == [path]


@pytest.mark.parametrize("interval", ["0s", "01m", "1.5h", "-1m", "1M", "1w", "10x", "10", " 1m", "", "m", 5, None])
def test_what_is_no_duration_is_no_interval(body: Callable[..., JsonObject], interval: JsonValue) -> None:
    assert refused_paths(parse_create, body(schedule={"interval": interval})) == ["schedule.interval"]


TIMEFRAME = {"days": [1, 7], "hours": {"start": "8:00", "end": "24:00"}, "timezone": "Europe/Berlin"}
QUERY = {"kql": "a: b", "filters": [{"meta": {"any": 1}, "query": {"x": 1}, "$state": {"store": "appState"}}]}


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"id": None}, "id"),
        ({"group": None}, "group"),
        ({"params": None}, "params"),
        ({"uuid": None}, "uuid"),
        ({"use_alert_data_for_template": "true"}, "use_alert_data_for_template"),
        ({"connector_type_id": ".log"}, "connector_type_id"),
        ({"frequency": None}, "frequency"),
        ({"frequency": {"notify_when": "onActiveAlert"}}, "frequency.summary"),
        ({"frequency": {"summary": False}}, "frequency.notify_when"),
        ({"frequency": {"summary": 0, "notify_when": "onActiveAlert"}}, "frequency.summary"),
        (
            {"frequency": {"summary": False, "notify_when": "onActiveAlert", "throttle": "1w"}},
            "frequency.throttle",
        ),
        ({"alerts_filter": None}, "alerts_filter"),
        ({"alerts_filter": {"timeframe": {**TIMEFRAME, "days": [0]}}}, "alerts_filter.timeframe.days.0"),
        ({"alerts_filter": {"timeframe": {**TIMEFRAME, "days": [8]}}}, "alerts_filter.timeframe.days.0"),
        ({"alerts_filter": {"timeframe": {**TIMEFRAME, "days": None}}}, "alerts_filter.timeframe.days"),
        (
            {"alerts_filter": {"timeframe": {**TIMEFRAME, "hours": {"start": "24:00", "end": "1:00"}}}},
            "alerts_filter.timeframe.hours.start",
        ),
        (
            {"alerts_filter": {"timeframe": {**TIMEFRAME, "hours": {"start": "8:00", "end": "9:00:00"}}}},
            "alerts_filter.timeframe.hours.end",
        ),
        ({"alerts_filter": {"timeframe": {**TIMEFRAME, "timezone": "Mars/Base"}}}, "alerts_filter.timeframe.timezone"),
        ({"alerts_filter": {"timeframe": {**TIMEFRAME, "tz": "UTC"}}}, "alerts_filter.timeframe.tz"),
        ({"alerts_filter": {"query": {"filters": []}}}, "alerts_filter.query.kql"),
        ({"alerts_filter": {"query": {"kql": ""}}}, "alerts_filter.query.filters"),
        ({"alerts_filter": {"query": {**QUERY, "filters": [{}]}}}, "alerts_filter.query.filters.0.meta"),
        (
            {"alerts_filter": {"query": {**QUERY, "filters": [{"meta": {}, "$state": {"store": "x"}}]}}},
            "alerts_filter.query.filters.0.$state.store",
        ),
    ],
)
def test_a_wrong_member_of_an_action_is_refused_by_its_path(
    body: Callable[..., JsonObject], action: Callable[..., JsonObject], members: JsonObject, path: str
) -> None:
    assert refused_paths(parse_create, body(actions=[action(**members)])) == [f"actions.0.{path}"]


@pytest.mark.parametrize("timezone", ["UTC", "GMT", "UTC+1", "UTC+01:00", "GMT-5", "+02:00", "Africa/Accra"])
def test_zones_of_the_database_and_fixed_offsets_are_known(
    body: Callable[..., JsonObject], action: Callable[..., JsonObject], timezone: str
) -> None:
    chosen = {"query": QUERY, "timeframe": {**TIMEFRAME, "timezone": timezone}}
    parsed = parse_create(body(actions=[action(alerts_filter=chosen)])).actions[0].alerts_filter
    assert parsed is not None
    assert parsed.timeframe is not None
    assert parsed.timeframe.timezone == timezone


@pytest.mark.parametrize(
    "members",
    [
        {"name": ""},
        {"throttle": None, "notify_when": None, "flapping": None},
        {"alert_delay": {"active": 2.0}},
        {"alert_delay": {"active": -1}},
        {"tags": ["b", "a", "b"]},
        {"params": {"text": "x" * 100_000}},
        {"artifacts": {}},
        {"schedule": {"interval": "99999999d"}},
        {"flapping": {"look_back_window": 20, "status_change_threshold": 20, "enabled": False}},
    ],
)
def test_unusual_but_valid_members_pass(body: Callable[..., JsonObject], members: JsonObject) -> None:
    parsed = parse_create(body(**members))
    assert parsed.model_fields_set >= members.keys()


@pytest.mark.parametrize("value", [None, [], "x", 1])
def test_a_body_that_is_no_object_is_refused(value: JsonValue) -> None:
    assert refused_paths(parse_create, value) == [""]


def test_a_body_nested_too_deeply_is_refused(body: Callable[..., JsonObject]) -> None:
    nested: JsonValue = 1
    for _ in range(5_000):
        nested = [nested]
    assert refused_paths(parse_create, body(params={"a": nested}))[0].startswith("params.a.0.0.")


def test_an_unknown_member_suggests_the_nearest_known(body: Callable[..., JsonObject]) -> None:
    with pytest.raises(InvalidInput, match=r"schedul: .*did you mean schedule\?"):
        parse_create(body(schedul=1))


@pytest.mark.parametrize(("value", "untrack"), [(None, False), ({}, False), ({"untrack": True}, True)])
def test_a_disable_body_may_be_absent(value: JsonValue, untrack: bool) -> None:
    assert parse_disable(value).untrack is untrack


@pytest.mark.parametrize("value", [{"untrack": 1}, {"untrack": None}, {"other": 1}])
def test_a_wrong_disable_body_is_refused(value: JsonValue) -> None:
    assert len(refused_paths(parse_disable, value)) == 1
