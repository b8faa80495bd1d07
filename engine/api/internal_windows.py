"""Maintenance windows for the clients that Kibana calls internal: with the stored form of schedules (rest-api.md 8)."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from engine.api.query import ONE_OR_MORE
from engine.api.route import NO_CONTENT, Answer, Request, Route, answer_json
from engine.api.windows import PageNumber
from engine.model.maintenance_window import MaintenanceWindow, WindowStatusName
from engine.operations.stored_window_form import StoredWindowBody, StoredWindowChanges, stored_window_to_json
from engine.operations.validation import parse_model
from engine.operations.values import Strict
from engine.operations.windows import MaintenanceWindows, WindowQuery
from engine.security.caller import Need
from engine.security.features import MAINTENANCE_WINDOWS

_ALL = "/internal/alerting/rules/maintenance_window"
_ONE = f"{_ALL}/{{id}}"
_READING, _WRITING = Need(MAINTENANCE_WINDOWS, "read"), Need(MAINTENANCE_WINDOWS, "all")


class InternalFindQuery(Strict):
    """The query of finding windows; ``search``: part of a title."""

    search: str | None = None
    status: Annotated[list[WindowStatusName], ONE_OR_MORE] = Field(default_factory=list, max_length=100)
    page: PageNumber = 1
    per_page: PageNumber = 10


class ArchiveBody(Strict):
    """Whether a window goes into the archive, or comes out of it again."""

    archive: bool


def routes(windows: MaintenanceWindows) -> tuple[Route, ...]:
    """The older twin of the public routes, and those without a public twin: what is in force, and ending it."""
    on = _InternalWindowRoutes(windows)
    return (
        Route("POST", _ALL, on.create, body=StoredWindowBody, needs=_WRITING),
        Route("GET", f"{_ALL}/_find", on.find, query=InternalFindQuery, needs=_READING),
        Route("GET", f"{_ALL}/_active", on.active, needs=_READING),
        Route("GET", _ONE, on.get, needs=_READING),
        Route("POST", _ONE, on.update, body=StoredWindowChanges, needs=_WRITING),
        Route("DELETE", _ONE, on.delete, needs=_WRITING),
        Route("POST", f"{_ONE}/_finish", on.finish, needs=_WRITING),
        Route("POST", f"{_ONE}/_archive", on.archive, body=ArchiveBody, needs=_WRITING),
    )


@dataclass(frozen=True, slots=True)
class _InternalWindowRoutes:
    """One method a route; what each may raise is what its operation raises."""

    windows: MaintenanceWindows

    async def create(self, request: Request) -> Answer:
        return _shown(await self.windows.create_stored(request.body, **request.by_caller), request)

    async def get(self, request: Request) -> Answer:
        return _shown(await self.windows.get(request.parts["id"], space=request.space), request)

    async def update(self, request: Request) -> Answer:
        changed = await self.windows.update_stored(request.parts["id"], request.body, **request.by_caller)
        return _shown(changed, request)

    async def delete(self, request: Request) -> Answer:
        await self.windows.delete(request.parts["id"], **request.by_caller)
        return NO_CONTENT

    async def archive(self, request: Request) -> Answer:
        is_to_be_archived = parse_model(ArchiveBody, request.body).archive
        change = self.windows.archive if is_to_be_archived else self.windows.unarchive
        return _shown(await change(request.parts["id"], **request.by_caller), request)

    async def finish(self, request: Request) -> Answer:
        return _shown(await self.windows.finish(request.parts["id"], **request.by_caller), request)

    async def find(self, request: Request) -> Answer:
        query = request.query_as(InternalFindQuery)
        asked = WindowQuery(title=query.search, statuses=query.status, page=query.page, per_page=query.per_page)
        found = await self.windows.find(asked, at=request.at, space=request.space)
        shown = [stored_window_to_json(window, request.at) for window in found.windows]
        return answer_json({"page": query.page, "per_page": query.per_page, "total": found.total, "data": shown})

    async def active(self, request: Request) -> Answer:
        running = await self.windows.running(at=request.at, space=request.space)
        return answer_json([stored_window_to_json(window, request.at) for window in running])


def _shown(window: MaintenanceWindow, request: Request) -> Answer:
    return answer_json(stored_window_to_json(window, request.at))
