"""What a mirror of the alert documents is given: first a copy, then what changed, and after a gap a copy again."""

from dataclasses import replace
from typing import Any

import pytest

from engine.model.errors import StoreUnavailable
from engine.model.settings import RetentionSettings
from engine.model.trace import AlertMention, UntrackTrace
from engine.ports.store import ClosedDocument, MirrorPlace, RuleChange, RuleKey, Store, UntrackedDocument

STATUS = "kibana.alert.status"
UUID = "kibana.alert.uuid"
SPACE = "kibana.space_ids"


def mention(alert: Any) -> AlertMention:
    return AlertMention(alert.id, alert.uuid, "query matched", False, alert.start, 0)


async def run(
    store: Store, make: Any, key: RuleKey, at: float, *alerts: Any, ended: Any = None, **members: Any
) -> None:
    """A run after which these alerts are active; ``ended`` has recovered, ``new`` ones get a document."""
    claim = await make.claim(key, at=at)
    new = members.pop("new", ())
    trace = {"new": tuple(map(mention, new)), "active": tuple(map(mention, alerts))}
    closed = []
    if ended is not None:
        trace["recovered"] = (mention(ended),)
        closed = [ClosedDocument(ended.uuid, make.at(at), {STATUS: "recovered", UUID: ended.uuid})]
    record = make.record(
        claim,
        at,
        state=make.state(*alerts),
        new_documents=[make.new_document(alert) for alert in new],
        closed_documents=closed,
        trace=members.pop("trace", None) or make.trace(key, at, **trace),
    )
    await store.commit_runs([record])


async def follow(
    store: Store, place: MirrorPlace | None, limit: int = 100
) -> tuple[list[tuple[str, str]], MirrorPlace]:
    """Uuid and status of everything that a mirror lacks, and its place then."""
    seen = []
    while True:
        changes = await store.document_changes(place, limit)
        seen += [(document[UUID], document[STATUS]) for document in changes.documents]
        place = changes.place
        if changes.is_last:
            return seen, place


@pytest.fixture
async def key(make: Any) -> RuleKey:
    return await make.stored()  # type: ignore[no-any-return]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_at_first_everything_is_copied(store: Store, make: Any, key: RuleKey, limit: int) -> None:
    a, b, c = make.alert("a"), make.alert("b"), make.alert("c")
    await run(store, make, key, 0, a, b, c, new=(a, b, c))
    await run(store, make, key, 1, a, c, ended=b)
    seen, place = await follow(store, None, limit)
    assert seen == [(a.uuid, "active"), (b.uuid, "recovered"), (c.uuid, "active")]
    assert place.copied is None
    assert await follow(store, place, limit) == ([], place)


async def test_an_empty_store_has_nothing_to_copy(store: Store, make: Any, key: RuleKey) -> None:
    seen, place = await follow(store, None)
    assert seen == []
    a = make.alert("a")
    await run(store, make, key, 0, a, new=(a,))
    assert (await follow(store, place))[0] == [(a.uuid, "active")]


async def test_then_what_a_run_changed_once_and_as_it_is_now(store: Store, make: Any, key: RuleKey) -> None:
    a, b, other = make.alert("a"), make.alert("b"), make.alert("other")
    elsewhere = await make.stored(space="elsewhere")
    await run(store, make, key, 0, a, b, new=(a, b))
    await run(store, make, elsewhere, 0, other, new=(other,))
    _, place = await follow(store, None)
    await run(store, make, key, 1, a, b)
    await run(store, make, key, 2, b, ended=a)
    await run(store, make, await make.stored(), 2)
    seen, place = await follow(store, place)
    assert sorted(seen) == sorted([(a.uuid, "recovered"), (b.uuid, "active")])
    assert (await follow(store, place))[0] == []


async def test_alerts_of_types_that_do_not_recover_by_themselves_are_seen(
    store: Store, make: Any, key: RuleKey
) -> None:
    a = make.alert("a")
    _, place = await follow(store, None)
    trace = make.trace(key, 0, metrics={"alert_counts.active": 1})
    await run(store, make, key, 0, a, new=(a,), trace=trace)
    assert (await follow(store, place))[0] == [(a.uuid, "active")]


async def test_what_users_untracked_is_seen(store: Store, make: Any, key: RuleKey) -> None:
    a, b = make.alert("a"), make.alert("b")
    await run(store, make, key, 0, a, b, new=(a, b))
    _, place = await follow(store, None)
    stored = (await store.load_rules([key]))[key]
    state = await store.load_state(key)
    assert state is not None
    trace = UntrackTrace(make.trace(key).rule, make.at(1), (mention(a),))
    change = RuleChange(
        stored.rule,
        stored.version,
        state=make.state(b),
        expected_state_version=state.version,
        untracked=(UntrackedDocument(a.uuid, make.at(1)),),
        traces=(trace,),
    )
    assert await store.change_rule(change)
    seen, place = await follow(store, place)
    assert seen == [(a.uuid, "untracked")]
    trace = replace(trace, alerts=(mention(b),))
    assert await store.delete_rule(key, (UntrackedDocument(b.uuid, make.at(2)),), (trace,), None)
    assert (await follow(store, place))[0] == [(b.uuid, "untracked")]


async def test_long_histories_come_in_steps(store: Store, make: Any, key: RuleKey) -> None:
    a = make.alert("a")
    await run(store, make, key, 0, a, new=(a,))
    _, place = await follow(store, None)
    for minute in range(1, 6):
        b = make.alert("b")
        await run(store, make, key, minute, a, b, new=(b,))
    changes = await store.document_changes(place, 2)
    assert not changes.is_last
    assert len(changes.documents) == 2
    assert place.change < changes.place.change
    seen, _ = await follow(store, changes.place, 2)
    assert len({uuid for uuid, _ in seen}) == 5


async def test_history_that_retention_took_away_unseen_means_a_new_copy(store: Store, make: Any, key: RuleKey) -> None:
    a, b = make.alert("a"), make.alert("b")
    await run(store, make, key, 0, a, b, new=(a, b))
    _, place = await follow(store, None)
    await run(store, make, key, 1, a, ended=b)
    await run(store, make, key, 60 * 24 * 2, a)
    await store.apply_retention(make.at(60 * 24 * 2), RetentionSettings(events_days=1))
    seen, place = await follow(store, place)
    assert seen == [(a.uuid, "active"), (b.uuid, "recovered")]
    assert (await follow(store, place))[0] == []


async def test_seen_history_may_be_taken_away(store: Store, make: Any, key: RuleKey) -> None:
    a, b = make.alert("a"), make.alert("b")
    await run(store, make, key, 0, a, b, new=(a, b))
    _, place = await follow(store, None)
    await run(store, make, key, 60 * 24 * 2, a, ended=b)
    await store.apply_retention(make.at(60 * 24 * 2), RetentionSettings(events_days=1))
    assert len((await follow(store, place))[0]) == 2
    await run(store, make, key, 60 * 24 * 2 + 1, a)


async def test_a_store_that_is_behind_its_mirror_is_copied(store: Store, make: Any, key: RuleKey) -> None:
    a = make.alert("a")
    await run(store, make, key, 0, a, new=(a,))
    seen, place = await follow(store, MirrorPlace(1000))
    assert seen == [(a.uuid, "active")]
    assert place.change < 1000


async def test_places_are_remembered_by_name(store: Store) -> None:
    assert await store.mirror_place("alerts") is None
    await store.put_mirror_place("alerts", MirrorPlace(7, 3))
    await store.put_mirror_place("others", MirrorPlace(9))
    assert await store.mirror_place("alerts") == MirrorPlace(7, 3)
    await store.put_mirror_place("alerts", MirrorPlace(8))
    assert await store.mirror_place("alerts") == MirrorPlace(8)
    await store.put_mirror_place("alerts", None)
    assert await store.mirror_place("alerts") is None
    assert await store.mirror_place("others") == MirrorPlace(9)
    await store.close()
    with pytest.raises(StoreUnavailable):
        await store.mirror_place("alerts")
