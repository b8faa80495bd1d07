"""The reference: every route is in it, the document is valid, and its examples are what the routes take."""

import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from engine.api.answer_schemas import ANSWERS
from engine.api.docs_page import CONTENT_POLICY
from engine.api.examples import BODIES
from engine.api.links import MADE
from engine.api.route import Route
from engine.operations.validation import parse_model
from tocsin.http_api import ApiContext, api_routes


@pytest.fixture
def routes(served: Any) -> tuple[Route, ...]:
    return api_routes(served.engine.parts, ApiContext())


async def test_the_document_is_valid_and_holds_every_route(served: Any, routes: tuple[Route, ...]) -> None:
    answered = await served("GET", "/openapi.json", headers={})
    assert (answered.status, answered.json["openapi"]) == (200, "3.1.0")
    OpenAPIV31SpecValidator(answered.json).validate()
    described = {(method.upper(), path) for path, methods in answered.json["paths"].items() for method in methods}
    assert described == {(route.method, route.path) for route in routes}
    assert all(route.summary for route in routes if route.is_public)


async def test_what_routes_declare_is_told(served: Any) -> None:
    document = (await served("GET", "/openapi.json")).json
    mute = document["paths"]["/api/alerting/rule/{rule_id}/alert/{alert_id}/_mute"]["post"]
    named = {each.get("name", each.get("$ref")): each for each in mute["parameters"]}
    assert list(named) == ["rule_id", "alert_id", "validate_alerts_existence", "#/components/parameters/xsrf"]
    assert named["validate_alerts_existence"]["schema"]["type"] == "boolean"
    assert named["rule_id"]["required"]
    assert not named["validate_alerts_existence"]["required"]
    assert not mute["requestBody"]["required"]
    assert document["paths"]["/-/healthy"]["get"]["security"] == []
    assert document["paths"]["/api/cases"]["patch"]["responses"]["4XX"] == {"$ref": "#/components/responses/Error"}


async def test_members_that_take_no_null_are_told_without(served: Any) -> None:
    schemas = (await served("GET", "/openapi.json")).json["components"]["schemas"]
    body = schemas["CreateBody"]
    assert body["additionalProperties"] is False
    assert body["required"] == ["name", "rule_type_id", "consumer", "schedule"]
    assert body["properties"]["alert_delay"] == {"$ref": "#/components/schemas/AlertDelayBody"}
    assert {"type": "null"} in body["properties"]["throttle"]["anyOf"]
    recurring = schemas["RecurringBody"]["properties"]
    assert (recurring["occurrences"]["minimum"], recurring["onWeekDay"]["minItems"]) == (1, 1)


async def test_how_texts_are_written_is_told(served: Any) -> None:
    document = (await served("GET", "/openapi.json")).json
    schemas = document["components"]["schemas"]
    assert schemas["body.ScheduleBody"]["properties"]["interval"]["pattern"] == "^([1-9][0-9]*[smhd])$"
    assert schemas["RecurringBody"]["properties"]["end"]["format"] == "date-time"
    assert schemas["CustomSchedule"]["properties"]["timezone"] == {"format": "time-zone", "type": "string"}
    assert schemas["KibanaBody"]["properties"]["spaces"]["anyOf"][0] == {"const": ["*"]}
    assert schemas["KibanaBody"]["properties"]["feature"]["additionalProperties"] is False
    assert document["components"]["parameters"]["xsrf"]["schema"] == {"type": "string"}


async def test_what_may_stand_alone_or_be_json_is_told(served: Any) -> None:
    document = (await served("GET", "/openapi.json")).json
    asked = {each["name"]: each for each in document["paths"]["/api/alerting/rules/_find"]["get"]["parameters"]}
    assert asked["search_fields"]["schema"]["type"] == "array"
    assert asked["search"]["schema"] == {"type": "string"}
    assert list(asked["has_reference"]["content"]) == ["application/json"]
    fields = document["components"]["schemas"]["InternalFindBody"]["properties"]["search_fields"]
    assert [choice["type"] for choice in fields["anyOf"]] == ["array", "string"]
    disable = document["paths"]["/api/alerting/rule/{id}/_disable"]["post"]["requestBody"]["content"]
    assert {"type": "null"} in disable["application/json"]["schema"]["anyOf"]


async def test_what_was_made_leads_to_what_can_be_done_with_it(served: Any) -> None:
    paths = (await served("GET", "/openapi.json")).json["paths"]
    for made in MADE:
        method, path = made.split(" ")
        assert any(answer.get("links") for answer in paths[path][method.lower()]["responses"].values()), made
    links = paths["/api/alerting/rule/{id}/snooze_schedule"]["post"]["responses"]["200"]["links"]
    assert [link["parameters"] for link in links.values()] == [
        {"rule_id": "$request.path.id", "schedule_id": "$response.body#/schedule/id"}
    ]


def test_examples_are_what_their_routes_take(routes: tuple[Route, ...]) -> None:
    known = {f"{route.method} {route.path}": route.body for route in routes}
    for name, example in BODIES.items():
        body = known[name]
        assert body is not None, name
        parse_model(body, example)


def test_answers_are_told_of_routes_that_there_are(routes: tuple[Route, ...]) -> None:
    assert set(ANSWERS) - {f"{route.method} {route.path}" for route in routes} == set()


async def test_the_page_needs_nothing_from_elsewhere(served: Any, routes: tuple[Route, ...]) -> None:
    answered = await served("GET", "/docs", headers={})
    page = answered.content.decode()
    assert answered.headers["content-type"] == "text/html; charset=utf-8"
    assert answered.headers["content-security-policy"] == CONTENT_POLICY
    assert "<script" not in page
    assert not re.search(r"""(src|href)=["']?(https?:)?//|@import|url\(""", page)
    assert all(f"{route.method} {route.path}" in page for route in routes)
    targets = set(re.findall(r'id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= targets
