"""Runs that finish together are committed together; a store that fails leaves nobody waiting."""

import asyncio

import pytest

from engine.model.errors import StoreUnavailable
from engine.ports.store import CommitOutcome
from engine.service.group_commit import LARGEST_GROUP, GroupCommit


class Recording:
    """A store that keeps the groups it is given; records are numbers."""

    def __init__(self):
        self.groups, self.error, self.gate = [], None, None
        self.has_begun = asyncio.Event()

    async def commit_runs(self, records):
        self.groups.append(list(records))
        self.has_begun.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        return [CommitOutcome.FENCED if record % 2 else CommitOutcome.COMMITTED for record in records]


@pytest.fixture
def store():
    return Recording()


async def test_each_run_gets_its_own_outcome(store):
    committer = GroupCommit(store)
    outcomes = await asyncio.gather(*(committer.commit(number) for number in range(3)))
    assert outcomes == [CommitOutcome.COMMITTED, CommitOutcome.FENCED, CommitOutcome.COMMITTED]
    assert store.groups == [[0, 1, 2]]


async def test_large_groups_are_cut(store):
    committer = GroupCommit(store)
    await asyncio.gather(*(committer.commit(number) for number in range(LARGEST_GROUP + 1)))
    assert [len(group) for group in store.groups] == [LARGEST_GROUP, 1]


async def test_what_finishes_during_a_commit_goes_into_the_next(store):
    committer, store.gate = GroupCommit(store), asyncio.Event()
    first = asyncio.create_task(committer.commit(0))
    await store.has_begun.wait()
    second = asyncio.create_task(committer.commit(2))
    await asyncio.sleep(0)
    store.gate.set()
    await asyncio.gather(first, second)
    assert store.groups == [[0], [2]]


async def test_a_failing_store_fails_every_run_of_the_group_and_not_the_next(store):
    committer, store.error = GroupCommit(store), StoreUnavailable("disk full")
    failed = await asyncio.gather(*(committer.commit(number) for number in (0, 2)), return_exceptions=True)
    assert [str(error) for error in failed] == ["disk full", "disk full"]
    store.error = None
    assert await committer.commit(4) is CommitOutcome.COMMITTED


async def test_a_run_that_was_given_up_before_its_commit_is_left_out(store):
    committer = GroupCommit(store)
    given_up, kept = asyncio.create_task(committer.commit(0)), asyncio.create_task(committer.commit(2))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await kept is CommitOutcome.COMMITTED
    assert store.groups == [[2]]


async def test_nothing_is_committed_when_all_were_given_up(store):
    committer = GroupCommit(store)
    given_up = asyncio.create_task(committer.commit(0))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.wait([given_up])
    await asyncio.sleep(0)
    assert store.groups == []
    assert await committer.commit(2) is CommitOutcome.COMMITTED
