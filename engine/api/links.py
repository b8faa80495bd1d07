"""How operations lead to others, for the reference: what one made is what the next is about."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from engine.api.route import Route
from engine.model.jsonvalue import JsonObject


class Made(NamedTuple):
    """``paths``: beginnings of those that are about what was made. ``name``: an expression for its id.

    ``given``: parameters of the new path that the request's path had, too, under their names there.
    """

    paths: tuple[str, ...]
    name: str
    given: Mapping[str, str] = {}


_ID: Final = "$response.body#/id"
_FIELD_NAME: Final = "$request.body#/name"
_OF_VIEW: Final = {"id": "$request.path.id"}
_RULE: Final = (
    "/api/alerting/rule/{id}",
    "/api/alerting/rule/{rule_id}",
    "/internal/alerting/rule/{id}",
    "/api/tocsin/v1/rule/{id}",
)
_CONNECTOR: Final = ("/api/actions/connector/{id}",)
_WINDOW: Final = ("/api/maintenance_window/{id}", "/internal/alerting/rules/maintenance_window/{id}")
_VIEW: Final = ("/api/data_views/data_view/{id}", "/api/tocsin/v1/data_views/{id}")
_PATTERN: Final = ("/api/index_patterns/index_pattern/{id}",)

MADE: Final[Mapping[str, Made]] = {
    "POST /api/alerting/rule": Made(_RULE, _ID),
    "POST /api/alerting/rule/{id}": Made(_RULE, _ID),
    "POST /internal/alerting/rule/{id}/_clone": Made(_RULE, _ID),
    "POST /api/alerting/rule/{id}/snooze_schedule": Made(
        ("/api/alerting/rule/{rule_id}/snooze_schedule/{schedule_id}",),
        "$response.body#/schedule/id",
        {"rule_id": "$request.path.id"},
    ),
    "POST /api/actions/connector": Made(_CONNECTOR, _ID),
    "POST /api/actions/connector/{id}": Made(_CONNECTOR, _ID),
    "POST /api/maintenance_window": Made(_WINDOW, _ID),
    "POST /api/data_views/data_view": Made(_VIEW, "$response.body#/data_view/id"),
    "POST /api/index_patterns/index_pattern": Made(_PATTERN, "$response.body#/index_pattern/id"),
    "POST /api/data_views/data_view/{id}/runtime_field": Made(
        ("/api/data_views/data_view/{id}/runtime_field/{name}",), _FIELD_NAME, _OF_VIEW
    ),
    "POST /api/index_patterns/index_pattern/{id}/runtime_field": Made(
        ("/api/index_patterns/index_pattern/{id}/runtime_field/{name}",), _FIELD_NAME, _OF_VIEW
    ),
    "PUT /api/security/role/{name}": Made(("/api/security/role/{name}",), "$request.path.name"),
    "POST /api/spaces/space": Made(("/api/spaces/space/{id}",), _ID),
}


def links_of(route: Route, routes: Sequence[Route], operation_id: Callable[[Route], str]) -> JsonObject:
    """The links of a route's answer, by the ids of the operations that they lead to; none if it makes nothing."""
    made = MADE.get(f"{route.method} {route.path}")
    if made is None:
        return {}
    return {
        operation_id(other): {"operationId": operation_id(other), "parameters": {**made.given, parameter: made.name}}
        for other in routes
        if other is not route and (parameter := _parameter_for(made, other.path)) is not None
    }


def _parameter_for(made: Made, path: str) -> str | None:
    """What stands in a path for the id of what was made."""
    for start in made.paths:
        if path == start or path.startswith(f"{start}/"):
            return start.rpartition("{")[2].removesuffix("}")
    return None
