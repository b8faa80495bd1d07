"""What a user may do to data views (data-views.md 3)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Literal, TypeAlias

from engine.model.data_view import DataView
from engine.model.errors import InvalidInput, NotFound, Problem
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.rule import DEFAULT_SPACE
from engine.operations.dangling import tell_dangling_rules
from engine.operations.data_view_changes import differing, read_view, with_changes, with_content, with_metadata
from engine.operations.data_view_form import (
    CreateViewBody,
    DefaultViewBody,
    FieldsBody,
    UpdateViewBody,
    given,
)
from engine.operations.retries import MOST_TRIES, pause_before_retry
from engine.operations.validation import parse_model
from engine.ports.clock import Ids
from engine.ports.store import AuditEntry, Store

Change: TypeAlias = Callable[[DataView], DataView]
"""Makes of a view the one that it is to become; called anew when others changed it meanwhile."""


class DataViewOperations:
    """The operations on data views. ``actor`` is the user's name; all may raise StoreUnavailable."""

    def __init__(self, store: Store, new_id: Ids, *, pause: Callable[[], Awaitable[None]] = pause_before_retry) -> None:
        self._store, self._new_id, self._pause = store, new_id, pause

    async def create(self, body: JsonValue, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE) -> DataView:
        """Create a view of ``{data_view, override?}`` (3.1).

        Raises InvalidInput, also for a name or an id that is taken.
        """
        parsed = parse_model(CreateViewBody, body)
        view = read_view(given(parsed.data_view), self._new_id(), space)
        same = [
            known for known in await self._store.data_views(space) if known.id == view.id or known.name == view.name
        ]
        if same and not parsed.override:
            raise _taken(same[0], view)
        for known in same:
            if known.id != view.id:
                await self._delete(known, at, actor)
                await tell_dangling_rules(self._store, known)
        if any(known.id == view.id for known in same):
            return await self.change(view.id, partial(with_content, content=view), at=at, actor=actor, space=space)
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

        Raises NotFound or InvalidInput, also when others changed one of the same members at the same time.
        """
        # Fields are those of the indices: what a client says of them is not kept (section 2).
        changes = given(parse_model(UpdateViewBody, body).data_view)
        changes.pop("fields", None)
        change = partial(with_changes, changes=changes)
        return await self.change(view_id, change, at=at, actor=actor, space=space, keeps_others=True)

    async def describe_fields(
        self, view_id: str, body: JsonValue, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> DataView:
        """Set labels, descriptions, counts and formats of fields, of unknown ones, too (3.6).

        Raises InvalidInput or NotFound.
        """
        described = given(parse_model(FieldsBody, body))["fields"]
        if not any(described.values()):
            remedy = "write customLabel, customDescription, count or format of a field"
            raise InvalidInput([Problem("fields", "change nothing", remedy)])
        change = partial(with_metadata, described=described)
        return await self.change(view_id, change, at=at, actor=actor, space=space)

    async def delete(self, view_id: str, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE) -> None:
        """Remove a view; rules that use it fail from now on, and are told of (3.3). Raises NotFound."""
        view = await self.get(view_id, space=space)
        await self._delete(view, at, actor)
        await tell_dangling_rules(self._store, view)

    async def default_id(self, *, space: str = DEFAULT_SPACE) -> str | None:
        """The id of the space's default view (3.5); None without one."""
        return await self._store.default_data_view(space)

    async def set_default(
        self, body: JsonValue, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> None:
        """Set the default; with ``force`` replace or clear it (3.5). The view need not exist. Raises InvalidInput."""
        parsed = parse_model(DefaultViewBody, body)
        audit = AuditEntry(at, actor, "set_default", "data_view", parsed.data_view_id or "", space)
        await self._store.put_default_data_view(space, parsed.data_view_id, audit, only_if_unset=not parsed.force)

    async def apply(
        self, spec: JsonObject, *, view_id: str, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> Literal["created", "updated", "unchanged"]:
        """Make the view what its file says. Raises InvalidInput."""
        wanted = read_view(spec, view_id, space)
        try:
            before = await self.get(wanted.id, space=space)
        except NotFound:
            await self._insert(wanted, at, actor)
            return "created"
        change = partial(with_content, content=wanted)
        after = await self.change(wanted.id, change, at=at, actor=actor, space=space)
        return "unchanged" if after == before else "updated"

    async def change(
        self,
        view_id: str,
        change: Change,
        *,
        at: datetime,
        actor: str | None,
        space: str = DEFAULT_SPACE,
        keeps_others: bool = False,
    ) -> DataView:
        """Read, change, write if nobody else wrote meanwhile; up to two more tries.

        ``keeps_others``: a member that others changed since the first try is not changed again. Raises NotFound, or
        InvalidInput when others were faster.
        """
        first = stored = await self.get(view_id, space=space)
        for attempt in range(MOST_TRIES):
            if attempt:
                await self._pause()
                stored = await self.get(view_id, space=space)
            if keeps_others and stored is not first and differing(first, stored) & differing(first, change(first)):
                break
            view = change(stored)
            if view == stored:
                return stored
            view = replace(view, version=stored.version + 1, updated_at=at, updated_by=actor)
            if await self._store.change_data_view(view, stored.version, _audit("update", view, at, actor)):
                return view
        message = f"data view [{view_id}] was changed by others at the same time"
        raise InvalidInput([Problem("", message, "try again")])

    async def _insert(self, view: DataView, at: datetime, actor: str | None) -> DataView:
        view = replace(view, created_at=at, updated_at=at, created_by=actor, updated_by=actor)
        if not await self._store.insert_data_view(view, _audit("create", view, at, actor)):
            raise _taken(view, view)
        return view

    async def _delete(self, view: DataView, at: datetime, actor: str | None) -> None:
        if not await self._store.delete_data_view(view.space, view.id, _audit("delete", view, at, actor)):
            raise _not_found(view.id)


def _taken(known: DataView, view: DataView) -> InvalidInput:
    what = f"id [{view.id}]" if known.id == view.id else f"name [{view.name}]"
    message = f"a data view of the {what} exists already: [{known.id}] {known.name}"
    return InvalidInput([Problem("data_view", message, "use another one, or set override")])


def _not_found(view_id: str) -> NotFound:
    """Its text holds the id as Kibana's does (data-views.md 1)."""
    return NotFound("data view", f"index-pattern/{view_id}")


def _audit(operation: str, view: DataView, at: datetime, actor: str | None) -> AuditEntry:
    return AuditEntry(at, actor, operation, "data_view", view.id, view.space)
