"""Leases of runs under way, lengthened for as long as they take: nobody else may claim their rules meanwhile."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from engine.model.errors import StoreUnavailable
from engine.ports.clock import Clock
from engine.ports.store import Claim, RuleKey, Store

_log = logging.getLogger("tocsin.service")

_RENEWALS_A_LEASE = 3


class LeaseRenewal:
    """Renews the leases of ``running()`` three times within their length, while there are any."""

    def __init__(self, store: Store, clock: Clock, lease_s: float, running: Callable[[], Sequence[Claim]]) -> None:
        self._store, self._clock, self._running = store, clock, running
        self._length = timedelta(seconds=lease_s)
        self._is_armed = False
        self._doubtful: set[tuple[RuleKey, int]] = set()
        self._renewing: set[asyncio.Task[None]] = set()

    def watch(self) -> None:
        """To be called when a run starts."""
        if not self._is_armed:
            self._is_armed = True
            self._clock.call_later(self._length.total_seconds() / _RENEWALS_A_LEASE, self._fire)

    def _fire(self) -> None:
        self._is_armed = False
        claims = self._running()
        if claims:
            self.watch()
            task = asyncio.create_task(self._renew(claims, self._clock.now() + self._length))
            self._renewing.add(task)
            task.add_done_callback(self._renewing.discard)

    async def _renew(self, claims: Sequence[Claim], until: datetime) -> None:
        try:
            kept = await self._store.renew_leases(claims, until)
        except StoreUnavailable as error:
            _log.warning("leases could not be renewed: %s", error)
            return
        running = {(claim.key, claim.fence) for claim in self._running()}
        refused = {(claim.key, claim.fence) for claim, is_kept in zip(claims, kept, strict=True) if not is_kept}
        # A run lets go of its lease by its commit, a few turns of the loop before it counts as ended: one that runs on
        # at the next renewal has lost it.
        for key, _ in refused & self._doubtful & running:
            _log.warning("the lease of rule [%s] was lost; what its run finds will not be stored", key.id)
        self._doubtful = refused & running
