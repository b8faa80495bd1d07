"""Rules: what users store, find, change and delete."""

from dataclasses import replace
from typing import Any

import pytest

from engine.model.outcome import (
    AlertsCount,
    ExecutionStatus,
    Gap,
    LastRun,
    LastRunMetrics,
    RuleStatus,
    Schedule,
    StatusReason,
)
from engine.model.reference import Reference
from engine.model.rule import Action, AlertSnooze, Frequency, MuteCondition, RuleFlapping
from engine.model.trace import UntrackTrace
from engine.ports.store import NewestRuns, RuleChange, RuleKey, RuleQuery, Store, UntrackedDocument

SPACE = "default"


async def test_a_rule_comes_back_as_it_was_stored(store: Store, make: Any) -> None:
    rule = make.rule(
        space="ops",
        name="Größe > 5",
        enabled=False,
        tags=("b", "a", "b"),
        actions=(
            Action("a1", "c1", ".slack", "query matched", {"message": "{{rule.name}}"}),
            Action(
                "a2", "c2", ".email", "recovered", {}, Frequency(True, "onThrottleInterval", "1h"), {"query": {}}, False
            ),
        ),
        params={"z": 1, "a": [1.5, None, {"é": True}]},
        throttle="5m",
        notify_when="onActiveAlert",
        alert_delay=3,
        flapping=RuleFlapping(10, 3, enabled=False),
        flapping_is_set=True,
        artifacts={"dashboards": [{"id": "d"}]},
        mute_all=True,
        muted_alert_ids=("x", "y/ü"),
        alert_snoozes=(
            AlertSnooze("z", make.at(9), make.at(1), "ann"),
            AlertSnooze("é", make.at(8), make.at(1)),
            AlertSnooze("c", None, make.at(1), None, (MuteCondition("field_change", "a"),), True, {"a": [1]}),
        ),
        snooze_schedule=({"id": "s", "duration": 1000, "rRule": {"dtstart": "2026-01-01T00:00:00Z"}},),
        revision=7,
        scheduled_task_id="task",
        created_by="ann",
        updated_by="bob",
        api_key_owner="ann",
        api_key_created_by_user=True,
        api_key_id="key",
        created_at=make.at(1),
        updated_at=make.at(2),
    )
    status = RuleStatus(
        ExecutionStatus("error", make.at(1), 12, StatusReason("execute", "no"), StatusReason("maxAlerts", "many")),
        LastRun("failed", "execute", ("one", "two"), AlertsCount(1, 2, 3, 4)),
        LastRunMetrics(make.at(1), 12, 5, 2, 1, Gap(make.at(0), make.at(1))),
    )
    assert await store.insert_rule(rule, Schedule(None, make.at(3), make.at(2)), status, None)
    stored = (await store.load_rules([RuleKey("ops", rule.id)]))[RuleKey("ops", rule.id)]
    assert stored.rule == rule
    assert list(stored.rule.params) == ["z", "a"]
    assert stored.status == status
    assert stored.schedule == Schedule(None, make.at(3), make.at(2))


async def test_an_id_is_taken_within_its_space_only(store: Store, make: Any) -> None:
    rule = make.rule(id="same")
    assert await store.insert_rule(rule, Schedule(None, None), make.status(), make.audit("create"))
    assert not await store.insert_rule(rule, Schedule(None, None), make.status(), make.audit("again"))
    assert await store.insert_rule(replace(rule, space="other"), Schedule(None, None), make.status(), None)
    assert [entry.operation for entry in await store.audit(SPACE)] == ["create"]


async def test_only_rules_that_exist_are_loaded(store: Store, make: Any) -> None:
    keys = [await make.stored() for _ in range(3)]
    unknown = [RuleKey(SPACE, "unknown"), RuleKey("other", keys[0].id)]
    assert set(await store.load_rules([*keys, *unknown])) == set(keys)
    assert await store.load_rules([]) == {}


async def test_more_rules_than_one_statement_takes_are_loaded(store: Store, make: Any) -> None:
    keys = [await make.stored() for _ in range(3)]
    unknown = [RuleKey(SPACE, f"unknown-{number}") for number in range(1200)]
    assert set(await store.load_rules([*unknown, *keys])) == set(keys)


async def test_a_disabled_rule_has_no_next_run(store: Store, make: Any) -> None:
    key = await make.stored(next_run=5, enabled=False)
    assert (await store.load_rules([key]))[key].schedule.next_run is None


class TestFinding:
    @pytest.fixture(autouse=True)
    async def _rules(self, make: Any) -> None:
        await make.stored(id="1", name="Banana", tags=("fruit",), rule_type_id="b", created_at=make.at(3))
        await make.stored(id="2", name="apple", tags=("fruit", "red"), rule_type_id="a", created_at=make.at(1))
        await make.stored(id="3", name="100% Über_fall", enabled=False, rule_type_id="a", created_at=make.at(2))
        await make.stored(id="4", name="elsewhere", space="other")

    @pytest.mark.parametrize(
        ("query", "ids"),
        [
            (RuleQuery(), ["2", "3", "1"]),
            (RuleQuery(descending=True), ["1", "3", "2"]),
            (RuleQuery(sort="name"), ["3", "1", "2"]),
            (RuleQuery(sort="rule_type_id"), ["2", "3", "1"]),
            (RuleQuery(sort="enabled", descending=True), ["2", "1", "3"]),
            (RuleQuery(sort="updated_at"), ["2", "3", "1"]),
            (RuleQuery(enabled=True), ["2", "1"]),
            (RuleQuery(enabled=False), ["3"]),
            (RuleQuery(rule_type_id="a"), ["2", "3"]),
            (RuleQuery(tag="red"), ["2"]),
            (RuleQuery(tag="fruit"), ["2", "1"]),
            (RuleQuery(tag="fru"), []),
            (RuleQuery(name_contains="AN"), ["1"]),
            (RuleQuery(name_contains="über_"), ["3"]),
            (RuleQuery(name_contains="0%"), ["3"]),
            (RuleQuery(name_contains="%"), ["3"]),
            (RuleQuery(name_contains="_"), ["3"]),
            (RuleQuery(enabled=True, tag="fruit", name_contains="app"), ["2"]),
        ],
    )
    async def test_filter_and_sort(self, store: Store, query: RuleQuery, ids: list[str]) -> None:
        page = await store.find_rules(SPACE, query)
        assert [stored.rule.id for stored in page.rules] == ids
        assert page.total == len(ids)

    async def test_by_the_status_of_the_last_run(self, store: Store, make: Any) -> None:
        rule = make.rule(id="failing", name="Failing")
        assert await store.insert_rule(rule, Schedule(None, None), make.status("error"), None)
        page = await store.find_rules(SPACE, RuleQuery(execution_status="error"))
        assert ([stored.rule.id for stored in page.rules], page.total) == (["failing"], 1)
        assert (await store.find_rules(SPACE, RuleQuery(execution_status="pending", name_contains="fail"))).total == 0

    @pytest.mark.parametrize(
        ("offset", "limit", "ids"),
        [(0, 2, ["2", "3"]), (2, 2, ["1"]), (4, 2, []), (0, 0, []), (1, None, ["3", "1"])],
    )
    async def test_a_page_knows_the_total(self, store: Store, offset: int, limit: int | None, ids: list[str]) -> None:
        page = await store.find_rules(SPACE, RuleQuery(offset=offset, limit=limit))
        assert [stored.rule.id for stored in page.rules] == ids
        assert page.total == 3

    async def test_equals_keep_the_order_of_creation(self, store: Store, make: Any) -> None:
        for rule_id in ("z", "y"):
            await make.stored(id=rule_id, space="equals", name="same")
        page = await store.find_rules("equals", RuleQuery(sort="name"))
        assert [stored.rule.id for stored in page.rules] == ["y", "z"]

    async def test_intervals_are_those_of_enabled_rules_of_all_spaces(self, store: Store, make: Any) -> None:
        await make.stored(space="third", interval="7m")
        await make.stored(space="third", interval="9m", enabled=False)
        assert await store.rule_intervals() == {"1m": 3, "7m": 1}


class TestChanging:
    async def test_only_what_is_given_changes(self, store: Store, make: Any) -> None:
        key = await make.stored(next_run=5)
        before = (await store.load_rules([key]))[key]
        changed = replace(before.rule, name="other", tags=("new",), revision=1)
        assert await store.change_rule(RuleChange(changed, before.version))
        after = (await store.load_rules([key]))[key]
        assert after.rule == changed
        assert after.version == before.version + 1
        assert (after.schedule, after.status) == (before.schedule, before.status)
        assert (await store.find_rules(SPACE, RuleQuery(tag="new"))).total == 1

    async def test_tags_that_are_gone_are_not_found(self, store: Store, make: Any) -> None:
        key = await make.stored(tags=("old",))
        await store.change_rule(RuleChange(make.rule(id=key.id, tags=("new",)), 1))
        assert (await store.find_rules(SPACE, RuleQuery(tag="old"))).total == 0

    async def test_everything_given_changes_together(self, store: Store, make: Any) -> None:
        key = await make.stored()
        alert = make.alert()
        status = make.status("ok", at=make.at(3))
        schedule = Schedule(make.at(9), make.at(8), make.at(7), make.at(10))
        change = RuleChange(
            make.rule(id=key.id),
            1,
            schedule=schedule,
            status=status,
            state=make.state(alert),
            expected_state_version=1,
            traces=(UntrackTrace(make.trace(key).rule, make.at(3), ()),),
            audit=make.audit("update"),
        )
        assert await store.change_rule(change)
        stored = (await store.load_rules([key]))[key]
        assert (stored.schedule, stored.status) == (schedule, status)
        state = await store.load_state(key)
        assert state is not None
        assert list(state.state.active) == ["host-1"]
        assert len(await store.traces(SPACE)) == 1
        assert [entry.operation for entry in await store.audit(SPACE)] == ["update"]

    async def test_another_version_changes_nothing(self, store: Store, make: Any) -> None:
        key = await make.stored()
        change = RuleChange(
            make.rule(id=key.id, name="lost"),
            2,
            status=make.status("ok"),
            audit=make.audit(),
            traces=(make.trace(key),),
        )
        assert not await store.change_rule(change)
        stored = (await store.load_rules([key]))[key]
        assert stored.rule.name != "lost"
        assert stored.status.execution_status.status == "pending"
        assert await store.audit(SPACE) == []
        assert await store.traces(SPACE) == []

    async def test_another_state_version_changes_nothing(self, store: Store, make: Any) -> None:
        key = await make.stored()
        change = RuleChange(make.rule(id=key.id, name="lost"), 1, state=make.state(make.alert()))
        assert not await store.change_rule(replace(change, expected_state_version=2))
        assert (await store.load_rules([key]))[key].rule.name != "lost"
        assert await store.change_rule(replace(change, expected_state_version=1))

    async def test_an_unknown_rule_is_not_changed(self, store: Store, make: Any) -> None:
        assert not await store.change_rule(RuleChange(make.rule(), 1))

    async def test_disabling_takes_the_next_run_away(self, store: Store, make: Any) -> None:
        key = await make.stored(next_run=0)
        await store.change_rule(RuleChange(make.rule(id=key.id, enabled=False), 1))
        assert (await store.load_rules([key]))[key].schedule.next_run is None
        assert await store.claim_due(make.at(60), 10, "node", make.at(61)) == []
        assert await store.next_due() is None


class TestDeleting:
    async def test_history_outlives_the_rule(self, store: Store, make: Any) -> None:
        key = await make.stored()
        await make.queued(key, make.notification(key))
        trace = UntrackTrace(make.trace(key).rule, make.at(3), ())
        assert await store.delete_rule(key, [], [trace], make.audit("delete"))
        assert await store.load_rules([key]) == {}
        assert await store.load_state(key) is None
        assert await store.monitoring(key) == []
        assert (await store.find_rules(SPACE, RuleQuery())).total == 0
        assert len(await store.traces(SPACE)) == 2
        assert len(await store.notifications(SPACE)) == 1
        assert [entry.operation for entry in await store.audit(SPACE)] == ["delete"]

    async def test_its_active_documents_become_untracked(self, store: Store, make: Any) -> None:
        key = await make.stored()
        alert = make.alert()
        await store.commit_runs(
            [make.record(await make.claim(key), state=make.state(alert), new_documents=[make.new_document(alert)])]
        )
        await store.delete_rule(key, [UntrackedDocument(alert.uuid, make.at(3))], [], None)
        (document,) = await store.documents(SPACE)
        assert document["kibana.alert.status"] == "untracked"
        assert await store.alert_exists(key, alert.id)

    async def test_an_unknown_rule_is_not_deleted(self, store: Store, make: Any) -> None:
        assert not await store.delete_rule(RuleKey(SPACE, "unknown"), [], [], make.audit())
        assert await store.audit(SPACE) == []

    async def test_its_id_is_free_again_but_its_claims_are_void(self, store: Store, make: Any) -> None:
        key = await make.stored(id="phoenix")
        old = await make.claim(key)
        await store.delete_rule(key, [], [], None)
        await make.stored(id="phoenix")
        await make.claim(key)
        (outcome,) = await store.commit_runs([make.record(old)])
        assert outcome.value == "fenced"


async def test_the_state_of_a_new_rule_is_empty(store: Store, make: Any) -> None:
    key = await make.stored()
    state = await store.load_state(key)
    assert state is not None
    assert state.state == make.state()
    assert await store.load_state(RuleKey(SPACE, "unknown")) is None


async def test_the_newest_runs_are_those_of_all_spaces_with_failures_apart(store: Store, make: Any) -> None:
    assert await store.newest_runs() == NewestRuns()
    for at, space, reason in [(1, SPACE, ""), (2, "other", ""), (3, SPACE, "execute"), (4, "other", "execute")]:
        key = await make.stored(space=space)
        error = StatusReason(reason, "why") if reason else None
        status = RuleStatus(ExecutionStatus("error" if reason else "ok", make.at(at), error=error))
        await store.commit_runs([make.record(await make.claim(key), at, status=status)])
    newest = await store.newest_runs()
    assert newest == NewestRuns(ended=make.at(2), failed={"execute": make.at(4)})


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (None, ["a", "b", "c"]),
        ([], []),
        ([(".es-query", "alerts")], ["a"]),
        ([(".es-query", "logs"), (".geo", "alerts")], ["b", "c"]),
        ([(".geo", "logs")], []),
    ],
)
async def test_rules_are_found_by_pairs_of_type_and_consumer(
    store: Store, make: Any, kinds: list[tuple[str, str]] | None, expected: list[str]
) -> None:
    for rule_id, rule_type_id, consumer in (
        ("a", ".es-query", "alerts"),
        ("b", ".es-query", "logs"),
        ("c", ".geo", "alerts"),
    ):
        await make.stored(id=rule_id, rule_type_id=rule_type_id, consumer=consumer)
    page = await store.find_rules("default", RuleQuery(kinds=kinds))
    assert ([stored.rule.id for stored in page.rules], page.total) == (expected, len(expected))


V, W = Reference("index-pattern", "v"), Reference("index-pattern", "w")


async def test_rules_are_found_by_what_they_refer_to(store: Store, make: Any) -> None:
    async def found(reference: Reference, space: str = SPACE) -> list[str]:
        page = await store.find_rules(space, RuleQuery(refers_to=reference, sort="name"))
        assert page.total == len(page.rules)
        return [stored.rule.id for stored in page.rules]

    nowhen, status = Schedule(None, None), make.status()
    both, one, none = (make.rule(id=each, name=each) for each in ("both", "one", "none"))
    action = Action("a1", "v", ".slack", "query matched", {})
    await store.insert_rule(both, nowhen, status, None, (V, W, V))
    await store.insert_rule(replace(one, actions=(action,)), nowhen, status, None, (V,))
    await store.insert_rule(none, nowhen, status, None)
    await store.insert_rule(replace(one, space="other"), nowhen, status, None, (W,))
    assert [await found(each) for each in (V, W, Reference("action", "v"), Reference("case", "v"))] == [
        ["both", "one"],
        ["both"],
        ["one"],
        [],
    ]
    assert await found(W, "other") == ["one"]

    assert await store.change_rule(RuleChange(replace(both, tags=("new",)), 1))
    assert await found(W) == ["both"], "what a change does not say stays"
    assert await store.change_rule(RuleChange(both, 2, references=(V,)))
    assert (await found(V), await found(W)) == (["both", "one"], [])
    assert await store.change_rule(RuleChange(both, 3, references=()))
    assert await found(V) == ["one"]
    assert not await store.change_rule(RuleChange(both, 3, references=(W,)))
    assert await found(W) == []

    await store.delete_rule(RuleKey(SPACE, "one"), (), (), None)
    await store.insert_rule(one, nowhen, status, None)
    assert await found(V) == []
