"""What a user may do to maintenance windows (rest-api.md 6, snooze-and-recurrence.md 6)."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from engine.model.errors import Conflict, InvalidInput, NotFound, Problem
from engine.model.jsonvalue import JsonValue
from engine.model.maintenance_window import MaintenanceWindow, WindowStatusName
from engine.model.rule import DEFAULT_SPACE
from engine.operations.retries import MOST_TRIES, pause_before_retry
from engine.operations.schedule_form import check_future
from engine.operations.stored_window_form import (
    StoredWindowChanges,
    changed_schedule,
    parse_stored_changes,
    parse_stored_window,
    schedule_of_body,
    with_members,
)
from engine.operations.window_form import (
    WindowBody,
    WindowChanges,
    calendar_of,
    parse_changes,
    parse_definition,
    parse_window,
    status_of,
    year_after,
)
from engine.ports.clock import Ids
from engine.ports.store import AuditEntry, Store, StoredWindow
from engine.timing.custom_schedule import StoredSchedule, to_stored
from engine.timing.rrule import RecurrenceError

_KIND = "maintenance window"
_SCHEDULE = "schedule.custom"

_Change = Callable[[MaintenanceWindow], MaintenanceWindow]


@dataclass(frozen=True, slots=True)
class WindowQuery:
    """What `find` returns: filters, then the page. ``title``: part of it, case aside."""

    title: str | None = None
    created_by: str | None = None
    statuses: Collection[WindowStatusName] = ()
    page: int = 1
    per_page: int = 10


@dataclass(frozen=True, slots=True)
class WindowPage:
    total: int
    windows: tuple[MaintenanceWindow, ...]


class MaintenanceWindows:
    """The operations on maintenance windows. ``actor`` is the user's name; all may raise StoreUnavailable."""

    def __init__(self, store: Store, new_id: Ids, *, pause: Callable[[], Awaitable[None]] = pause_before_retry) -> None:
        self._store, self._new_id, self._pause = store, new_id, pause

    async def create(
        self,
        body: JsonValue,
        *,
        at: datetime,
        actor: str | None,
        space: str = DEFAULT_SPACE,
        window_id: str | None = None,
    ) -> MaintenanceWindow:
        """Create a window. Raises InvalidInput, or Conflict if the id is taken."""
        parsed = parse_window(body)
        check_future(parsed.schedule, at)
        return await self._insert(parsed, window_id or self._new_id(), at, actor, space)

    async def create_stored(
        self, body: JsonValue, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> MaintenanceWindow:
        """Create a window from the form of the older API (rest-api.md 8). Raises InvalidInput."""
        parsed = parse_stored_window(body, at)
        schedule = schedule_of_body(parsed.duration, parsed.r_rule)
        plain = _new_window(parsed.title, schedule, self._new_id(), space, at, actor)
        # Its members are checked already, and those that it has are those of a change.
        given = parsed.model_dump(exclude={"duration", "r_rule"}, exclude_unset=True)
        window = with_members(_bounded(plain, "r_rule"), StoredWindowChanges(**given))
        return await self._store_new(window, at, actor)

    async def get(self, window_id: str, *, space: str = DEFAULT_SPACE) -> MaintenanceWindow:
        """The window. Raises NotFound."""
        return (await self._load(window_id, space)).window

    async def find(self, query: WindowQuery, *, at: datetime, space: str = DEFAULT_SPACE) -> WindowPage:
        """The windows that match at an instant, in order of creation. Raises InvalidInput for a page out of bounds."""
        for name, value in (("page", query.page), ("per_page", query.per_page)):
            if not 1 <= value <= 100:
                raise InvalidInput([Problem(name, f"{value} is out of range", "use a number from 1 to 100")])
        found = [stored.window for stored in await self._store.windows(space) if _matches(stored.window, query, at)]
        before = (query.page - 1) * query.per_page
        return WindowPage(len(found), tuple(found[before : before + query.per_page]))

    async def running(self, *, at: datetime, space: str = DEFAULT_SPACE) -> list[MaintenanceWindow]:
        """The windows that are in force at an instant, in order of creation."""
        candidates = [stored.window for stored in await self._store.windows(space, may_run_at=at)]
        return [window for window in candidates if status_of(window, at).name == "running"]

    async def update(
        self, window_id: str, body: JsonValue, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> MaintenanceWindow:
        """Change the given members; another schedule begins anew. Raises InvalidInput, NotFound or Conflict."""
        changes = parse_changes(body)
        if changes.schedule is not None:
            check_future(changes.schedule, at)
        return await self._change("update", window_id, lambda window: _changed(window, changes, at), at, actor, space)

    async def update_stored(
        self, window_id: str, body: JsonValue, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> MaintenanceWindow:
        """`update` with a body in the form of the older API. Raises InvalidInput, NotFound or Conflict."""
        changes = parse_stored_changes(body)

        def change(window: MaintenanceWindow) -> MaintenanceWindow:
            schedule = changed_schedule(window, changes, at)
            window = with_members(window, changes)
            return window if schedule is None else _rescheduled(window, schedule, at, "r_rule")

        return await self._change("update", window_id, change, at, actor, space)

    async def delete(self, window_id: str, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE) -> None:
        """Remove a window; alerts that it silenced notify again. Raises NotFound."""
        window = (await self._load(window_id, space)).window
        if not await self._store.delete_window(space, window_id, _audit("delete", window, at, actor)):
            raise NotFound(_KIND, window_id)

    async def archive(
        self, window_id: str, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> MaintenanceWindow:
        """End a window for good, until it is taken out of the archive. Raises NotFound or Conflict."""

        def change(window: MaintenanceWindow) -> MaintenanceWindow:
            return replace(window, is_archived=True, expiration_date=at)

        return await self._change("archive", window_id, change, at, actor, space)

    async def unarchive(
        self, window_id: str, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> MaintenanceWindow:
        """Let an archived window run again. Raises NotFound or Conflict."""

        def change(window: MaintenanceWindow) -> MaintenanceWindow:
            return replace(window, is_archived=False, expiration_date=year_after(at))

        return await self._change("unarchive", window_id, change, at, actor, space)

    async def finish(
        self, window_id: str, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> MaintenanceWindow:
        """End what runs of a window now; later events are not touched. Raises InvalidInput, NotFound or Conflict."""

        def change(window: MaintenanceWindow) -> MaintenanceWindow:
            if status_of(window, at).name != "running":
                raise InvalidInput([Problem("", f"{_KIND} [{window.id}] is not running", "there is nothing to end")])
            return replace(window, finished_at=at)

        return await self._change("finish", window_id, change, at, actor, space)

    async def apply(
        self, body: JsonValue, *, window_id: str, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> Literal["created", "updated", "unchanged"]:
        """Make the window what its file says. Raises InvalidInput or Conflict."""
        parsed = parse_definition(body)

        def change(window: MaintenanceWindow) -> MaintenanceWindow:
            return _changed(window, _as_changes(parsed), at)

        try:
            before = (await self._load(window_id, space)).window
        except NotFound:
            # One that is over may well stand in a file still.
            await self._insert(parsed, window_id, at, actor, space)
            return "created"
        after = await self._change("update", window_id, change, at, actor, space)
        return "unchanged" if after == before else "updated"

    async def _insert(
        self, body: WindowBody, window_id: str, at: datetime, actor: str | None, space: str
    ) -> MaintenanceWindow:
        plain = _new_window(body.title, to_stored(body.schedule.custom.given()), window_id, space, at, actor)
        window = replace(
            plain,
            enabled=body.enabled,
            kql=None if body.scope is None else body.scope.alerting.query.kql,
            category_ids=None if body.category_ids is None else tuple(body.category_ids),
        )
        return await self._store_new(_bounded(window), at, actor)

    async def _store_new(self, window: MaintenanceWindow, at: datetime, actor: str | None) -> MaintenanceWindow:
        if not await self._store.insert_window(window, _audit("create", window, at, actor)):
            raise Conflict(f"{_KIND} [{window.id}] exists already")
        return window

    async def _load(self, window_id: str, space: str) -> StoredWindow:
        found = [stored for stored in await self._store.windows(space) if stored.window.id == window_id]
        if not found:
            raise NotFound(_KIND, window_id)
        return found[0]

    async def _change(
        self, operation: str, window_id: str, change: _Change, at: datetime, actor: str | None, space: str
    ) -> MaintenanceWindow:
        """Read, change, write if nobody else wrote meanwhile; up to two more tries."""
        for attempt in range(MOST_TRIES):
            if attempt:
                await self._pause()
            stored = await self._load(window_id, space)
            window = change(stored.window)
            if window == stored.window:
                return window
            window = replace(window, updated_at=at, updated_by=actor)
            if await self._store.change_window(window, stored.version, _audit(operation, window, at, actor)):
                return window
        raise Conflict(f"{_KIND} [{window_id}] was changed by others at the same time; try again")


def _new_window(
    title: str, schedule: StoredSchedule, window_id: str, space: str, at: datetime, actor: str | None
) -> MaintenanceWindow:
    return MaintenanceWindow(
        id=window_id,
        title=title,
        duration_ms=schedule.duration,
        rrule=schedule.rrule,
        expiration_date=year_after(at),
        created_at=at,
        updated_at=at,
        space=space,
        created_by=actor,
        updated_by=actor,
    )


def _changed(window: MaintenanceWindow, changes: WindowChanges, at: datetime) -> MaintenanceWindow:
    given = changes.model_fields_set
    if changes.title is not None:
        window = replace(window, title=changes.title)
    if changes.enabled is not None:
        window = replace(window, enabled=changes.enabled)
    if "scope" in given:
        window = replace(window, kql=None if changes.scope is None else changes.scope.alerting.query.kql)
    if "category_ids" in given:
        ids = changes.category_ids
        window = replace(window, category_ids=None if ids is None else tuple(ids))
    if changes.schedule is None:
        return window
    return _rescheduled(window, to_stored(changes.schedule.custom.given()), at)


def _rescheduled(
    window: MaintenanceWindow, stored: StoredSchedule, at: datetime, path: str = _SCHEDULE
) -> MaintenanceWindow:
    """Another schedule begins anew; ``path``: where it stands in the request."""
    if (stored.duration, stored.rrule) == (window.duration_ms, window.rrule):
        return window
    return _bounded(
        replace(
            window,
            duration_ms=stored.duration,
            rrule=stored.rrule,
            expiration_date=window.expiration_date if window.is_archived else year_after(at),
            finished_at=None,
        ),
        path,
    )


def _bounded(window: MaintenanceWindow, path: str = _SCHEDULE) -> MaintenanceWindow:
    """The window with the end of its last event. Raises InvalidInput for a schedule too costly to evaluate."""
    try:
        return replace(window, ends_by=calendar_of(window).ends_by)
    except RecurrenceError as error:
        raise InvalidInput([Problem(path, str(error), "write a simpler schedule")]) from None


def _as_changes(body: WindowBody) -> WindowChanges:
    """The whole definition as changes: what it leaves out is cleared."""
    return WindowChanges(
        title=body.title,
        enabled=body.enabled,
        schedule=body.schedule,
        scope=body.scope,
        category_ids=body.category_ids,
    )


def _matches(window: MaintenanceWindow, query: WindowQuery, at: datetime) -> bool:
    if query.title is not None and query.title.casefold() not in window.title.casefold():
        return False
    if query.created_by is not None and window.created_by != query.created_by:
        return False
    return not query.statuses or status_of(window, at).name in query.statuses


def _audit(operation: str, window: MaintenanceWindow, at: datetime, actor: str | None) -> AuditEntry:
    details = {"title": window.title, "enabled": window.enabled}
    return AuditEntry(at, actor, operation, "maintenance_window", window.id, window.space, details)
