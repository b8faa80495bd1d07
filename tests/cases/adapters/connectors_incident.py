"""Cases of connectors_incident: what connectors of incident products take, send step by step, and make of answers."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from engine.model.connector import Connector, ConnectorResult
from engine.model.errors import InvalidInput
from engine.model.settings import EngineSettings
from engine.ports.connector import ConnectorType
from engine.ports.http import HttpResponse
from engine.ports.target import read_target
from engine.search.recording import RecordingSearch
from engine.service.connector_execution import ConnectorRunner
from engine.template.params import compile_params
from engine.template.values import prepare_variables
from tests.cases.adapters.connector_expectations import check_result
from tests.cases.adapters.connector_remote import RemoteHttp, Sent, failure_of, response_of
from tests.cases.adapters.connector_rule import GIVEN_OF_RULE, RuleOfCase
from tests.cases.adapters.framework_settings import with_actions
from tests.cases.adapters.incident_matching import find_difference
from tests.cases.matching import assert_equal, assert_subset, require_known
from tocsin.composition import builtin_registry

Json = dict[str, Any]

_OF_CONNECTOR = {"op", "connector_type_id", "connector_id", "config", "secrets", "params", "settings"}
_OF_NETWORK = {"http", "http_by_url", "network_error", "variables"}
_OUTCOME = {"result", "requests", "request_subsets", "request_count", "no_request"}
_REQUEST = {"method", "url", "headers", "headers_absent", "json", "form", "no_body"}


def run_case(case: Json) -> None:
    """Run one case; AssertionError says what differs."""
    given, expected = _with_keys(case["given"]), _with_keys(case["expect"])
    match given["op"]:
        case "validate_config" | "validate_secrets" | "validate_params" | "validate_connector":
            _check_validation(given, expected)
        case "render_params":
            require_known(expected, {"params"}, "expect")
            assert_equal(_rendered(given), expected["params"], "params")
        case "execute":
            asyncio.run(_execute(given, expected, given.get("params", {})))
        case "render_and_execute":
            asyncio.run(_execute(given, expected, _rendered(given)))
        case "rule_action":
            asyncio.run(_execute_by_rule(given, expected))
        case op:
            raise AssertionError(f"unknown shape: op {op!r}")


@cache
def _key_texts() -> Mapping[str, str]:
    """A key pair in PEM, by the texts that stand for it in cases."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return {"<RSA-PEM-1>": private.decode(), "<RSA-PUB-1>": public.decode()}


def _with_keys(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("<RSA-"):
        return _key_texts()[value]
    if isinstance(value, dict):
        return {name: _with_keys(member) for name, member in value.items()}
    return [_with_keys(element) for element in value] if isinstance(value, list) else value


def _connector_type(given: Json) -> ConnectorType:
    connector_type = builtin_registry().connector_type(given["connector_type_id"])
    assert connector_type is not None, f"connector type {given['connector_type_id']} is not built yet"
    return connector_type


def _settings(given: Json) -> EngineSettings:
    settings = dict(given.get("settings", {}))
    return with_actions(EngineSettings(public_base_url=settings.pop("publicBaseUrl", None)), settings)


# validation and rendering


def _check_validation(given: Json, expected: Json) -> None:
    connector_type = _connector_type(given)
    require_known(given, _OF_CONNECTOR, "given")
    require_known(expected, {"valid", "normalized", "normalized_subset"}, "expect")
    found = _validated_or_refused(connector_type, given)
    assert expected["valid"] is not isinstance(found, InvalidInput), f"found: {found}"
    if "normalized" in expected:
        assert_equal(found, expected["normalized"], "normalized")
    if "normalized_subset" in expected:
        assert_subset(found, expected["normalized_subset"], "normalized")


def _validated_or_refused(connector_type: ConnectorType, given: Json) -> Json | InvalidInput:
    try:
        return _validate(connector_type, given)
    except InvalidInput as error:
        return error


def _validate(connector_type: ConnectorType, given: Json) -> Json:
    http = _settings(given).http
    match given["op"]:
        case "validate_config":
            return connector_type.validate_config(given["config"], http)
        case "validate_secrets":
            return connector_type.validate_secrets(given["secrets"], http)
        case "validate_params":
            return connector_type.validate_params(given["params"])
    config = connector_type.validate_config(given.get("config", {}), http)
    secrets = connector_type.validate_secrets(given.get("secrets", {}), http)
    connector_type.validate_connector(config, secrets)
    return {"config": config, "secrets": secrets}


def _rendered(given: Json) -> Json:
    require_known(given, _OF_CONNECTOR | _OF_NETWORK, "given")
    treatment = _connector_type(given).template_treatment.of_connector(given.get("connector_id", "c1"))
    compiled = compile_params(given["params"], treatment)
    return compiled.render(prepare_variables(given.get("variables", {}))).params


# execution


class _Script:
    """Answers to successive requests; those of ``http_by_url`` whenever their URL is asked for.

    ``unanswered``: what it had no answer for; the connector takes that for a failure of its own.
    """

    def __init__(self, given: Json) -> None:
        self._answers: Sequence[Json] = given.get("http", ())
        self._by_url = {_canonical_url(url): index for url, index in given.get("http_by_url", {}).items()}
        self._error = given.get("network_error")
        self._asked = 0
        self.unanswered: list[str] = []

    def of(self, url: str) -> HttpResponse:
        if self._error is not None:
            raise failure_of(self._error)
        index = self._by_url.get(_canonical_url(url), self._asked)
        self._asked += 1
        if index >= len(self._answers):
            self.unanswered.append(url)
            return HttpResponse(500, "", {}, b"")
        return response_of(self._answers[index])


async def _execute(given: Json, expected: Json, params: Json) -> None:
    require_known(given, _OF_CONNECTOR | _OF_NETWORK, "given")
    await _check_execution(given, expected, params)


async def _execute_by_rule(given: Json, expected: Json) -> None:
    """The params are those that one run of a rule queues."""
    require_known(given, _OF_CONNECTOR | _OF_NETWORK | GIVEN_OF_RULE, "given")
    rule = RuleOfCase(given, _settings(given).public_base_url)
    await _check_execution(given, expected, await rule.queued_params(_connector(given)))


async def _check_execution(given: Json, expected: Json, params: Json) -> None:
    require_known(expected, _OUTCOME, "expect")
    _connector_type(given)
    settings = _settings(given)
    script = _Script(given)
    http = RemoteHttp(settings.http, script)
    runner = ConnectorRunner(builtin_registry(), http, settings.http, search=RecordingSearch())
    result = await runner.execute(_connector(given), params, datetime.now(UTC), "n-1")
    assert not script.unanswered, f"the case has no answer for {script.unanswered}"
    _check_outcome(result, http.sent, expected)


def _connector(given: Json) -> Connector:
    type_id = given["connector_type_id"]
    return Connector(
        given.get("connector_id", "c1"), "tested", type_id, given.get("config", {}), given.get("secrets", {})
    )


# what came of it


def _check_outcome(result: ConnectorResult, sent: Sequence[Sent], expected: Json) -> None:
    if expected.get("no_request"):
        assert not sent, f"sent: {sent}"
    if "request_count" in expected:
        assert len(sent) == expected["request_count"], f"sent: {sent}"
    if "requests" in expected:
        assert len(sent) == len(expected["requests"]), f"sent: {[(one.method, one.url) for one in sent]}; {result}"
        for one, wanted in zip(sent, expected["requests"], strict=True):
            require_known(wanted, _REQUEST, "request")
            _check_request(one, wanted)
    for subset in expected.get("request_subsets", ()):
        require_known(subset, _REQUEST | {"index", "json_subset"}, "request subset")
        _check_request(sent[subset["index"]], subset)
        if "json_subset" in subset:
            _check(_json(sent[subset["index"]]), subset["json_subset"], "json", is_subset=True)
    wanted_result = dict(expected.get("result", {}))
    if "data" in wanted_result:
        _check(result.data, wanted_result.pop("data"), "data")
    if "data_subset" in wanted_result:
        _check(result.data, wanted_result.pop("data_subset"), "data", is_subset=True)
    check_result(result, "c1", wanted_result)


def _check_request(sent: Sent, expected: Json) -> None:
    if "method" in expected:
        assert sent.method == expected["method"], f"method: {sent.method} {sent.url}"
    if "url" in expected:
        found, wanted = _canonical_url(sent.url), _canonical_url(expected["url"])
        assert found == wanted, f"url: {sent.url}"
    headers = {name.lower(): value for name, value in sent.headers.items()}
    for name, value in expected.get("headers", {}).items():
        assert headers.get(name.lower()) == value, f"header {name}: {headers.get(name.lower())!r}"
    for name in expected.get("headers_absent", ()):
        assert name.lower() not in headers, f"header {name}: {headers[name.lower()]!r}"
    if expected.get("no_body"):
        assert not sent.body, f"body: {sent.body!r}"
    if "json" in expected:
        _check(_json(sent), expected["json"], "json")
    if "form" in expected:
        form = dict(parse_qsl((sent.body or b"").decode(), keep_blank_values=True))
        _check(form, expected["form"], "form")


def _json(sent: Sent) -> Any:
    return orjson.loads(sent.body or b"null")


def _check(found: Any, expected: Any, where: str, *, is_subset: bool = False) -> None:
    difference = find_difference(found, expected, where, is_subset=is_subset)
    assert difference is None, difference


def _canonical_url(url: str) -> tuple[str, str, str, tuple[tuple[str, str], ...]]:
    """The parts of a URL, percent-decoded; the order of its query does not count."""
    parts = urlsplit(read_target(url).url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    return parts.scheme, parts.netloc, unquote(parts.path), tuple(sorted(query))
