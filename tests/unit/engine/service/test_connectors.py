"""Connectors from definitions, and how they are found (connector-framework.md 1, 4)."""

import pytest

from connectors.builtin import builtin_connector_types
from engine.model.connector import Connector
from engine.model.errors import Conflict, InvalidInput
from engine.model.jsonvalue import JsonObject
from engine.model.settings import HttpSettings
from engine.ports.registry import Registry
from engine.service.connectors import PreconfiguredConnectors, build_connector

HOOK = {"id": "hook", "name": "Hook", "connector_type_id": ".webhook", "config": {"url": "https://h.example/"}}


def build(definition: JsonObject, allowed_hosts: tuple[str, ...] = ("*",)) -> Connector:
    registry = Registry()
    for connector_type in builtin_connector_types():
        registry.add_connector_type(connector_type)
    settings = HttpSettings(allowed_hosts=allowed_hosts)
    return build_connector(definition, registry=registry, settings=settings, is_preconfigured=True)


def refusal(definition: JsonObject, allowed_hosts: tuple[str, ...] = ("*",)) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        build(definition, allowed_hosts)
    return caught.value


def test_config_and_secrets_are_kept_in_their_validated_form() -> None:
    connector = build({**HOOK, "secrets": {"user": "bob", "password": "hush-hush"}})
    assert (connector.id, connector.name, connector.is_preconfigured) == ("hook", "Hook", True)
    assert connector.config == {"url": "https://h.example/", "method": "post", "headers": None, "hasAuth": True}
    assert connector.secrets["user"] == "bob"
    assert connector.secrets["crt"] is None
    assert "hush-hush" not in repr(connector)


def test_config_and_secrets_may_be_left_out() -> None:
    assert build({"id": "log", "name": "Log", "connector_type_id": ".server-log"}).config == {}


def test_without_an_id_the_name_makes_one() -> None:
    def id_of(name: str) -> str:
        return build({"name": name, "connector_type_id": ".server-log"}).id

    assert id_of("Log") == id_of("Log") != id_of("Other")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": "  "}, "name"),
        ({"name": 1}, "name"),
        ({"connector_type_id": ""}, "connector_type_id"),
        ({"connector_type_id": ".nothing"}, "connector_type_id"),
        ({"id": ""}, "id"),
        ({"id": "__proto__"}, "id"),
        ({"id": 7}, "id"),
        ({"config": []}, "config"),
        ({"config": None}, "config"),
        ({"secrets": "x"}, "secrets"),
        ({"actionTypeId": ".webhook"}, "actionTypeId"),
        ({"config": {"url": "https://h.example/", "headers": {"X-Key": " "}}}, "config.headers.X-Key"),
        ({"secrets": {"user": "", "password": "p"}}, "secrets.user"),
        ({"config": {"url": "nowhere"}}, "config.url"),
        ({"config": {}}, "config.url"),
        ({"secrets": {"user": "bob"}}, "secrets"),
        ({"secrets": {"secretHeaders": {"a b": "v"}}}, "secrets.secretHeaders.a b"),
        ({"config": {"url": "https://h.example/", "ca": "no base64!"}}, "config.ca"),
        ({"secrets": {"pfx": "no base64!"}}, "secrets.pfx"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(changes: JsonObject, path: str) -> None:
    assert [problem.path for problem in refusal(HOOK | changes).problems] == [path]


@pytest.mark.parametrize("missing", ["name", "connector_type_id"])
def test_name_and_type_are_required(missing: str) -> None:
    assert refusal({key: value for key, value in HOOK.items() if key != missing}).problems[0].path == missing


def test_config_is_judged_before_secrets() -> None:
    error = refusal({**HOOK, "config": {"url": "nowhere"}, "secrets": {"user": "bob"}})
    assert [problem.path for problem in error.problems] == ["config.url"]


def test_the_host_must_be_allowed() -> None:
    assert "h.example" in str(refusal(HOOK, allowed_hosts=("other.example",)))


def test_an_unknown_type_is_refused_with_the_known_ones() -> None:
    assert ".server-log, .slack, .webhook" in str(refusal({**HOOK, "connector_type_id": ".nothing"}))


def test_preconfigured_connectors_are_seen_in_every_space() -> None:
    connectors = PreconfiguredConnectors([build(HOOK)])
    for space in ("default", "other"):
        found = connectors.get(space, "hook")
        assert found is not None
        assert found.name == "Hook"
    assert connectors.get("default", "nothing") is None


def test_an_id_is_taken_once() -> None:
    connectors = PreconfiguredConnectors([build(HOOK)])
    with pytest.raises(Conflict, match="hook"):
        connectors.add(build({**HOOK, "name": "Another"}))
    assert [connector.name for connector in connectors.all()] == ["Hook"]
