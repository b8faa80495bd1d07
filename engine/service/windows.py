"""Maintenance windows as runs need them: read when some were changed, prepared once (snooze-and-recurrence.md 6.4)."""

import logging
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from engine.model.errors import TocsinError
from engine.model.maintenance_window import MaintenanceWindow
from engine.ports.store import Store, StoredWindow
from engine.query.alert_scope import compile_scope
from engine.run.windows import RunningWindow
from engine.timing.custom_schedule import StoredSchedule
from engine.timing.maintenance import EventCalendar, is_for_category
from engine.timing.remembered import Remembered
from engine.timing.rrule import RecurrenceError

_log = logging.getLogger("tocsin.rules")


class CompiledWindow:
    """A window ready to be asked at each run whether it runs then.

    Raises RecurrenceError, KqlError or UnsupportedQuery for one that cannot be evaluated.
    """

    def __init__(self, window: MaintenanceWindow) -> None:
        self._window = window
        schedule = StoredSchedule(window.duration_ms, window.rrule)
        self._is_running = Remembered(EventCalendar(schedule, window.finished_at).running_at)
        self._is_broken = False
        self._scope = None if window.kql is None else compile_scope(window.kql)

    def running_at(self, at: datetime, category: str) -> RunningWindow | None:
        """The window as it is for rules of that category; None if it does not run then, or is not for them."""
        if not is_for_category(self._window.category_ids, category) or not self._runs(at):
            return None
        scope = self._scope
        matches = None if scope is None else lambda document: scope.matches(document, at)
        return RunningWindow(self._window.id, self._window.title, matches)

    def _runs(self, at: datetime) -> bool:
        if self._is_broken:
            return False
        try:
            return self._is_running.at(at)
        except RecurrenceError as error:
            self._is_broken = True
            _tell_broken(self._window, error)
            return False


Windows = Sequence[CompiledWindow] | None
"""The windows of a space that may run; None: they could not be loaded."""


class _Loaded(NamedTuple):
    stamp: Hashable
    since: datetime
    by_id: dict[str, tuple[MaintenanceWindow, CompiledWindow | None]]
    windows: list[CompiledWindow]


class WindowDirectory:
    """The windows of spaces: read when some were changed, prepared once for each version."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._spaces: dict[str, _Loaded] = {}

    async def load(self, space: str, at: datetime) -> Windows:
        """The windows that may run at an instant or later. Raises StoreUnavailable."""
        stamp, known = await self._store.windows_stamp(), self._spaces.get(space)
        if known is not None and known.stamp == stamp and known.since <= at:
            return known.windows
        try:
            stored = await self._store.windows(space, may_run_at=at)
        except (LookupError, TypeError, ValueError) as error:
            _log.error("the maintenance windows of space [%s] cannot be read; rules run without: %s", space, error)
            return None
        before = {} if known is None else known.by_id
        by_id = {each.window.id: _prepared(each, before) for each in stored}
        windows = [window for _, window in by_id.values() if window is not None]
        self._spaces[space] = _Loaded(stamp, at, by_id, windows)
        return windows


def running_windows(windows: Windows, at: datetime, category: str) -> list[RunningWindow] | None:
    """Those of the windows that run at an instant for rules of that category; None: they could not be loaded."""
    if windows is None:
        return None
    return [running for window in windows if (running := window.running_at(at, category)) is not None]


def _prepared(
    stored: StoredWindow, before: Mapping[str, tuple[MaintenanceWindow, CompiledWindow | None]]
) -> tuple[MaintenanceWindow, CompiledWindow | None]:
    known = before.get(stored.window.id)
    return (stored.window, _compile(stored.window)) if known is None or known[0] != stored.window else known


def _compile(window: MaintenanceWindow) -> CompiledWindow | None:
    try:
        return CompiledWindow(window)
    except (RecurrenceError, TocsinError) as error:
        _tell_broken(window, error)
        return None


def _tell_broken(window: MaintenanceWindow, error: Exception) -> None:
    _log.error("maintenance window [%s] silences nothing, since it cannot be evaluated: %s", window.id, error)
