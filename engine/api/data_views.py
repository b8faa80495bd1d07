"""Data views over HTTP (data-views.md), also under the names that they had before Kibana called them so."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from pydantic import BaseModel

from engine.api.errors import Misplaced
from engine.api.route import EMPTY, Answer, Handler, Method, Request, Route, answer_json
from engine.model.data_view import DataView
from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.operations.data_view_form import (
    CreateViewBody,
    DefaultViewBody,
    FieldsBody,
    LegacyCreateBody,
    LegacyDefaultBody,
    LegacyUpdateBody,
    RuntimeFieldBody,
    RuntimeFieldChangesBody,
    SwapBody,
    UpdateViewBody,
)
from engine.operations.data_views import DataViewOperations
from engine.operations.field_lists import FieldLists
from engine.operations.reference_swap import ReferenceSwaps
from engine.operations.runtime_fields import RuntimeFields
from engine.query.data_view_spec import list_item_of, spec_of
from engine.query.field_list import yielded_fields
from engine.security.caller import Need
from engine.security.features import DATA_VIEWS

_LONGEST_PART: Final = 1000
_WRITING: Final = Need(DATA_VIEWS, "all")
Body: TypeAlias = type[BaseModel]


@dataclass(frozen=True, slots=True)
class _Names:
    """What one generation of the API calls things; ``is_legacy``: the one before data views had that name."""

    base: str
    view: str
    default_id: str
    create: Body
    update: Body
    default: Body
    is_legacy: bool = False

    def current(self, body: JsonValue) -> JsonValue:
        """A body that was judged already, with its members called as operations call them."""
        if not self.is_legacy or not isinstance(body, dict):
            return body
        renamed = {self.view: _CURRENT.view, self.default_id: _CURRENT.default_id}
        return {renamed.get(name, name): value for name, value in body.items()}


_CURRENT: Final = _Names(
    "/api/data_views", "data_view", "data_view_id", CreateViewBody, UpdateViewBody, DefaultViewBody
)
_LEGACY: Final = _Names(
    *("/api/index_patterns", "index_pattern", "index_pattern_id"),
    *(LegacyCreateBody, LegacyUpdateBody, LegacyDefaultBody),
    is_legacy=True,
)


def routes(views: DataViewOperations, lists: FieldLists, swaps: ReferenceSwaps) -> tuple[Route, ...]:
    """All routes. Writing needs its right before the body is looked at; reading needs none."""
    on = _ViewRoutes(views, lists, RuntimeFields(views, lists), swaps, _CURRENT)
    old = _ViewRoutes(views, lists, on.runtime, swaps, _LEGACY)
    base = _CURRENT.base
    return (
        Route("GET", base, on.find, summary="List the data views"),
        _writing("POST", f"{base}/swap_references", on.swap, SwapBody, "Let rules search another data view"),
        _writing("POST", f"{base}/swap_references/_preview", on.preview, SwapBody, "Tell what a swap would change"),
        *_routes_of_views(on),
        *_routes_of_views(old),
    )


def _routes_of_views(on: "_ViewRoutes") -> tuple[Route, ...]:
    names = on.names
    every, default = f"{names.base}/{names.view}", f"{names.base}/default"
    one = f"{every}/{{id}}"
    fields = f"{one}/runtime_field"
    field = f"{fields}/{{name}}"
    return (
        _writing("POST", every, on.create, names.create, "Create a data view"),
        Route("GET", one, on.get, summary="Get a data view"),
        _writing("POST", one, on.update, names.update, "Update a data view"),
        _writing("DELETE", one, on.delete, None, "Delete a data view"),
        _writing("POST", f"{one}/fields", on.describe, FieldsBody, "Set labels and formats of fields"),
        _writing("POST", fields, on.create_field, RuntimeFieldBody, "Create a runtime field"),
        _writing("PUT", fields, on.put_field, RuntimeFieldBody, "Create or replace a runtime field"),
        Route("GET", field, on.get_field, summary="Get a runtime field"),
        _writing("POST", field, on.update_field, RuntimeFieldChangesBody, "Update a runtime field"),
        _writing("DELETE", field, on.delete_field, None, "Delete a runtime field"),
        Route("GET", default, on.get_default, summary="Get the default data view"),
        _writing("POST", default, on.set_default, names.default, "Set the default data view"),
    )


def _writing(method: Method, path: str, handle: Handler, body: Body | None, summary: str) -> Route:
    return Route(method, path, handle, body=body, needs=_WRITING, judges_need_first=True, summary=summary)


@dataclass(frozen=True, slots=True)
class _ViewRoutes:
    """One method a route; what each may raise is what its operation raises."""

    views: DataViewOperations
    lists: FieldLists
    runtime: RuntimeFields
    swaps: ReferenceSwaps
    names: _Names

    async def find(self, request: Request) -> Answer:
        found = await self.views.find(space=request.space)
        return answer_json({self.names.view: [list_item_of(view) for view in found]})

    async def create(self, request: Request) -> Answer:
        view = await self.views.create(self.names.current(request.body), **request.by_caller)
        if isinstance(request.body, dict) and request.body.get("refresh_fields") is False:
            return answer_json({self.names.view: spec_of(view)})
        return await self._answer(view)

    async def get(self, request: Request) -> Answer:
        return await self._answer(await self.views.get(_part(request, "id"), space=request.space))

    async def update(self, request: Request) -> Answer:
        body = self.names.current(request.body)
        return await self._answer(await self.views.update(_part(request, "id"), body, **request.by_caller))

    async def delete(self, request: Request) -> Answer:
        await self.views.delete(_part(request, "id"), **request.by_caller)
        return EMPTY

    async def describe(self, request: Request) -> Answer:
        view = await self.views.describe_fields(_part(request, "id"), request.body, **request.by_caller)
        return await self._answer(view, acknowledged=True)

    async def create_field(self, request: Request) -> Answer:
        view = await self.runtime.create(_part(request, "id"), request.body, **request.by_caller)
        return await self._field_answer(view, _name_in(request))

    async def put_field(self, request: Request) -> Answer:
        view = await self.runtime.put(_part(request, "id"), request.body, **request.by_caller)
        return await self._field_answer(view, _name_in(request))

    async def get_field(self, request: Request) -> Answer:
        name = _part(request, "name")
        return await self._field_answer(await self.runtime.get(_part(request, "id"), name, space=request.space), name)

    async def update_field(self, request: Request) -> Answer:
        name = _part(request, "name")
        view = await self.runtime.update(_part(request, "id"), name, request.body, **request.by_caller)
        return await self._field_answer(view, name)

    async def delete_field(self, request: Request) -> Answer:
        await self.runtime.delete(_part(request, "id"), _part(request, "name"), **request.by_caller)
        return EMPTY

    async def get_default(self, request: Request) -> Answer:
        return answer_json({self.names.default_id: await self.views.default_id(space=request.space)})

    async def set_default(self, request: Request) -> Answer:
        await self.views.set_default(self.names.current(request.body), **request.by_caller)
        return answer_json({"acknowledged": True})

    async def preview(self, request: Request) -> Answer:
        return answer_json((await self.swaps.preview(request.body, space=request.space)).to_json())

    async def swap(self, request: Request) -> Answer:
        return answer_json((await self.swaps.swap(request.body, **request.by_caller)).to_json())

    async def _answer(self, view: DataView, **more: JsonValue) -> Answer:
        """The view with all its fields; a header warns where the fields of its indices cannot be told."""
        listing = await self.lists.of(view)
        body: JsonObject = {**more, self.names.view: {**spec_of(view), "fields": listing.fields}}
        headers = {} if listing.warning is None else {"warning": f'299 tocsin "{listing.warning}"'}
        return answer_json(body, headers=headers)

    async def _field_answer(self, view: DataView, name: str) -> Answer:
        fields = yielded_fields(view, name)
        if not self.names.is_legacy:
            return await self._answer(view, fields=fields)
        return await self._answer(view, field=fields[0] if fields else None)


def _name_in(request: Request) -> str:
    name: str = request.body["name"]
    return name


def _part(request: Request, name: str) -> str:
    """A parameter of the path. Raises Misplaced for one that is too long."""
    part = request.parts[name]
    if len(part) > _LONGEST_PART:
        problem = Problem(name, f"has {len(part)} characters", f"use at most {_LONGEST_PART}")
        raise Misplaced("request params", InvalidInput([problem]))
    return part
