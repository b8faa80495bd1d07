"""Alert documents: derived while active, final afterwards (rule-run.md 10)."""

from typing import Any

import pytest

from engine.ports.store import ClosedDocument, RuleChange, RuleKey, Store, UntrackedDocument

SPACE = "default"
NAME = "kibana.alert.rule.name"
STATUS = "kibana.alert.status"
RANGE = "kibana.alert.time_range"


@pytest.fixture
async def key(make: Any) -> RuleKey:
    return await make.stored()  # type: ignore[no-any-return]


async def commit(store: Store, make: Any, key: RuleKey, at: float, *alerts: Any, **members: Any) -> None:
    """A run after which exactly these alerts are active."""
    claim = await make.claim(key, at=at)
    await store.commit_runs([make.record(claim, at, state=make.state(*alerts), **members)])


async def test_an_active_document_joins_rule_fields_and_run_state(store: Store, make: Any, key: RuleKey) -> None:
    alert = make.alert(fields={STATUS: "active", "kibana.alert.duration.us": 0, RANGE: {"gte": "x"}})
    await commit(store, make, key, 0, alert, new_documents=[make.new_document(alert)])
    (document,) = await store.documents(SPACE)
    assert document == {
        NAME: "first",
        STATUS: "active",
        "kibana.alert.duration.us": 0,
        RANGE: {"gte": "x"},
        "kibana.alert.uuid": alert.uuid,
        "kibana.alert.instance.id": alert.id,
        "kibana.alert.start": "2026-01-01T00:00:00.000Z",
    }


async def test_it_follows_the_run_state(store: Store, make: Any, key: RuleKey) -> None:
    alert = make.alert()
    await commit(store, make, key, 0, alert, new_documents=[make.new_document(alert)])
    alert.fields = {STATUS: "active", "kibana.alert.duration.us": 60_000_000}
    await commit(store, make, key, 1, alert)
    (document,) = await store.documents(SPACE)
    assert document["kibana.alert.duration.us"] == 60_000_000


async def test_a_delayed_alert_has_no_document_but_exists(store: Store, make: Any, key: RuleKey) -> None:
    await commit(store, make, key, 0, make.alert("delayed", visible=False))
    assert await store.documents(SPACE) == []
    assert await store.alert_exists(key, "delayed")


async def test_refreshed_rule_fields_reach_the_active_documents_of_the_rule_only(
    store: Store, make: Any, key: RuleKey
) -> None:
    other = await make.stored()
    ended, active, stranger = make.alert("ended"), make.alert("active"), make.alert("stranger")
    await commit(store, make, other, 0, stranger, new_documents=[make.new_document(stranger)])
    new = [make.new_document(ended), make.new_document(active)]
    await commit(store, make, key, 0, ended, active, new_documents=new)
    closed = [ClosedDocument(ended.uuid, make.at(1), {STATUS: "recovered"})]
    await commit(store, make, key, 1, active, closed_documents=closed, refreshed_rule_fields={NAME: "second"})
    names = {document["kibana.alert.instance.id"]: document[NAME] for document in await store.documents(SPACE)}
    assert names == {"ended": "first", "active": "second", "stranger": "first"}


async def test_a_closed_document_is_final(store: Store, make: Any, key: RuleKey) -> None:
    alert = make.alert()
    await commit(store, make, key, 0, alert, new_documents=[make.new_document(alert)])
    final = {STATUS: "recovered", "kibana.alert.end": "e", "event.action": "close"}
    await commit(store, make, key, 1, closed_documents=[ClosedDocument(alert.uuid, make.at(1), final)])
    (before,) = await store.documents(SPACE, status="recovered")
    assert {name: before[name] for name in final} == final
    again = [ClosedDocument(alert.uuid, make.at(2), {STATUS: "recovered", "kibana.alert.end": "later"})]
    await commit(store, make, key, 2, closed_documents=again, refreshed_rule_fields={NAME: "second"})
    assert await store.documents(SPACE) == [before]


async def test_an_alert_may_come_and_go_in_one_run(store: Store, make: Any, key: RuleKey) -> None:
    alert = make.alert()
    closed = [ClosedDocument(alert.uuid, make.at(0), {STATUS: "recovered"})]
    await commit(store, make, key, 0, new_documents=[make.new_document(alert)], closed_documents=closed)
    (document,) = await store.documents(SPACE)
    assert document[STATUS] == "recovered"


async def test_ended_documents_of_many_rules_are_found_at_once(store: Store, make: Any, key: RuleKey) -> None:
    other, stranger = await make.stored(), await make.stored()
    for rule in (key, other, stranger):
        alerts = [make.alert(f"{rule.id}-{number}") for number in range(4)]
        new = [make.new_document(alert) for alert in alerts]
        closed = [ClosedDocument(alert.uuid, make.at(at), {}) for at, alert in enumerate(alerts[:3])]
        await commit(store, make, rule, 0, *alerts[3:], new_documents=new, closed_documents=closed)

    found = await store.ended_documents({key: make.at(0), other: make.at(1), RuleKey(SPACE, "unknown"): make.at(0)})

    ids = {rule: [each["kibana.alert.instance.id"] for each in documents] for rule, documents in found.items()}
    assert ids == {key: [f"{key.id}-1", f"{key.id}-2"], other: [f"{other.id}-2"]}
    assert found[key][0][NAME] == "first"
    assert await store.ended_documents({}) == {}


class TestUntracking:
    async def untrack(self, store: Store, make: Any, key: RuleKey, *uuids: str) -> None:
        change = RuleChange(
            make.rule(id=key.id),
            (await store.load_rules([key]))[key].version,
            state=make.state(),
            untracked=tuple(UntrackedDocument(uuid, make.at(5)) for uuid in uuids),
        )
        assert await store.change_rule(change)

    async def test_its_last_changing_part_is_kept(self, store: Store, make: Any, key: RuleKey) -> None:
        last = {STATUS: "active", "kibana.alert.action_group": "hot", RANGE: {"gte": "2026-01-01T00:00:00.000Z"}}
        alert = make.alert(fields=last)
        await commit(store, make, key, 0, alert, new_documents=[make.new_document(alert)])
        (before,) = await store.documents(SPACE)
        await self.untrack(store, make, key, alert.uuid)
        (document,) = await store.documents(SPACE, status="untracked")
        assert await store.ended_documents({key: make.at(4)}) == {key: [document]}
        end = "2026-01-01T00:05:00.000Z"
        assert document == before | {
            STATUS: "untracked",
            "kibana.alert.end": end,
            RANGE: {"gte": "2026-01-01T00:00:00.000Z", "lte": end},
        }

    async def test_it_stays_untracked(self, store: Store, make: Any, key: RuleKey) -> None:
        alert = make.alert()
        await commit(store, make, key, 0, alert, new_documents=[make.new_document(alert)])
        await self.untrack(store, make, key, alert.uuid)
        before = await store.documents(SPACE)
        closed = [ClosedDocument(alert.uuid, make.at(9), {STATUS: "recovered"})]
        await commit(store, make, key, 6, closed_documents=closed, refreshed_rule_fields={NAME: "second"})
        assert await store.documents(SPACE) == before

    async def test_the_rule_s_other_documents_stay_active(self, store: Store, make: Any, key: RuleKey) -> None:
        one, two = make.alert("one"), make.alert("two")
        await commit(store, make, key, 0, one, two, new_documents=[make.new_document(one), make.new_document(two)])
        await self.untrack(store, make, key, one.uuid)
        assert [document["kibana.alert.instance.id"] for document in await store.documents(SPACE, status="active")] == [
            "two"
        ]

    async def test_documents_of_other_rules_and_ended_ones_are_not_touched(
        self, store: Store, make: Any, key: RuleKey
    ) -> None:
        other = await make.stored()
        ended, stranger = make.alert("ended"), make.alert("stranger")
        await commit(store, make, other, 0, stranger, new_documents=[make.new_document(stranger)])
        closed = [ClosedDocument(ended.uuid, make.at(1), {STATUS: "recovered"})]
        await commit(store, make, key, 0, new_documents=[make.new_document(ended)], closed_documents=closed)
        before = await store.documents(SPACE)
        await self.untrack(store, make, key, ended.uuid, stranger.uuid, "unknown")
        assert await store.documents(SPACE) == before


class TestReading:
    @pytest.fixture(autouse=True)
    async def _documents(self, store: Store, make: Any) -> None:
        for number, (rule_id, space) in enumerate([("r1", SPACE), ("r2", SPACE), ("r1", "other")]):
            key = await make.stored(id=rule_id, space=space)
            alerts = [
                make.alert(f"{rule_id}-{name}", start=make.at(10 * position - number))
                for position, name in enumerate("abc")
            ]
            closed = [ClosedDocument(alerts[0].uuid, make.at(30), {STATUS: "recovered"})]
            new = [make.new_document(alert) for alert in alerts]
            await commit(store, make, key, 0, *alerts[1:], new_documents=new, closed_documents=closed)

    @pytest.mark.parametrize(
        ("query", "ids"),
        [
            ({}, ["r2-a", "r1-a", "r2-b", "r1-b", "r2-c", "r1-c"]),
            ({"limit": 3}, ["r1-b", "r2-c", "r1-c"]),
            ({"limit": 0}, []),
            ({"rule_id": "r1"}, ["r1-a", "r1-b", "r1-c"]),
            ({"rule_id": "r1", "limit": 1}, ["r1-c"]),
            ({"rule_id": "unknown"}, []),
            ({"alert_ids": ["r1-b", "r2-c", "unknown"]}, ["r1-b", "r2-c"]),
            ({"alert_ids": []}, []),
            ({"status": "recovered"}, ["r2-a", "r1-a"]),
            ({"status": "active", "rule_id": "r2"}, ["r2-b", "r2-c"]),
            ({"status": "untracked"}, []),
        ],
    )
    async def test_filters_and_order(self, store: Store, query: dict[str, Any], ids: list[str]) -> None:
        assert [document["kibana.alert.instance.id"] for document in await store.documents(SPACE, **query)] == ids

    async def test_more_alert_ids_than_a_statement_usually_takes(self, store: Store) -> None:
        wanted = [f"unknown-{number}" for number in range(5000)] + ["r1-a"]
        assert len(await store.documents(SPACE, alert_ids=wanted)) == 1

    async def test_an_alert_exists_if_it_is_tracked_or_was_recorded(self, store: Store) -> None:
        assert await store.alert_exists(RuleKey(SPACE, "r1"), "r1-a")
        assert await store.alert_exists(RuleKey(SPACE, "r1"), "r1-b")
        assert not await store.alert_exists(RuleKey(SPACE, "r1"), "r2-a")
        assert not await store.alert_exists(RuleKey(SPACE, "unknown"), "r1-a")


async def test_a_recovered_alert_that_is_remembered_exists(store: Store, make: Any, key: RuleKey) -> None:
    state = make.state()
    state.recovered["old"] = make.alert("old")
    await store.commit_runs([make.record(await make.claim(key), state=state)])
    assert await store.alert_exists(key, "old")
