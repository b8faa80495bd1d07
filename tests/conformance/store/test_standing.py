"""What a store says that it holds."""

from typing import Any

from engine.model.outcome import AlertsCount, ExecutionStatus, LastRun, RuleStatus
from engine.ports.store import Standing, Store


async def test_an_empty_store_counts_nothing(store: Store) -> None:
    assert await store.standing() == Standing()


async def test_rules_of_all_spaces_are_counted_by_state(store: Store, make: Any) -> None:
    for space, enabled, status in [
        ("default", True, "ok"),
        ("other", True, "ok"),
        ("other", True, "error"),
        ("default", False, "ok"),
    ]:
        key = await make.stored(space=space, enabled=enabled)
        ended = RuleStatus(ExecutionStatus(status, make.at(1)))  # type: ignore[arg-type]
        await store.commit_runs([make.record(await make.claim(key), 1, status=ended)])
    await make.stored()
    assert (await store.standing()).rules == {"ok": 2, "error": 1, "disabled": 1, "pending": 1}


async def test_notifications_are_counted_while_they_are_on_their_way_and_when_dead(store: Store, make: Any) -> None:
    key = await make.stored()
    waiting = [make.notification(key, minute) for minute in (3, 2, 1)]
    await make.queued(key, *waiting, make.notification(key, 0, dry=True))
    assert (await store.standing()).oldest_queued == make.at(1)
    oldest, second = await make.sending(at=9, limit=2)
    await store.finish_notifications([make.report(oldest, "dead"), make.report(second, "delivered")])
    standing = await store.standing()
    assert (standing.queued, standing.oldest_queued, standing.dead) == (1, make.at(3), 1)


async def test_active_alerts_are_those_of_enabled_rules(store: Store, make: Any) -> None:
    for is_enabled, alerts in [(True, 2), (True, 3), (False, 4)]:
        key = await make.stored(enabled=is_enabled)
        run = LastRun("succeeded", alerts_count=AlertsCount(active=alerts))
        ended = RuleStatus(ExecutionStatus("active", make.at(1)), run)
        await store.commit_runs([make.record(await make.claim(key), 1, status=ended)])
    assert (await store.standing()).active_alerts == 5
