"""Connectors over HTTP: answers, status codes and their order (connector-framework.md 11)."""

from dataclasses import replace
from typing import Any

import pytest

from engine.api.connectors import routes
from engine.model.connector import Connector
from engine.model.settings import EngineSettings
from engine.security.caller import NOBODY
from tocsin.http_api import ApiContext, build_api

Served = Any

PATH = "/api/actions/connector"
HOOK = {
    "name": "Hook",
    "connector_type_id": ".webhook",
    "config": {"url": "https://h.example/"},
    "secrets": {"user": "ann", "password": "hush-hush"},
}
LOG = {"name": "Log", "connector_type_id": ".server-log"}
CHANGES = {name: value for name, value in HOOK.items() if name != "connector_type_id"}


async def test_the_life_of_a_connector(served: Served) -> None:
    created = await served("POST", f"{PATH}/hook", json=HOOK)
    assert created.status == 200
    assert created.json == {
        "id": "hook",
        "name": "Hook",
        "connector_type_id": ".webhook",
        "config": {"url": "https://h.example/", "method": "post", "headers": None, "hasAuth": True},
        "is_missing_secrets": False,
        "is_preconfigured": False,
        "is_system_action": False,
        "is_deprecated": False,
        "is_connector_type_deprecated": False,
        "auth_mode": "shared",
    }
    assert (await served("GET", f"{PATH}/hook")).json == created.json
    changed = await served("PUT", f"{PATH}/hook", json=CHANGES | {"name": "New"})
    assert (changed.status, changed.json) == (200, created.json | {"name": "New"})
    gone = await served("DELETE", f"{PATH}/hook")
    assert (gone.status, gone.content) == (204, b"")
    assert (await served("GET", f"{PATH}/hook")).status == 404


async def test_one_without_an_id_gets_one(served: Served) -> None:
    created = await served("POST", PATH, json=LOG)
    assert (await served("GET", f"{PATH}/{created.json['id']}")).json == created.json


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", PATH, {}, 400, "[request body.name]"),
        ("POST", PATH, LOG | {"foo": 1}, 400, "[request body.foo]"),
        ("POST", PATH, LOG | {"name": " "}, 400, "[request body.name]"),
        ("POST", PATH, HOOK | {"config": {"url": " "}}, 400, "[request body.config.url]"),
        ("POST", PATH, HOOK | {"secrets": {"user": ""}}, 400, "[request body.secrets.user]"),
        ("POST", PATH, LOG | {"connector_type_id": ".x"}, 400, "[request body.connector_type_id]"),
        ("POST", f"{PATH}/log", LOG, 400, "connector [log] is preconfigured"),
        ("POST", f"{PATH}/system-connector-.cases", LOG, 400, "system connector"),
        ("POST", f"{PATH}/there", LOG, 409, "connector [there]"),
        ("PUT", f"{PATH}/there", LOG, 400, "[request body.connector_type_id]"),
        ("PUT", f"{PATH}/log", {"name": "n"}, 400, "connector [log] is preconfigured"),
        ("PUT", f"{PATH}/system-connector-.cases", {"name": "n"}, 400, "system connector"),
        ("PUT", f"{PATH}/nothing", {"name": "n"}, 404, "connector [nothing]"),
        ("PUT", f"{PATH}/there", {"name": "n", "config": {"x": 1}}, 400, "[request body.config.x]"),
        ("DELETE", f"{PATH}/log", None, 400, "connector [log] is preconfigured"),
        ("DELETE", f"{PATH}/system-connector-.cases", None, 400, "system connector"),
        ("DELETE", f"{PATH}/nothing", None, 404, "connector [nothing]"),
        ("DELETE", f"{PATH}/there?forse=false", None, 400, "[request query.forse]"),
        ("GET", f"{PATH}/nothing", None, 404, "connector [nothing]"),
        ("GET", f"{PATH}/system-connector-.cases", None, 404, "connector [system-connector-.cases]"),
        ("GET", "/api/actions/connector_types?x=1", None, 400, "[request query.x]"),
        ("POST", f"{PATH}/there/_execute", {}, 400, "[request body.params]"),
        ("POST", f"{PATH}/there/_execute", {"params": []}, 400, "[request body.params]"),
        ("POST", f"{PATH}/there/_execute", {"params": {}, "x": 1}, 400, "[request body.x]"),
        ("POST", f"{PATH}/system-connector-.cases/_execute", {"params": {}}, 400, "system connector"),
        ("POST", f"{PATH}/nothing/_execute", {"params": {}}, 404, "connector [nothing]"),
    ],
)
async def test_what_is_refused(served: Served, method: str, path: str, body: Any, status: int, message: str) -> None:
    await served("POST", f"{PATH}/there", json=LOG)
    answered = await served(method, path, json=body)
    assert answered.status == status, answered.content
    assert answered.message.startswith(message)


async def test_secrets_stand_in_no_answer(served: Served) -> None:
    contents = [
        (await served("POST", f"{PATH}/hook", json=HOOK)).content,
        (await served("POST", f"{PATH}/hook", json=HOOK)).content,
        (await served("POST", PATH, json=HOOK | {"secrets": "hush-hush"})).content,
        (await served("POST", PATH, json=HOOK | {"secrets": {"user": ["hush-hush"]}})).content,
        (await served("PUT", f"{PATH}/hook", json=CHANGES)).content,
        (await served("GET", f"{PATH}/hook")).content,
        (await served("GET", "/api/actions/connectors")).content,
        (await served("POST", f"{PATH}/hook/_execute", json={"params": {"bad": 1}})).content,
    ]
    assert all(b"hush" not in content for content in contents)


async def test_the_list(served: Served) -> None:
    served.engine.parts.connectors.add(
        Connector("shown", "Shown", ".server-log", {"a": 1}, is_preconfigured=True, exposes_config=True)
    )
    served.engine.parts.connectors.add(Connector("system-connector-.x", "System", ".x", is_system_action=True))
    await served("POST", f"{PATH}/hook", json=HOOK)
    frequency = {"summary": False, "notify_when": "onActiveAlert"}
    action = {"id": "log", "group": "threshold met", "params": {"message": "m"}, "frequency": frequency}
    await served.create("r1", actions=[action])
    listed = (await served("GET", "/api/actions/connectors")).json
    assert [(each["id"], each["referenced_by_count"]) for each in listed] == [("hook", 0), ("log", 1), ("shown", 0)]
    assert [("config" in each, "is_missing_secrets" in each) for each in listed] == [
        (True, True),
        (False, False),
        (True, False),
    ]
    internal = (await served("GET", "/internal/actions/connectors")).json
    assert [each["id"] for each in internal] == ["hook", "log", "shown", "system-connector-.x"]


async def test_the_types(served: Served) -> None:
    types = (await served("GET", "/api/actions/connector_types")).json
    ids = [each["id"] for each in types]
    assert ids == sorted(ids)
    assert types[0] == {
        "id": ".index",
        "name": "Index",
        "enabled": True,
        "enabled_in_config": True,
        "enabled_in_license": True,
        "minimum_license_required": "basic",
        "supported_feature_ids": ["alerting", "uptime", "siem"],
        "is_system_action_type": False,
        "is_deprecated": False,
        "source": "stack",
    }
    for_siem = (await served("GET", "/api/actions/connector_types?feature_id=siem")).json
    assert ".index" in [each["id"] for each in for_siem]
    assert ".server-log" not in [each["id"] for each in for_siem]
    assert (await served("GET", "/api/actions/connector_types?feature_id=nothing")).json == []


async def test_executions_answer_200_whatever_they_come_to(served: Served) -> None:
    await served("POST", f"{PATH}/mine", json=LOG)
    done = await served("POST", f"{PATH}/mine/_execute", json={"params": {"message": "hello"}})
    assert (done.status, done.json) == (200, {"connector_id": "mine", "status": "ok"})
    failed = await served("POST", f"{PATH}/log/_execute", json={"params": {}})
    assert (failed.status, failed.json["status"], failed.json["errorSource"]) == (200, "error", "user")
    traces = await served.engine.parts.store.executions(["default"])
    assert [(trace.connector_id, trace.is_ok, trace.source) for trace in traces] == [
        ("mine", True, "http_request"),
        ("log", False, "http_request"),
    ]


async def test_one_that_rules_use_is_kept_if_asked_to(served: Served) -> None:
    await served("POST", f"{PATH}/mine", json=LOG)
    frequency = {"summary": False, "notify_when": "onActiveAlert"}
    action = {"id": "mine", "group": "threshold met", "params": {"message": "m"}, "frequency": frequency}
    await served.create("r1", actions=[action])
    kept = await served("DELETE", f"{PATH}/mine?force=false")
    assert (kept.status, "[r1]" in kept.message) == (409, True)
    assert (await served("DELETE", f"{PATH}/mine")).status == 204


async def test_without_a_key_the_answer_says_so(served: Served) -> None:
    await served("POST", f"{PATH}/mine", json=LOG)
    served.engine.parts.vault.use([])
    refused = await served("POST", PATH, json=LOG)
    assert (refused.status, "encryption key" in refused.message) == (500, True)
    failed = await served("POST", f"{PATH}/mine/_execute", json={"params": {"message": "m"}})
    assert (failed.status, failed.json["status"], failed.json["errorSource"]) == (200, "error", "framework")
    assert (await served("POST", f"{PATH}/log/_execute", json={"params": {"message": "m"}})).json["status"] == "ok"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/actions/connector_types", None, 200),
        ("GET", "/api/actions/connectors", None, 403),
        ("GET", f"{PATH}/nothing", None, 403),
        ("POST", f"{PATH}/log", LOG, 403),
        ("POST", PATH, LOG | {"connector_type_id": ".x"}, 403),
        ("POST", PATH, {}, 400),
        ("PUT", f"{PATH}/nothing", {"name": "n"}, 403),
        ("DELETE", f"{PATH}/nothing", None, 403),
        ("POST", f"{PATH}/nothing/_execute", {"params": {}}, 403),
        ("POST", f"{PATH}/nothing/_execute", {"params": None}, 400),
    ],
)
async def test_rights_are_judged_after_the_body_and_before_anything_is_looked_up(
    served: Served, method: str, path: str, body: Any, status: int
) -> None:
    async def authenticate(*_: object, **__: object) -> Any:
        return NOBODY

    served.app = build_api(served.engine.parts, ApiContext(authenticate=authenticate))
    assert (await served(method, path, json=body)).status == status


async def test_a_disabled_type(served: Served, client: Any) -> None:
    await served("POST", f"{PATH}/mine", json=LOG)
    settings = EngineSettings(enabled_connector_types=(".webhook",))
    parts = replace(served.engine.parts, settings=settings)
    send = client(routes(parts.connector_operations, parts.connector_executions, parts.registry, settings))
    assert (await send("POST", PATH, json=LOG)).status == 403
    assert (await send("PUT", f"{PATH}/mine", json={"name": "n"})).status == 403
    assert (await send("POST", f"{PATH}/mine/_execute", json={"params": {"message": "m"}})).status == 403
    assert (await send("POST", f"{PATH}/log/_execute", json={"params": {"message": "m"}})).status == 200
    assert (await send("GET", f"{PATH}/mine")).status == 200
    types = {each["id"]: each["enabled"] for each in (await send("GET", "/api/actions/connector_types")).json}
    assert (types[".server-log"], types[".webhook"]) == (False, True)
    assert (await send("DELETE", f"{PATH}/mine")).status == 204
