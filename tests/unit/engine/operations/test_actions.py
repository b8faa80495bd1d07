"""Cross checks on actions (rest-api.md 2.6, actions-scheduling.md 15) and what is refused for now (DECISIONS 4)."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from engine.model.errors import InvalidInput
from engine.model.jsonvalue import JsonObject
from engine.model.settings import EngineSettings, QuerySettings

SUMMARY = {"summary": True, "notify_when": "onActiveAlert"}


def throttled(throttle: str | None) -> JsonObject:
    return {"summary": False, "notify_when": "onThrottleInterval", "throttle": throttle}


@pytest.fixture
def refused(world: Any, body: Callable[..., JsonObject], now: Any) -> Callable[..., Any]:
    """The paths of the problems with which creating a rule of these members is refused."""

    async def paths(**members: object) -> list[str]:
        with pytest.raises(InvalidInput) as refusal:
            await world.rules.create(body(**members), at=now, actor=None)
        assert all(problem.remedy for problem in refusal.value.problems)
        return [problem.path for problem in refusal.value.problems]

    return paths


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"id": "nobody"}, "id"),
        ({"id": "bare"}, "id"),
        ({"id": "cases"}, "id"),
        ({"id": "gone"}, "id"),
        ({"group": "medium"}, "group"),
        ({"frequency": throttled("59s")}, "frequency.throttle"),
        ({"frequency": throttled(None)}, "frequency.throttle"),
        ({"alerts_filter": {}}, "alerts_filter"),
    ],
)
async def test_each_check_names_the_member_at_fault(
    refused: Any, action: Callable[..., JsonObject], members: JsonObject, path: str
) -> None:
    assert await refused(actions=[action(), action(**members)]) == [f"actions.1.{path}"]


async def test_an_ordinary_action_needs_a_group_even_for_summaries(
    refused: Any, action: Callable[..., JsonObject]
) -> None:
    lacking = action(frequency=SUMMARY)
    del lacking["group"]
    assert await refused(actions=[lacking]) == ["actions.0.group"]


async def test_uuids_are_unique_within_a_rule(refused: Any, action: Callable[..., JsonObject]) -> None:
    same = [action(uuid="u"), action(uuid="v"), action(uuid="u")]
    assert await refused(actions=same) == ["actions.2.uuid"]


@pytest.mark.parametrize(
    ("rule_level", "has_frequency", "is_valid"),
    [
        ({}, [True, True], True),
        ({}, [True, False], False),
        ({}, [False, False], False),
        ({"notify_when": None, "throttle": None}, [True, True], True),
        ({"notify_when": None, "throttle": None}, [False, True], False),
        ({"notify_when": "onActiveAlert"}, [False, False], True),
        ({"notify_when": "onThrottleInterval"}, [False, False], True),
        ({"throttle": "1s"}, [False, False], True),
        ({"notify_when": "onActiveAlert"}, [True, False], False),
        ({"throttle": "1m"}, [True, True], False),
    ],
)
async def test_frequency_stands_on_the_rule_or_on_every_action(
    world: Any,
    refused: Any,
    body: Callable[..., JsonObject],
    action: Callable[..., JsonObject],
    now: Any,
    rule_level: JsonObject,
    has_frequency: Sequence[bool],
    is_valid: bool,
) -> None:
    actions = [action() if has else {k: v for k, v in action().items() if k != "frequency"} for has in has_frequency]
    if is_valid:
        assert (
            len((await world.rules.create(body(actions=actions, **rule_level), at=now, actor=None)).rule.actions) == 2
        )
    else:
        paths = await refused(actions=actions, **rule_level)
        assert paths
        assert {path.rpartition(".")[2] for path in paths} == {"frequency"}


async def test_all_problems_are_told_together_in_the_order_of_the_checks(
    refused: Any, action: Callable[..., JsonObject]
) -> None:
    wrong = action(id="nobody", group="medium", frequency=throttled("1s"), alerts_filter={}, uuid="u")
    assert await refused(actions=[wrong, action(uuid="u")]) == [
        "actions.1.uuid",
        "actions.0.id",
        "actions.0.group",
        "actions.0.frequency.throttle",
        "actions.0.alerts_filter",
    ]


async def test_a_throttle_equal_to_the_interval_is_long_enough(
    world: Any, body: Callable[..., JsonObject], action: Callable[..., JsonObject], now: Any
) -> None:
    stored = await world.rules.create(body(actions=[action(frequency=throttled("60s"))]), at=now, actor=None)
    assert stored.rule.actions[0].frequency.throttle == "60s"


async def test_a_throttle_beside_another_notify_when_is_kept(
    world: Any, body: Callable[..., JsonObject], action: Callable[..., JsonObject], now: Any
) -> None:
    idle = {"summary": False, "notify_when": "onActiveAlert", "throttle": "1s"}
    stored = await world.rules.create(body(actions=[action(frequency=idle)]), at=now, actor=None)
    assert stored.rule.actions[0].frequency.throttle == "1s"


async def test_recovery_is_a_group_too_and_uuids_are_made_where_absent(
    world: Any, body: Callable[..., JsonObject], action: Callable[..., JsonObject], now: Any
) -> None:
    actions = [action(group="recovered"), action(uuid="mine"), action(group="low")]
    stored = await world.rules.create(body(actions=actions), at=now, actor=None, rule_id="r")
    assert [(a.group, a.uuid) for a in stored.rule.actions] == [
        ("recovered", "uuid-1"),
        ("high", "mine"),
        ("low", "uuid-2"),
    ]


async def test_system_connectors_are_not_supported_yet(refused: Any, action: Callable[..., JsonObject]) -> None:
    assert await refused(actions=[action(id="system")]) == ["actions.0.id"]


async def test_the_query_of_a_filter_is_compiled_on_save_and_what_the_client_sent_is_ignored(
    world: Any, body: Callable[..., JsonObject], action: Callable[..., JsonObject], now: Any
) -> None:
    pills = [{"meta": {"negate": True}, "query": {"term": {"x": 1}}}, {"meta": {"disabled": True}, "query": {"a": {}}}]
    query = {"kql": "a: b", "filters": pills, "dsl": '{"match_none":{}}'}
    stored = await world.rules.create(body(actions=[action(alerts_filter={"query": query})]), at=now, actor=None)
    kept = stored.rule.actions[0].alerts_filter["query"]
    assert (kept["kql"], kept["filters"]) == ("a: b", pills)
    assert json.loads(kept["dsl"]) == {
        "bool": {
            "must": [],
            "filter": [{"bool": {"should": [{"match": {"a": "b"}}], "minimum_should_match": 1}}],
            "should": [],
            "must_not": [{"term": {"x": 1}}],
        }
    }


async def test_the_compiled_query_follows_the_settings_of_queries(
    world: Any, body: Callable[..., JsonObject], action: Callable[..., JsonObject], now: Any
) -> None:
    world.use(EngineSettings(query=QuerySettings(allow_leading_wildcards=False)))
    chosen = {"query": {"kql": "a: *b", "filters": []}}
    with pytest.raises(InvalidInput) as refusal:
        await world.rules.create(body(actions=[action(alerts_filter=chosen)]), at=now, actor=None)
    assert [problem.path for problem in refusal.value.problems] == ["actions.0.alerts_filter.query.kql"]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"kql": "a: (b", "filters": []}, "query.kql"),
        ({"kql": "a:b:c", "filters": []}, "query.kql"),
        ({"kql": "", "filters": [{"meta": {"type": "combined"}}]}, "query.filters"),
    ],
)
async def test_a_query_that_cannot_be_read_is_refused(
    refused: Any, action: Callable[..., JsonObject], query: JsonObject, path: str
) -> None:
    assert await refused(actions=[action(alerts_filter={"query": query})]) == [f"actions.0.alerts_filter.{path}"]


async def test_filters_need_a_rule_type_that_keeps_documents(refused: Any, action: Callable[..., JsonObject]) -> None:
    chosen = {"query": {"kql": "", "filters": []}}
    filtered = [action(alerts_filter=chosen)]
    assert await refused(rule_type_id=".bare", actions=filtered) == ["actions.0.alerts_filter"]


async def test_a_wrong_value_is_told_before_what_is_unsupported(
    refused: Any, action: Callable[..., JsonObject]
) -> None:
    assert await refused(actions=[action(id="system"), action(group="medium")]) == ["actions.1.group"]


async def test_a_flag_that_is_off_is_supported(
    world: Any, body: Callable[..., JsonObject], action: Callable[..., JsonObject], now: Any
) -> None:
    stored = await world.rules.create(body(actions=[action(use_alert_data_for_template=False)]), at=now, actor=None)
    assert stored.rule.actions[0].use_alert_data_for_template is False
