"""Who watches the service at work: told of ticks, runs and deliveries as they happen, on the engine's loop."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from engine.ports.store import DeliveryReport
from engine.service.runs import RunReport
from engine.service.search_reports import SearchReport

_log = logging.getLogger("tocsin.service")


class Observer(Protocol):
    """Is told what happens. Must not take time: rules wait meanwhile."""

    def tick_began(self, at: datetime) -> None:
        """A tick has begun at that instant."""
        ...

    def tick_ended(self, error: BaseException | None) -> None:
        """A tick has ended; ``error`` is what it failed with."""
        ...

    def run_ended(self, report: RunReport) -> None:
        """A run has ended and was committed, or refused by the store."""
        ...

    def searched(self, report: SearchReport) -> None:
        """A search of a rule has ended."""
        ...

    def delivered(self, reports: Sequence[DeliveryReport]) -> None:
        """Attempts to deliver have ended and are recorded."""
        ...


class Observers:
    """All who watch. One that fails is told of in the log, and holds nothing up."""

    def __init__(self) -> None:
        self._all: list[Observer] = []

    def add(self, observer: Observer) -> None:
        """Let somebody watch from now on."""
        self._all.append(observer)

    def tick_began(self, at: datetime) -> None:
        self._tell(lambda observer: observer.tick_began(at))

    def tick_ended(self, error: BaseException | None) -> None:
        self._tell(lambda observer: observer.tick_ended(error))

    def run_ended(self, report: RunReport) -> None:
        self._tell(lambda observer: observer.run_ended(report))

    def searched(self, report: SearchReport) -> None:
        self._tell(lambda observer: observer.searched(report))

    def delivered(self, reports: Sequence[DeliveryReport]) -> None:
        self._tell(lambda observer: observer.delivered(reports))

    def _tell(self, tell: Callable[[Observer], None]) -> None:
        for observer in self._all:
            try:
                tell(observer)
            except Exception:  # noqa: BLE001 - whoever only watches must not stop what it watches
                _log.exception("an observer of the service failed")
