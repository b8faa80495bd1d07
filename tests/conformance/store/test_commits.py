"""Committing groups of runs: everything of a run or nothing, and only under the claim it ran under."""

import logging
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from engine.model.notification import LedgerEntry
from engine.model.outcome import (
    AlertsCount,
    ExecutionStatus,
    LastRun,
    LastRunMetrics,
    MonitoringEntry,
    RuleStatus,
    Schedule,
    StatusReason,
)
from engine.ports.store import ClosedDocument, CommitOutcome, RuleChange, RuleKey, Store

SPACE = "default"


async def what_runs_left(store: Store, key: RuleKey) -> dict[str, Any]:
    """Everything that a commit may change."""
    stored = (await store.load_rules([key])).get(key)
    return {
        "status": stored and stored.status.execution_status,
        "schedule": stored and stored.schedule,
        "state": await store.load_state(key),
        "monitoring": await store.monitoring(key),
        "documents": await store.documents(SPACE),
        "traces": await store.traces(SPACE),
        "ledger": await store.ledger(SPACE),
        "notifications": await store.notifications(SPACE),
    }


def full_record(make: Any, claim: Any, at: float = 0) -> Any:
    """A record with one of everything."""
    alert = make.alert()
    return make.record(
        claim,
        at,
        state=make.state(alert),
        new_documents=[make.new_document(alert)],
        ledger=[LedgerEntry("action", "notified", (alert.id,))],
        notifications=[make.notification(claim.key)],
    )


async def test_a_run_leaves_what_its_record_says(store: Store, make: Any) -> None:
    key = await make.stored(next_run=0)
    status = RuleStatus(
        ExecutionStatus("warning", make.at(2), 55, None, StatusReason("maxAlerts", "too many")),
        LastRun("warning", "maxAlerts", ("too many",), AlertsCount(5, 3, 2, 1)),
        LastRunMetrics(make.at(2), 55, 40, 5, 3),
    )
    schedule = Schedule(make.at(3), make.at(0), make.at(2), make.at(4), is_next_run_hidden=True)
    record = full_record(make, await make.claim(key))
    record.status, record.schedule = status, schedule
    assert await store.commit_runs([record]) == [CommitOutcome.COMMITTED]
    stored = (await store.load_rules([key]))[key]
    assert (stored.status, stored.schedule) == (status, schedule)
    left = await what_runs_left(store, key)
    assert left["state"].state == record.state
    assert left["monitoring"] == [record.monitoring]
    assert left["traces"] == [record.trace]
    assert [run.entries for run in left["ledger"]] == [tuple(record.ledger)]
    assert [stored.notification for stored in left["notifications"]] == record.notifications
    assert len(left["documents"]) == 1


async def test_runs_of_a_group_are_judged_one_by_one(store: Store, make: Any) -> None:
    good, fenced, gone, changed = [await make.claim(await make.stored(), lease=5) for _ in range(4)]
    await make.claim(fenced.key, at=5)
    await store.delete_rule(gone.key, [], [], None)
    await store.change_rule(RuleChange(make.rule(id=changed.key.id), 1, state=make.state()))
    outcomes = await store.commit_runs([make.record(claim) for claim in (fenced, gone, good, changed)])
    assert outcomes == [
        CommitOutcome.FENCED,
        CommitOutcome.GONE,
        CommitOutcome.COMMITTED,
        CommitOutcome.STATE_CHANGED,
    ]
    assert [trace.rule.id for trace in await store.traces(SPACE)] == [good.key.id]


async def test_an_empty_group(store: Store) -> None:
    assert await store.commit_runs([]) == []


async def test_a_loser_leaves_nothing(store: Store, make: Any) -> None:
    key = await make.stored()
    old = await make.claim(key, at=0, lease=1)
    await make.claim(key, at=1)
    before = await what_runs_left(store, key)
    assert await store.commit_runs([full_record(make, old)]) == [CommitOutcome.FENCED]
    assert await what_runs_left(store, key) == before


async def test_an_ended_lease_that_nobody_took_still_commits(store: Store, make: Any) -> None:
    claim = await make.claim(await make.stored(), at=0, lease=1)
    assert await store.commit_runs([make.record(claim, at=60)]) == [CommitOutcome.COMMITTED]


async def test_a_run_commits_once(store: Store, make: Any) -> None:
    claim = await make.claim(await make.stored())
    assert await store.commit_runs([make.record(claim), make.record(claim)]) == [
        CommitOutcome.COMMITTED,
        CommitOutcome.FENCED,
    ]
    assert await store.commit_runs([make.record(claim)]) == [CommitOutcome.FENCED]
    assert len(await store.traces(SPACE)) == 1


async def test_a_committed_rule_can_be_claimed_at_once(store: Store, make: Any) -> None:
    claim = await make.claim(await make.stored())
    await store.commit_runs([make.record(claim, at=0)])
    (again,) = await store.claim_due(make.at(1), 10, "node", make.at(9))
    assert again.fence > claim.fence


async def test_the_next_claim_sees_the_state(store: Store, make: Any) -> None:
    claim = await make.claim(await make.stored())
    state = make.state(make.alert(), type_state={"cursor": 1})
    await store.commit_runs([make.record(claim, state=state)])
    again = await make.claim(claim.key, at=1)
    assert again.state == state
    assert again.state_version > claim.state_version


class TestFailedRun:
    async def test_it_leaves_state_and_documents_alone(self, store: Store, make: Any) -> None:
        key = await make.stored()
        await store.commit_runs([full_record(make, await make.claim(key))])
        before = await what_runs_left(store, key)
        failed = make.record(await make.claim(key, at=1), at=1, state=None, status=make.status("error"))
        assert await store.commit_runs([failed]) == [CommitOutcome.COMMITTED]
        after = await what_runs_left(store, key)
        assert (after["state"], after["documents"]) == (before["state"], before["documents"])
        assert after["status"].status == "error"
        assert len(after["traces"]) == 2

    async def test_a_changed_state_does_not_matter_to_it(self, store: Store, make: Any) -> None:
        claim = await make.claim(await make.stored())
        await store.change_rule(RuleChange(make.rule(id=claim.key.id), 1, state=make.state()))
        assert await store.commit_runs([make.record(claim, state=None)]) == [CommitOutcome.COMMITTED]

    async def test_a_run_without_a_monitoring_entry_adds_none(self, store: Store, make: Any) -> None:
        claim = await make.claim(await make.stored())
        await store.commit_runs([make.record(claim, monitoring=None)])
        assert await store.monitoring(claim.key) == []


class TestUserWasFaster:
    async def test_a_changed_state_is_reloaded_and_tried_again(self, store: Store, make: Any) -> None:
        claim = await make.claim(await make.stored())
        await store.change_rule(RuleChange(make.rule(id=claim.key.id), 1, state=make.state(type_state={"by": "user"})))
        assert await store.commit_runs([make.record(claim)]) == [CommitOutcome.STATE_CHANGED]
        stored = await store.load_state(claim.key)
        assert stored is not None
        again = make.changed(claim, state=stored.state, state_version=stored.version)
        assert await store.commit_runs([make.record(again)]) == [CommitOutcome.COMMITTED]

    async def test_a_changed_schedule_is_kept(self, store: Store, make: Any) -> None:
        claim = await make.claim(await make.stored())
        schedule = Schedule(make.at(77), make.at(70), make.at(60), make.at(78))
        await store.change_rule(RuleChange(make.rule(id=claim.key.id), 1, schedule=schedule))
        assert await store.commit_runs([make.record(claim)]) == [CommitOutcome.COMMITTED]
        stored = (await store.load_rules([claim.key]))[claim.key]
        assert stored.schedule == schedule
        assert stored.status.execution_status.status == "ok"

    async def test_a_change_without_schedule_does_not_keep_the_run_from_writing_its_own(
        self, store: Store, make: Any
    ) -> None:
        claim = await make.claim(await make.stored())
        await store.change_rule(RuleChange(make.rule(id=claim.key.id, name="other"), 1))
        await store.commit_runs([make.record(claim, at=5)])
        stored = (await store.load_rules([claim.key]))[claim.key]
        assert (stored.rule.name, stored.schedule.next_run) == ("other", make.at(6))

    @pytest.mark.parametrize("schedule", [None, Schedule(None, None)])
    async def test_a_rule_that_was_disabled_is_not_scheduled(
        self, store: Store, make: Any, schedule: Schedule | None
    ) -> None:
        claim = await make.claim(await make.stored())
        change = RuleChange(make.rule(id=claim.key.id, enabled=False), 1, schedule=schedule)
        await store.change_rule(change)
        assert await store.commit_runs([make.record(claim)]) == [CommitOutcome.COMMITTED]
        assert (await store.load_rules([claim.key]))[claim.key].schedule.next_run is None
        assert await store.next_due() is None

    async def test_a_disabled_rule_that_is_run_once_is_not_scheduled(self, store: Store, make: Any) -> None:
        claim = await make.claim(await make.stored(enabled=False))
        await store.commit_runs([make.record(claim)])
        assert await store.next_due() is None


class TestAfterTimeOut:
    async def test_what_is_published_late_leaves_status_and_schedule_alone(self, store: Store, make: Any) -> None:
        claim = await make.claim(await make.stored())
        await store.commit_runs([make.record(claim, state=None, status=make.status("error"))])
        before = (await store.load_rules([claim.key]))[claim.key]
        late = make.record(
            claim, at=9, state=None, monitoring=None, is_status_kept=True, notifications=[make.notification(claim.key)]
        )
        assert await store.commit_runs([late]) == [CommitOutcome.COMMITTED]
        assert (await store.load_rules([claim.key]))[claim.key] == before
        assert len(await store.traces(SPACE)) == 2
        assert len(await store.notifications(SPACE)) == 1

    async def test_documents_published_late_carry_their_own_changing_part(self, store: Store, make: Any) -> None:
        claim = await make.claim(await make.stored())
        await store.commit_runs([make.record(claim, state=None)])
        document = make.new_document(make.alert(), document={"kibana.alert.reason": "late"})
        late = make.record(claim, state=None, monitoring=None, is_status_kept=True, new_documents=[document])
        assert await store.commit_runs([late]) == [CommitOutcome.COMMITTED]
        (published,) = await store.documents(SPACE, status="active")
        assert published["kibana.alert.reason"] == "late"

    async def test_it_is_refused_once_a_user_changed_the_state(self, store: Store, make: Any) -> None:
        claim = await make.claim(await make.stored())
        await store.commit_runs([make.record(claim, state=None)])
        await store.change_rule(RuleChange(make.rule(id=claim.key.id), 1, state=make.state()))
        late = make.record(claim, state=None, monitoring=None, is_status_kept=True)
        assert await store.commit_runs([late]) == [CommitOutcome.STATE_CHANGED]

    async def test_it_is_too_late_when_the_rule_runs_again(self, store: Store, make: Any) -> None:
        claim = await make.claim(await make.stored())
        await store.commit_runs([make.record(claim)])
        await make.claim(claim.key, at=1)
        late = make.record(claim, at=9, state=None, is_status_kept=True)
        assert await store.commit_runs([late]) == [CommitOutcome.FENCED]


class TestPoisonedRecord:
    @pytest.mark.parametrize(
        "poison",
        [{"cursor": datetime(2026, 1, 1)}, {"cursor": {1, 2}}, {"cursor": 2**70}, {"cursor": "\ud800"}],  # noqa: DTZ001
        ids=["instant", "set", "huge number", "lone surrogate"],
    )
    async def test_it_fails_alone(self, store: Store, make: Any, poison: Any, caplog: pytest.LogCaptureFixture) -> None:
        claims = [await make.claim(await make.stored()) for _ in range(3)]
        records = [full_record(make, claim) for claim in claims]
        records[1].state.type_state = poison
        before = await what_runs_left(store, claims[1].key)
        with caplog.at_level(logging.ERROR):
            outcomes = await store.commit_runs(records)
        assert outcomes == [CommitOutcome.COMMITTED, CommitOutcome.REFUSED, CommitOutcome.COMMITTED]
        assert claims[1].key.id in caplog.text
        after = await what_runs_left(store, claims[1].key)
        assert (after["state"], after["monitoring"]) == (before["state"], before["monitoring"])
        assert [trace.rule.id for trace in after["traces"]] == [claims[0].key.id, claims[2].key.id]

    async def test_what_the_database_does_not_take_fails_alone(self, store: Store, make: Any) -> None:
        claims = [await make.claim(await make.stored()) for _ in range(2)]
        records = [make.record(claim) for claim in claims]
        records[1].monitoring = MonitoringEntry(make.at(), True, 2**64)
        assert await store.commit_runs(records) == [CommitOutcome.COMMITTED, CommitOutcome.REFUSED]

    async def test_a_refused_run_may_commit_another_record(self, store: Store, make: Any) -> None:
        claim = await make.claim(await make.stored())
        assert await store.commit_runs([make.record(claim, state=make.state(type_state={"x": object()}))]) == [
            CommitOutcome.REFUSED
        ]
        assert await store.commit_runs([make.record(claim, state=None)]) == [CommitOutcome.COMMITTED]


class TestMonitoring:
    async def test_the_newest_200_runs_oldest_first(self, store: Store, make: Any) -> None:
        key = await make.stored()
        for minute in range(203):
            entry = MonitoringEntry(make.at(minute), minute % 3 == 0, None if minute % 5 == 0 else minute)
            await store.commit_runs([make.record(await make.claim(key, at=minute), minute, monitoring=entry)])
            if minute == 1:
                assert [entry.timestamp for entry in await store.monitoring(key)] == [make.at(0), make.at(1)]
        history = await store.monitoring(key)
        assert [entry.timestamp for entry in history] == [make.at(minute) for minute in range(3, 203)]
        assert history[0] == MonitoringEntry(make.at(3), True, 3)
        assert history[2].duration_ms is None

    async def test_each_rule_has_its_own(self, store: Store, make: Any) -> None:
        first, second = await make.stored(), await make.stored()
        await store.commit_runs(
            [make.record(await make.claim(first), at=1), make.record(await make.claim(second), at=2)]
        )
        assert [entry.timestamp for entry in await store.monitoring(first)] == [make.at(1)]
        assert [entry.timestamp for entry in await store.monitoring(second)] == [make.at(2)]
        assert await store.monitoring(RuleKey("other", first.id)) == []


async def test_a_group_may_span_spaces(store: Store, make: Any) -> None:
    claims = [await make.claim(await make.stored(id="same", space=space)) for space in ("a", "b")]
    records = [make.record(claim, at=minute) for minute, claim in enumerate(claims, start=1)]
    assert await store.commit_runs(records) == [CommitOutcome.COMMITTED] * 2
    assert [trace.started_at for trace in await store.traces("b")] == [make.at(2)]


async def test_closing_an_unknown_document_harms_nothing(store: Store, make: Any) -> None:
    claim = await make.claim(await make.stored())
    record = replace(make.record(claim), closed_documents=[ClosedDocument("unknown", make.at(1), {})])
    assert await store.commit_runs([record]) == [CommitOutcome.COMMITTED]
    assert await store.documents(SPACE) == []
