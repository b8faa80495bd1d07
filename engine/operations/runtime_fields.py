"""What a user may do to the runtime fields of data views (data-views.md 5)."""

from datetime import datetime

from engine.model.data_view import DataView
from engine.model.errors import InvalidInput, NotFound, Problem
from engine.model.jsonvalue import JsonValue
from engine.model.rule import DEFAULT_SPACE
from engine.operations.data_view_changes import (
    with_changed_runtime_field,
    with_runtime_field,
    without_runtime_field,
)
from engine.operations.data_view_form import RuntimeFieldBody, RuntimeFieldChangesBody, given
from engine.operations.data_views import DataViewOperations
from engine.operations.field_lists import FieldLists
from engine.operations.validation import parse_model
from engine.query.field_list import runtime_fields


class RuntimeFields:
    """The operations on runtime fields; each gives the view as it is then. All may raise StoreUnavailable.

    Where the fields of the indices cannot be had, none of them counts as taken.
    """

    def __init__(self, views: DataViewOperations, fields: FieldLists) -> None:
        self._views, self._fields = views, fields

    async def get(self, view_id: str, name: str, *, space: str = DEFAULT_SPACE) -> DataView:
        """The view, which has a runtime field of that name. Raises NotFound."""
        view = await self._views.get(view_id, space=space)
        if name not in view.runtime_fields:
            raise _not_found(view, name)
        return view

    async def create(
        self, view_id: str, body: JsonValue, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> DataView:
        """Add the field of ``{name, runtimeField}``. Raises InvalidInput, also where the name is taken, or NotFound."""
        parsed = parse_model(RuntimeFieldBody, body)
        name, definition = parsed.name, given(parsed.runtime_field)
        mapped = await self._mapped(view_id, space)

        def add(view: DataView) -> DataView:
            taken = mapped | view.runtime_fields.keys() | runtime_fields(view, view.runtime_fields).keys()
            for each in (name, name.partition(".")[0]):
                if each in taken:
                    problem = Problem(
                        "name", f"is taken: data view [{view_id}] has a field [{each}]", "use another one"
                    )
                    raise InvalidInput([problem])
            return with_runtime_field(view, name, definition)

        return await self._views.change(view_id, add, at=at, actor=actor, space=space)

    async def put(
        self, view_id: str, body: JsonValue, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> DataView:
        """Add the field of ``{name, runtimeField}`` or define it anew. Raises InvalidInput or NotFound."""
        parsed = parse_model(RuntimeFieldBody, body)
        name, definition = parsed.name, given(parsed.runtime_field)
        mapped = await self._mapped(view_id, space)

        def define(view: DataView) -> DataView:
            _refuse_mapped(view, name, mapped)
            return with_runtime_field(view, name, definition)

        return await self._views.change(view_id, define, at=at, actor=actor, space=space)

    async def update(
        self, view_id: str, name: str, body: JsonValue, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> DataView:
        """Replace the members that ``{runtimeField}`` gives. Raises InvalidInput or NotFound."""
        changes = given(parse_model(RuntimeFieldChangesBody, body).runtime_field)

        def alter(view: DataView) -> DataView:
            if name not in view.runtime_fields:
                raise _not_found(view, name)
            return with_changed_runtime_field(view, name, changes)

        return await self._views.change(view_id, alter, at=at, actor=actor, space=space)

    async def delete(
        self, view_id: str, name: str, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> DataView:
        """Remove a runtime field. Raises NotFound, or InvalidInput for a field of the indices."""
        mapped = await self._mapped(view_id, space)

        def remove(view: DataView) -> DataView:
            if name not in view.runtime_fields:
                _refuse_mapped(view, name, mapped)
                raise _not_found(view, name)
            return without_runtime_field(view, name)

        return await self._views.change(view_id, remove, at=at, actor=actor, space=space)

    async def _mapped(self, view_id: str, space: str) -> frozenset[str]:
        mapped = await self._fields.mapped(await self._views.get(view_id, space=space))
        return frozenset(mapped.fields)


def _refuse_mapped(view: DataView, name: str, mapped: frozenset[str]) -> None:
    if name in mapped and name not in view.runtime_fields:
        message = f"[{name}] is a field of the indices [{view.title}], not a runtime field"
        raise InvalidInput([Problem("name", message, "only runtime fields of a data view can be changed")])


def _not_found(view: DataView, name: str) -> NotFound:
    return NotFound(f"runtime field [{name}] of data view", f"index-pattern/{view.id}")
