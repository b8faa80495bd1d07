"""Maintenance windows over HTTP (rest-api.md 6); `engine.api.internal_windows` has their older twin."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from engine.api.query import ONE_OR_MORE, QueryInteger
from engine.api.route import NO_CONTENT, Answer, Request, Route, answer_json
from engine.model.maintenance_window import MaintenanceWindow, WindowStatusName
from engine.operations.schedule_form import ScheduleBody
from engine.operations.values import NotNull, Strict
from engine.operations.window_form import ScopeBody, window_to_json
from engine.operations.windows import MaintenanceWindows, WindowQuery
from engine.security.caller import Need
from engine.security.features import MAINTENANCE_WINDOWS

_ALL = "/api/maintenance_window"
_ONE = "/api/maintenance_window/{id}"
_WITH_ID = "/api/tocsin/v1/maintenance_window/{id}"
_READING, _WRITING = Need(MAINTENANCE_WINDOWS, "read"), Need(MAINTENANCE_WINDOWS, "all")

PageNumber = Annotated[QueryInteger, Field(ge=1, le=100)]


class NewWindow(Strict):
    """The body of a new window: without the categories of the older form."""

    title: str
    enabled: bool = True
    schedule: ScheduleBody
    scope: Annotated[ScopeBody | None, NotNull] = None


class ChangedWindow(Strict):
    """The members of a window that are to be changed."""

    title: Annotated[str | None, NotNull] = None
    enabled: Annotated[bool | None, NotNull] = None
    schedule: Annotated[ScheduleBody | None, NotNull] = None
    scope: Annotated[ScopeBody | None, NotNull] = None


class FindQuery(Strict):
    """The query of finding windows."""

    title: str | None = None
    created_by: str | None = None
    status: Annotated[list[WindowStatusName], ONE_OR_MORE] = Field(default_factory=list, max_length=100)
    page: PageNumber = 1
    per_page: PageNumber = 10


def routes(windows: MaintenanceWindows) -> tuple[Route, ...]:
    """The public routes."""
    on = _WindowRoutes(windows)
    archive = "Put a maintenance window into the archive"
    return (
        Route("POST", _ALL, on.create, body=NewWindow, needs=_WRITING, summary="Create a maintenance window"),
        Route("GET", f"{_ALL}/_find", on.find, query=FindQuery, needs=_READING, summary="Find maintenance windows"),
        Route("GET", _ONE, on.get, needs=_READING, summary="Get a maintenance window"),
        Route("PATCH", _ONE, on.update, body=ChangedWindow, needs=_WRITING, summary="Change a maintenance window"),
        Route("DELETE", _ONE, on.delete, needs=_WRITING, summary="Delete a maintenance window"),
        Route("POST", f"{_ONE}/_archive", on.archive, needs=_WRITING, summary=archive),
        Route(
            "POST", f"{_ONE}/_unarchive", on.unarchive, needs=_WRITING, summary="Take a maintenance window out again"
        ),
        Route(
            "POST",
            _WITH_ID,
            on.create,
            body=NewWindow,
            needs=_WRITING,
            summary="Create a maintenance window with an id of your own",
        ),
    )


@dataclass(frozen=True, slots=True)
class _WindowRoutes:
    """One method a route; what each may raise is what its operation raises."""

    windows: MaintenanceWindows

    async def create(self, request: Request) -> Answer:
        window_id = request.parts.get("id")
        return _shown(await self.windows.create(request.body, window_id=window_id, **request.by_caller), request)

    async def get(self, request: Request) -> Answer:
        return _shown(await self.windows.get(request.parts["id"], space=request.space), request)

    async def update(self, request: Request) -> Answer:
        return _shown(await self.windows.update(request.parts["id"], request.body, **request.by_caller), request)

    async def delete(self, request: Request) -> Answer:
        await self.windows.delete(request.parts["id"], **request.by_caller)
        return NO_CONTENT

    async def archive(self, request: Request) -> Answer:
        return _shown(await self.windows.archive(request.parts["id"], **request.by_caller), request)

    async def unarchive(self, request: Request) -> Answer:
        return _shown(await self.windows.unarchive(request.parts["id"], **request.by_caller), request)

    async def find(self, request: Request) -> Answer:
        query = request.query_as(FindQuery)
        asked = WindowQuery(
            title=query.title,
            created_by=query.created_by,
            statuses=query.status,
            page=query.page,
            per_page=query.per_page,
        )
        page = await self.windows.find(asked, at=request.at, space=request.space)
        shown = [window_to_json(window, request.at) for window in page.windows]
        return answer_json(
            {"page": query.page, "per_page": query.per_page, "total": page.total, "maintenanceWindows": shown}
        )


def _shown(window: MaintenanceWindow, request: Request) -> Answer:
    return answer_json(window_to_json(window, request.at))
