"""Cases of connectors_core: what everyday connectors take, send, and make of answers."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from engine.model.connector import Connector, ConnectorResult
from engine.model.errors import InvalidInput
from engine.model.settings import EngineSettings
from engine.ports.connector import ConnectorType
from engine.ports.search import SearchPort
from engine.search.recording import RecordingSearch
from engine.service.connector_execution import ConnectorRunner
from engine.template.params import compile_params
from engine.template.values import prepare_variables
from tests.cases.adapters.connector_expectations import check_log, check_request, check_result
from tests.cases.adapters.connector_http import check_http_execute
from tests.cases.adapters.connector_remote import Answers, RemoteCluster, RemoteHttp, Sent
from tests.cases.adapters.connector_rule import GIVEN_OF_RULE, RuleOfCase
from tests.cases.adapters.framework_settings import with_actions
from tests.cases.matching import assert_equal, assert_subset, require_known
from tocsin.composition import builtin_registry

Json = dict[str, Any]

_OF_CONNECTOR = {"op", "connector_type_id", "connector_id", "config", "secrets", "params", "settings"}
_OF_NETWORK = {"http_response", "http_responses", "network_error"}
_OUTCOME = {"result", "request", "requests", "log", "no_request", "nothing_sent", "request_counts"}
_LEVELS = {5: "trace", 10: "debug", 20: "info", 30: "warn", 40: "error", 50: "fatal"}


def run_case(case: Json) -> None:
    """Run one case; AssertionError says what differs."""
    given, expected = case["given"], case["expect"]
    match given["op"]:
        case "validate_config" | "validate_secrets" | "validate_params" | "validate_connector":
            _check_validation(given, expected)
        case "execute":
            asyncio.run(_Execution(given, expected).run())
        case "execute_twice":
            asyncio.run(_Execution(given, expected).run(times=2))
        case "render_and_execute":
            asyncio.run(_Execution(given, expected).run(is_rendering=True))
        case "rule_action":
            asyncio.run(_Execution(given, expected).run_by_rule())
        case "http_execute":
            asyncio.run(check_http_execute(given, expected, _engine_settings(given).http))
        case "email_transport":
            _connector_type(given)
            raise AssertionError("e-mail is not built yet")
        case op:
            raise AssertionError(f"unknown shape: op {op!r}")


def _connector_type(given: Json) -> ConnectorType:
    connector_type = builtin_registry().connector_type(given["connector_type_id"])
    assert connector_type is not None, f"connector type {given['connector_type_id']} is not built yet"
    return connector_type


def _engine_settings(given: Json) -> EngineSettings:
    """All but ``publicBaseUrl`` are settings of ``actions``, which refuses what it does not know."""
    settings = dict(given.get("settings", {}))
    public_base_url = settings.pop("publicBaseUrl", None)
    return with_actions(EngineSettings(public_base_url=public_base_url), settings)


# validation


def _check_validation(given: Json, expected: Json) -> None:
    connector_type = _connector_type(given)
    require_known(given, _OF_CONNECTOR, "given")
    require_known(expected, {"valid", "normalized", "normalized_subset"}, "expect")
    stored = _stored_or_refused(connector_type, given)
    assert expected["valid"] is not isinstance(stored, InvalidInput), f"found: {stored}"
    if "normalized" in expected:
        assert_equal(stored, expected["normalized"], "normalized")
    if "normalized_subset" in expected:
        assert_subset(stored, expected["normalized_subset"], "normalized")


def _stored_or_refused(connector_type: ConnectorType, given: Json) -> Json | InvalidInput:
    try:
        return _validate(connector_type, given)
    except InvalidInput as error:
        return error


def _validate(connector_type: ConnectorType, given: Json) -> Json:
    settings = _engine_settings(given).http
    match given["op"]:
        case "validate_config":
            return connector_type.validate_config(given["config"], settings)
        case "validate_secrets":
            return connector_type.validate_secrets(given["secrets"], settings)
        case "validate_params":
            return connector_type.validate_params(given["params"])
    config = connector_type.validate_config(given.get("config", {}), settings)
    secrets = connector_type.validate_secrets(given.get("secrets", {}), settings)
    connector_type.validate_connector(config, secrets)
    return {"config": config, "secrets": secrets}


# execution


class _Execution:
    """Executes the connector of a case, and compares what came of it."""

    def __init__(self, given: Json, expected: Json) -> None:
        self._type = _connector_type(given)
        require_known(given, _OF_CONNECTOR | _OF_NETWORK | GIVEN_OF_RULE | {"variables"}, "given")
        require_known(expected, _OUTCOME, "expect")
        self._given, self._expected = given, expected
        self._settings = _engine_settings(given)
        self._http = RemoteHttp(self._settings.http, Answers(given))
        self._cluster: RemoteCluster | None = None
        self._connector = Connector(
            given.get("connector_id", "c1"),
            "tested",
            given["connector_type_id"],
            given.get("config", {}),
            given.get("secrets", {}),
        )

    async def run(self, *, times: int = 1, is_rendering: bool = False) -> None:
        params = self._rendered() if is_rendering else self._given.get("params", {})
        results = []
        with _logged() as records:
            async with AsyncExitStack() as stack:
                search = await self._open_search(stack)
                runner = ConnectorRunner(builtin_registry(), self._http, self._settings.http, search=search)
                for _ in range(times):
                    results.append(await runner.execute(self._connector, params, datetime.now(UTC)))
        self._check_sent()
        if "log" in self._expected:
            check_log(records, self._expected["log"])
        self._check_results(results)

    async def _open_search(self, stack: AsyncExitStack) -> SearchPort:
        """A cluster for the connector that writes into one; starting it takes a while."""
        if self._connector.connector_type_id != ".index":
            return RecordingSearch()
        self._cluster = await stack.enter_async_context(RemoteCluster(Answers(self._given)))
        return self._cluster.search

    def _rendered(self) -> Json:
        treatment = self._type.template_treatment.of_connector(self._connector.id)
        compiled = compile_params(self._given.get("params", {}), treatment)
        return compiled.render(prepare_variables(self._given.get("variables", {}))).params

    async def run_by_rule(self) -> None:
        """One run of a rule with one alert; the params that its action queues are what is executed."""
        rule = RuleOfCase(self._given, self._settings.public_base_url)
        params = await rule.queued_params(self._connector)
        async with AsyncExitStack() as stack:
            search = await self._open_search(stack)
            runner = ConnectorRunner(builtin_registry(), self._http, self._settings.http, search=search)
            result = await runner.execute(self._connector, params, datetime.now(UTC), "n-1")
        self._check_sent()
        self._check_results([result])

    # what came of it

    @property
    def _sent(self) -> list[Sent]:
        return self._http.sent + ([] if self._cluster is None else self._cluster.sent)

    def _check_sent(self) -> None:
        expected, sent = self._expected, self._sent
        if expected.get("no_request") or expected.get("nothing_sent"):
            assert sent == [], f"sent: {sent}"
        if "request" in expected:
            request = dict(expected["request"])
            if request.pop("no_request", False) or request.pop("nothing_sent", False):
                assert sent == [], f"sent: {sent}"
            else:
                assert sent, "nothing was sent"
                # What fetched a token before is not what the case asks for.
                check_request(sent[-1], request)
        if "requests" in expected:
            assert len(sent) == len(expected["requests"]), f"sent: {sent}"
            for one, wanted in zip(sent, expected["requests"], strict=True):
                check_request(one, wanted)
        for name, count in expected.get("request_counts", {}).items():
            assert self._count(name) == count, f"requests to {name}: {self._count(name)}"

    def _count(self, name: str) -> int:
        """How many requests went to a URL, or to the one that a name stands for."""
        if "://" not in name:
            config = self._given["config"]
            name = config["accessTokenUrl"] if "token" in name.lower() else config["url"]
        return sum(urlsplit(one.url) == urlsplit(name) for one in self._sent)

    def _check_results(self, results: list[ConnectorResult]) -> None:
        if "result" in self._expected:
            check_result(results[-1], self._connector.id, self._expected["result"])


@contextmanager
def _logged() -> Iterator[list[tuple[str, str]]]:
    """What the server log connector writes meanwhile, as (level, text)."""
    records: list[tuple[str, str]] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append((_LEVELS[record.levelno], record.getMessage()))

    logger = logging.getLogger("tocsin.connectors.server_log")
    level, keeper = logger.level, Keeper()
    logger.addHandler(keeper)
    logger.setLevel(1)
    try:
        yield records
    finally:
        logger.setLevel(level)
        logger.removeHandler(keeper)
