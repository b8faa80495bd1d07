"""What a user may do to data views (data-views.md 3)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Literal

from engine.model.data_view import DataView
from engine.model.errors import InvalidInput, NotFound, Problem
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.rule import DEFAULT_SPACE
from engine.operations.dangling import tell_dangling_rules
from engine.operations.data_view_form import parse_create_view, parse_update_view
from engine.operations.retries import MOST_TRIES, pause_before_retry
from engine.ports.clock import Ids
from engine.ports.store import AuditEntry, Store
from engine.query.data_view_spec import read_data_view, spec_of


class DataViewOperations:
    """The operations on data views. ``actor`` is the user's name; all may raise StoreUnavailable."""

    def __init__(self, store: Store, new_id: Ids, *, pause: Callable[[], Awaitable[None]] = pause_before_retry) -> None:
        self._store, self._new_id, self._pause = store, new_id, pause

    async def create(self, body: JsonValue, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE) -> DataView:
        """Create a view of ``{data_view, override?}`` (3.1).

        Raises InvalidInput, also for a name or an id that is taken.
        """
        parsed = parse_create_view(body)
        view = _read(parsed.data_view, self._new_id(), space)
        for known in await self._store.data_views(space):
            if known.id == view.id or known.name == view.name:
                if not parsed.override:
                    raise _taken(known, view)
                await self._delete(known, at, actor)
                if known.id != view.id:
                    await tell_dangling_rules(self._store, known)
        return await self._insert(view, at, actor)

    async def get(self, view_id: str, *, space: str = DEFAULT_SPACE) -> DataView:
        """The data view. Raises NotFound."""
        found = [view for view in await self._store.data_views(space) if view.id == view_id]
        if not found:
            raise _not_found(view_id)
        return found[0]

    async def find(self, *, space: str = DEFAULT_SPACE) -> list[DataView]:
        """All of a space, by name, then id (3.4)."""
        return await self._store.data_views(space)

    async def update(
        self, view_id: str, body: JsonValue, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> DataView:
        """Change what ``{data_view}`` gives (3.2); without a difference nothing is written.

        Raises InvalidInput (also for a change by others at the same time) or NotFound.
        """
        changes = parse_update_view(body).data_view.given()
        return await self._change(view_id, lambda view: _changed(view, changes), at, actor, space)

    async def delete(self, view_id: str, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE) -> None:
        """Remove a view; rules that use it fail from now on, and are told of (3.3). Raises NotFound."""
        view = await self.get(view_id, space=space)
        await self._delete(view, at, actor)
        await tell_dangling_rules(self._store, view)

    async def apply(
        self, spec: JsonObject, *, view_id: str, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> Literal["created", "updated", "unchanged"]:
        """Make the view what its file says. Raises InvalidInput."""
        wanted = _read(spec, view_id, space)
        try:
            before = await self.get(wanted.id, space=space)
        except NotFound:
            await self._insert(wanted, at, actor)
            return "created"
        after = await self._change(wanted.id, lambda view: _with_content(view, wanted), at, actor, space)
        return "unchanged" if after == before else "updated"

    async def _insert(self, view: DataView, at: datetime, actor: str | None) -> DataView:
        view = replace(view, created_at=at, updated_at=at, created_by=actor, updated_by=actor)
        if not await self._store.insert_data_view(view, _audit("create", view, at, actor)):
            raise _taken(view, view)
        return view

    async def _delete(self, view: DataView, at: datetime, actor: str | None) -> None:
        if not await self._store.delete_data_view(view.space, view.id, _audit("delete", view, at, actor)):
            raise _not_found(view.id)

    async def _change(
        self, view_id: str, change: Callable[[DataView], DataView], at: datetime, actor: str | None, space: str
    ) -> DataView:
        """Read, change, write if nobody else wrote meanwhile; up to two more tries."""
        for attempt in range(MOST_TRIES):
            if attempt:
                await self._pause()
            stored = await self.get(view_id, space=space)
            view = change(stored)
            if view == stored:
                return stored
            view = replace(view, version=stored.version + 1, updated_at=at, updated_by=actor)
            if await self._store.change_data_view(view, stored.version, _audit("update", view, at, actor)):
                return view
        message = f"data view [{view_id}] was changed by others at the same time"
        raise InvalidInput([Problem("", message, "try again")])


def _read(spec: JsonObject, new_id: str, space: str) -> DataView:
    try:
        return read_data_view(spec, new_id=new_id, space=space)
    except InvalidInput as error:
        raise InvalidInput([problem.under("data_view") for problem in error.problems]) from None


def _changed(view: DataView, changes: JsonObject) -> DataView:
    return _with_content(view, _read(spec_of(view) | changes, view.id, view.space))


def _with_content(view: DataView, content: DataView) -> DataView:
    """The view with what another one says, keeping what is known of its storage."""
    return replace(
        content,
        id=view.id,
        version=view.version,
        created_at=view.created_at,
        updated_at=view.updated_at,
        created_by=view.created_by,
        updated_by=view.updated_by,
    )


def _taken(known: DataView, view: DataView) -> InvalidInput:
    what = f"id [{view.id}]" if known.id == view.id else f"name [{view.name}]"
    message = f"a data view of the {what} exists already: [{known.id}] {known.name}"
    return InvalidInput([Problem("data_view", message, "use another one, or set override")])


def _not_found(view_id: str) -> NotFound:
    """Its text holds the id as Kibana's does (data-views.md 1)."""
    return NotFound("data view", f"index-pattern/{view_id}")


def _audit(operation: str, view: DataView, at: datetime, actor: str | None) -> AuditEntry:
    return AuditEntry(at, actor, operation, "data_view", view.id, view.space)
