"""The API as an OpenAPI 3.1 document, made from the routes themselves."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import BaseModel

from engine.api.answer_schemas import ANSWERS, SCHEMAS, Answered, reference_to
from engine.api.body_schemas import schemas_of
from engine.api.examples import BODIES
from engine.api.links import links_of
from engine.api.route import Route
from engine.model.jsonvalue import JsonObject
from engine.model.version import ENGINE_VERSION

_PARAMETER: Final = re.compile(r"\{([a-zA-Z_]+)\}")
_ERROR: Final[JsonObject] = {"$ref": "#/components/responses/Error"}
_XSRF: Final[JsonObject] = {"$ref": "#/components/parameters/xsrf"}
_DESCRIPTION: Final = (
    "Kibana's API for alerting, connectors, maintenance windows, data views, roles and cases, and what Tocsin adds "
    "under `/api/tocsin/v1`. Paths may begin with `/s/{space}`, but those of the program itself. Requests that change "
    "something need the header `kbn-xsrf`, with any value."
)
_TAGS: Final[Mapping[str, str]] = {
    "/api/alerting/rules/_find": "Rules",
    "/api/alerting/rules/backfill": "Backfills",
    "/api/alerting/rule": "Rules",
    "/internal/alerting/rules/backfill": "Backfills",
    "/internal/alerting/rules/maintenance_window": "Maintenance windows",
    "/internal/alerting/rules/settings": "Settings",
    "/internal/alerting": "Rules",
    "/api/alerting": "Rules",
    "/api/actions": "Connectors",
    "/internal/actions": "Connectors",
    "/api/maintenance_window": "Maintenance windows",
    "/api/data_views": "Data views",
    "/api/index_patterns": "Data views",
    "/api/security": "Roles",
    "/api/cases": "Cases",
    "/api/spaces": "Spaces",
    "/api/tocsin": "Tocsin",
    "/api/v1": "Prometheus",
}
_OTHER_TAG: Final = "The program"


def describe(routes: Sequence[Route]) -> JsonObject:
    """The document of the routes."""
    models = {model for route in routes for model in (route.body, route.query) if model is not None}
    by_model, shared = schemas_of(models)
    parameters = {}
    for query in {route.query for route in routes if route.query is not None}:
        parameters[query] = _query_parameters(shared.pop(by_model[query]["$ref"].rpartition("/")[2]))
    paths: dict[str, JsonObject] = {}
    for route in routes:
        operation = _operation(route, by_model, parameters)
        if links := links_of(route, routes, _operation_id):
            _when_well(operation)["links"] = links
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tocsin", "version": ENGINE_VERSION, "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "security": [{"apiKey": []}, {"basic": []}],
        "tags": [{"name": name} for name in dict.fromkeys(tag_of(route.path) for route in routes)],
        "paths": paths,
        "components": {
            "schemas": {**SCHEMAS, **shared},
            "responses": {
                "Error": {
                    "description": "What is wrong, where, and what to do about it.",
                    "content": {"application/json": {"schema": reference_to("Error")}},
                }
            },
            "parameters": {
                "xsrf": {
                    "name": "kbn-xsrf",
                    "in": "header",
                    "required": True,
                    "description": "Any value: what another site's page cannot send.",
                    "schema": {"type": "string"},
                    "example": "true",
                }
            },
            "securitySchemes": {
                "apiKey": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`ApiKey` and a space before the key, as `tocsin keys create` prints it.",
                },
                "basic": {"type": "http", "scheme": "basic"},
            },
        },
    }


def tag_of(path: str) -> str:
    """The part of the reference that a path belongs to."""
    return next((tag for start, tag in _TAGS.items() if path.startswith(start)), _OTHER_TAG)


def answer_of(route: Route) -> Answered | None:
    """What the route answers when all is well; None: some JSON, that no schema tells."""
    if route.method == "DELETE" and f"DELETE {route.path}" not in ANSWERS:
        return None
    return ANSWERS.get(f"{route.method} {route.path}")


def _operation(
    route: Route, bodies: Mapping[type[BaseModel], JsonObject], queries: Mapping[type[BaseModel], list[JsonObject]]
) -> JsonObject:
    operation: JsonObject = {
        "operationId": _operation_id(route),
        "summary": route.summary or _operation_id(route),
        "tags": [tag_of(route.path)],
    }
    parameters = [*_path_parameters(route.path), *([] if route.query is None else queries[route.query])]
    if route.method != "GET":
        parameters.append(_XSRF)
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = _request_body(route, bodies[route.body])
    operation["responses"] = _responses(route)
    if route.is_open:
        operation["security"] = []
    return operation


def _operation_id(route: Route) -> str:
    words = re.findall(r"[a-zA-Z0-9]+", route.path)
    return "_".join([route.method.lower(), *words])


def _path_parameters(path: str) -> list[JsonObject]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _PARAMETER.findall(path)
    ]


def _request_body(route: Route, schema: JsonObject) -> JsonObject:
    content: JsonObject = {"schema": {"anyOf": [schema, {"type": "null"}]} if route.body_is_optional else schema}
    example = route.examples or BODIES.get(f"{route.method} {route.path}")
    if example is not None and example != {}:
        content["example"] = example
    return {"required": not route.body_is_optional, "content": {"application/json": content}}


def _responses(route: Route) -> JsonObject:
    errors: JsonObject = {"4XX": _ERROR, "5XX": _ERROR}
    answered = answer_of(route)
    if answered is None:
        return {"2XX": {"description": "Done."}, **errors}
    shown: JsonObject = {"description": "Done."}
    if answered.schema is not None:
        shown["content"] = {answered.media_type: {"schema": reference_to(answered.schema)}}
    return {str(answered.status): shown, **errors}


def _when_well(operation: JsonObject) -> JsonObject:
    """What is told of the answer when all is well."""
    return next(answer for status, answer in operation["responses"].items() if status.startswith("2"))


def _query_parameters(schema: JsonObject) -> list[JsonObject]:
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, **_query_value(member)}
        for name, member in schema.get("properties", {}).items()
    ]


def _query_value(schema: JsonObject) -> JsonObject:
    """What a parameter is made of: what holds objects is written as JSON, and a list is one when it is given once."""
    if _holds_objects(schema):
        return {"content": {"application/json": {"schema": schema}}}
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    as_list = next((choice for choice in choices if choice.get("type") == "array"), None)
    if as_list is not None:
        return {"schema": as_list}
    # An absent parameter is the only null that a query string can tell.
    return {"schema": choices[0] if len(choices) == 1 else schema}


def _holds_objects(schema: JsonObject) -> bool:
    within = [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])]
    return "$ref" in schema or schema.get("type") == "object" or any(_holds_objects(each) for each in within)
