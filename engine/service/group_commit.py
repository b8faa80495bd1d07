"""Commits of finished runs, gathered into groups: a run waits for no other, yet runs that finish together share one."""

import asyncio
from collections.abc import Sequence

from engine.ports.store import CommitOutcome, RunRecord, Store

LARGEST_GROUP = 100
"""Runs in one transaction: a commit of 100 holds the loop for 5-8 ms (MEASUREMENTS, GIL convoy)."""


class GroupCommit:
    """Gathers records until the event loop has run everything that is ready, then commits them.

    That takes no waiting: whatever is ready now was scheduled before the task that commits. To wait another turn would
    make groups no larger, and the commit twice as late.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[tuple[RunRecord, asyncio.Future[CommitOutcome]]] = []
        self._flushing: asyncio.Task[None] | None = None

    async def commit(self, record: RunRecord) -> CommitOutcome:
        """Commit one run's record in the next group."""
        future: asyncio.Future[CommitOutcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((record, future))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return await future

    async def _flush(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:LARGEST_GROUP], self._waiting[LARGEST_GROUP:]
                # A run that was given up must not be committed after its rule was handed back.
                await self._commit_group([(record, future) for record, future in group if not future.done()])
        finally:
            self._flushing = None

    async def _commit_group(self, group: Sequence[tuple[RunRecord, asyncio.Future[CommitOutcome]]]) -> None:
        if not group:
            return
        try:
            outcomes = await self._store.commit_runs([record for record, _ in group])
        except Exception as error:  # noqa: BLE001 - every waiting run gets it, none is left hanging
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), outcome in zip(group, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)
