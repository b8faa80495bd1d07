"""Settings of a space over HTTP: flapping detection and query delay (rest-api.md 8)."""

from dataclasses import asdict, dataclass

from engine.api.route import Answer, Request, Route, answer_json
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.model.settings import SettingsChange, SpaceSettings
from engine.operations.settings import FlappingSettingsBody, QueryDelayBody, put_flapping, put_query_delay
from engine.ports.store import Store
from engine.security.caller import Need
from engine.security.features import RULE_SETTINGS

_FLAPPING = "/internal/alerting/rules/settings/_flapping"
_QUERY_DELAY = "/internal/alerting/rules/settings/_query_delay"
_READING, _WRITING = Need(RULE_SETTINGS, "read"), Need(RULE_SETTINGS, "all")


def routes(store: Store) -> tuple[Route, ...]:
    """Reading and changing both kinds of settings."""
    on = _SettingsRoutes(store)
    change_flapping = "Change the flapping settings of a space"
    return (
        Route("GET", _FLAPPING, on.get_flapping, needs=_READING, summary="Get the flapping settings of a space"),
        Route("POST", _FLAPPING, on.put_flapping, body=FlappingSettingsBody, needs=_WRITING, summary=change_flapping),
        Route("GET", _QUERY_DELAY, on.get_delay, needs=_READING, summary="Get the query delay of a space"),
        Route(
            "POST",
            _QUERY_DELAY,
            on.put_delay,
            body=QueryDelayBody,
            needs=_WRITING,
            summary="Change the query delay of a space",
        ),
    )


@dataclass(frozen=True, slots=True)
class _SettingsRoutes:
    """One method a route."""

    store: Store

    async def get_flapping(self, request: Request) -> Answer:
        return answer_json(_flapping(await self.store.space_settings(request.space)))

    async def put_flapping(self, request: Request) -> Answer:
        await put_flapping(self.store, body=request.body, **request.by_caller)
        return await self.get_flapping(request)

    async def get_delay(self, request: Request) -> Answer:
        return answer_json(_delay(await self.store.space_settings(request.space)))

    async def put_delay(self, request: Request) -> Answer:
        await put_query_delay(self.store, body=request.body, **request.by_caller)
        return await self.get_delay(request)


def _flapping(settings: SpaceSettings) -> JsonObject:
    return asdict(settings.flapping) | _change(settings.flapping_change)


def _delay(settings: SpaceSettings) -> JsonObject:
    return {"delay": settings.query_delay_s, **_change(settings.query_delay_change)}


def _change(change: SettingsChange | None) -> JsonObject:
    """Who made the settings and changed them; all null while nobody has."""
    if change is None:
        return {"created_by": None, "created_at": None, "updated_by": None, "updated_at": None}
    return {
        "created_by": change.created_by,
        "created_at": iso(change.created_at),
        "updated_by": change.updated_by,
        "updated_at": iso(change.updated_at),
    }
