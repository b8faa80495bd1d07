"""Leases of runs under way: who keeps them, and when one counts as lost."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from engine.ports.store import Claim, RuleKey
from engine.service.clocks import ManualClock
from engine.service.lease_renewal import LeaseRenewal


class Leases:
    """The renewals that a store was asked for; those of ``lost`` rules are refused."""

    def __init__(self) -> None:
        self.lost: set[str] = set()
        self.asked: list[tuple[list[str], datetime]] = []

    async def renew_leases(self, claims: Sequence[Claim], until: datetime) -> list[bool]:
        self.asked.append(([claim.key.id for claim in claims], until))
        return [claim.key.id not in self.lost for claim in claims]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock("2024-01-01T12:00:00Z")


@pytest.fixture
def leases() -> Leases:
    return Leases()


@pytest.fixture
def running(clock: ManualClock, leases: Leases) -> list[Any]:
    """What runs; its leases of a minute are watched."""
    running: list[Any] = [SimpleNamespace(key=RuleKey("default", name), fence=1) for name in ("a", "b")]
    store: Any = leases
    LeaseRenewal(store, clock, 60, lambda: list(running)).watch()
    return running


async def pass_a_third(clock: ManualClock) -> None:
    clock.advance(timedelta(seconds=20))
    for _ in range(5):
        await asyncio.sleep(0)  # the renewal is a task of its own


async def test_leases_are_renewed_three_times_within_their_length_while_anything_runs(
    clock: ManualClock, leases: Leases, running: list[Any]
) -> None:
    start = clock.now()
    for _ in range(2):
        await pass_a_third(clock)
    running.clear()
    for _ in range(3):
        await pass_a_third(clock)
    assert leases.asked == [(["a", "b"], start + timedelta(seconds=seconds)) for seconds in (80, 100)]


async def test_a_run_that_was_just_committed_has_lost_nothing(
    clock: ManualClock, leases: Leases, running: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    leases.lost = {"a"}  # its commit let go of it, and it is about to end
    await pass_a_third(clock)
    running[0] = SimpleNamespace(key=running[0].key, fence=2)  # and runs again
    leases.lost = set()
    await pass_a_third(clock)
    assert caplog.messages == []


async def test_one_that_runs_on_without_its_lease_is_told(
    clock: ManualClock, leases: Leases, running: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    leases.lost = {"b"}
    await pass_a_third(clock)
    await pass_a_third(clock)
    assert caplog.messages == ["the lease of rule [b] was lost; what its run finds will not be stored"]
