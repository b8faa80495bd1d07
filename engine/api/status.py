"""Who the server is, and whether it is available: what clients ask first (rest-api.md 4.9)."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Literal, TypeAlias

from engine.api.route import Answer, Request, Route, answer_json
from engine.api.settings import ApiSettings
from engine.model.jsonvalue import JsonObject
from engine.model.version import ENGINE_VERSION
from engine.security.caller import NOBODY

Level: TypeAlias = Literal["available", "degraded", "unavailable", "critical"]
"""How the service is."""

_SUMMARIES: dict[Level, str] = {
    "available": "All services and plugins are available",
    "degraded": "Something works with delay or in part",
    "unavailable": "The service does not work at the moment",
    "critical": "The service has failed",
}


def routes(settings: ApiSettings, instance: str, level: Callable[[], Level]) -> tuple[Route, ...]:
    """``instance``: the id of this server; ``level``: asked with each request."""

    async def status(request: Request) -> Answer:
        present = level()
        is_there = present in ("available", "degraded")
        code = HTTPStatus.OK if is_there else HTTPStatus.SERVICE_UNAVAILABLE
        if request.caller == NOBODY:
            return answer_json({"status": {"overall": {"level": present}}}, code)
        return answer_json(_whole(settings, instance, present), code)

    return (Route("GET", "/api/status", status, is_open=True, summary="Tell the version, and whether all is well"),)


def _whole(settings: ApiSettings, instance: str, level: Level) -> JsonObject:
    return {
        "name": settings.name,
        "uuid": instance,
        "version": {
            "number": settings.version,
            "build_hash": f"tocsin-{ENGINE_VERSION}",
            "build_number": 0,
            "build_snapshot": False,
            "build_flavor": "traditional",
        },
        "status": {"overall": {"level": level, "summary": _SUMMARIES[level]}},
    }
