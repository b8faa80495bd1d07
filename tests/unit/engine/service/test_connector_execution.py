"""One execution: validation, time limit, results (connector-framework.md 4.3, 5.1, 5.2)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.model.connector import Connector, ConnectorResult
from engine.model.jsonvalue import JsonObject
from engine.model.settings import BreakerSettings, HttpSettings
from engine.operations.connector_secrets import seal_secrets
from engine.ports.connector import ConnectorExecution
from engine.ports.http import HttpFailure
from engine.ports.registry import Registry
from engine.service.connector_breaker import ConnectorBreaker
from engine.service.connector_execution import ConnectorRunner, describe_failure
from engine.vault.vault import AeadVault

AT = datetime(2024, 1, 1, 12, tzinfo=UTC)
# The fixtures of conftest.py; test folders are no packages to import from.
ScriptedType = Any
Execute = Callable[..., Awaitable[ConnectorResult]]


@pytest.fixture
def execute(scripted: ScriptedType, no_http: Any) -> Execute:
    registry = Registry()
    registry.add_connector_type(scripted)

    async def run(
        *,
        params: JsonObject | None = None,
        config: JsonObject | None = None,
        secrets: JsonObject | None = None,
        type_id: str = ".scripted",
        time_limit_s: float = 300,
        is_missing_secrets: bool = False,
    ) -> ConnectorResult:
        runner = ConnectorRunner(registry, no_http, HttpSettings(), time_limit_s)
        connector = Connector("c1", "one", type_id, config or {}, secrets or {}, is_missing_secrets=is_missing_secrets)
        return await runner.execute(connector, params or {}, AT, "n-1")

    return run


def behave(scripted: ScriptedType, outcome: object) -> None:
    async def behaviour(_: ConnectorExecution) -> object:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    scripted.behaviours["c1"] = behaviour


async def test_the_executor_gets_validated_values_the_instant_and_the_key(
    scripted: ScriptedType, execute: Execute
) -> None:
    result = await execute(params={"p": 1}, config={"c": 1}, secrets={"s": "1"})
    [execution] = scripted.executions
    assert execution.params == {"validated": True, "p": 1}
    assert execution.connector.config == {"validated": True, "c": 1}
    assert execution.connector.secrets == {"validated": True, "s": "1"}
    assert (execution.at, execution.idempotency_key) == (AT, "n-1")
    assert result == ConnectorResult("ok")


class TestInvalid:
    @pytest.mark.parametrize(
        ("invalid", "part", "source"),
        [
            (("params", "config", "secrets"), "params", "user"),
            (("config", "secrets"), "config", "framework"),
            (("secrets",), "secrets", "framework"),
        ],
    )
    async def test_the_first_invalid_part_is_the_result(
        self, scripted: ScriptedType, execute: Execute, invalid: tuple[str, ...], part: str, source: str
    ) -> None:
        scripted.is_crossed = True
        result = await execute(**{name: {"bad": "wrong"} for name in invalid})
        assert (result.status, result.retry, result.error_source) == ("error", False, source)
        assert result.message is not None
        assert part in result.message
        assert scripted.executions == []

    async def test_config_and_secrets_must_go_together(self, scripted: ScriptedType, execute: Execute) -> None:
        scripted.is_crossed = True
        result = await execute()
        assert (result.status, result.retry, result.error_source) == ("error", False, "framework")
        assert scripted.executions == []

    async def test_a_validator_that_breaks_is_a_result_too(
        self, scripted: ScriptedType, execute: Execute, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(scripted, "validate_params", {}.__getitem__)
        result = await execute(params={})
        assert (result.status, result.retry, result.error_source) == ("error", True, "framework")

    async def test_an_unknown_type_is_an_error_without_retry(self, execute: Execute) -> None:
        result = await execute(type_id=".gone")
        assert (result.status, result.retry, result.error_source) == ("error", False, "framework")
        assert ".gone" in (result.message or "")

    async def test_missing_secrets_are_the_users_error(self, scripted: ScriptedType, execute: Execute) -> None:
        result = await execute(is_missing_secrets=True)
        assert (result.status, result.retry, result.error_source) == ("error", False, "user")
        assert scripted.executions == []


class TestSealed:
    """Secrets of stored connectors are opened for one execution."""

    @pytest.fixture
    def run(self, scripted: ScriptedType, no_http: Any) -> Callable[..., Awaitable[ConnectorResult]]:
        registry = Registry()
        registry.add_connector_type(scripted)
        vault = AeadVault(["a key for tests that is long enough"])
        sealed = seal_secrets(Connector("c1", "one", ".scripted", {}, {"key": "hush-hush"}), vault)

        async def run(vault: AeadVault | None = vault, **changes: Any) -> ConnectorResult:
            runner = ConnectorRunner(registry, no_http, HttpSettings(), vault=vault)
            return await runner.execute(replace(sealed, **changes), {}, AT)

        return run

    async def test_the_executor_gets_them(self, scripted: ScriptedType, run: Any) -> None:
        assert (await run()).is_ok
        [execution] = scripted.executions
        assert execution.connector.secrets == {"validated": True, "key": "hush-hush"}
        assert execution.connector.sealed_secrets is None

    async def test_they_are_taken_out_of_texts_and_data(self, scripted: ScriptedType, run: Any) -> None:
        behave(scripted, ConnectorResult("error", "bad hush-hush", data={"echo": ["hush-hush"]}))
        result = await run()
        assert "hush" not in f"{result.message} {result.data}"

    @pytest.mark.parametrize(
        "changes",
        [{"vault": None}, {"vault": AeadVault()}, {"id": "c2"}, {"space": "other"}, {"sealed_secrets": b"x"}],
    )
    async def test_those_that_cannot_be_read_are_an_error_of_ours_that_may_pass(
        self, scripted: ScriptedType, run: Any, changes: Any
    ) -> None:
        result = await run(**changes)
        assert (result.status, result.retry, result.error_source) == ("error", True, "framework")
        assert "secrets" in (result.message or "")
        assert scripted.executions == []


class TestReturned:
    @pytest.mark.parametrize(
        ("returned", "expected"),
        [
            (None, ConnectorResult("ok")),
            (ConnectorResult("ok", data={"a": 1}), ConnectorResult("ok", data={"a": 1})),
            (ConnectorResult("error", "m"), ConnectorResult("error", "m", error_source="user")),
            (
                ConnectorResult("error", "m", retry=AT, error_source="framework"),
                ConnectorResult("error", "m", retry=AT, error_source="framework"),
            ),
        ],
    )
    async def test_a_result_is_handed_on(
        self, scripted: ScriptedType, execute: Execute, returned: object, expected: ConnectorResult
    ) -> None:
        behave(scripted, returned)
        assert await execute() == expected

    async def test_an_unexpected_status_is_logged_and_handed_on(
        self, scripted: ScriptedType, execute: Execute, caplog: pytest.LogCaptureFixture
    ) -> None:
        odd: Any = "odd"
        behave(scripted, ConnectorResult(odd))
        assert (await execute()).status == "odd"
        assert "odd" in caplog.text

    async def test_what_is_no_result_is_an_error(self, scripted: ScriptedType, execute: Execute) -> None:
        behave(scripted, {"status": "ok"})
        result = await execute()
        assert (result.status, result.retry, result.error_source) == ("error", True, "framework")


class TestRaised:
    async def test_an_exception_is_tried_again(self, scripted: ScriptedType, execute: Execute) -> None:
        behave(scripted, RuntimeError("what happened"))
        result = await execute()
        assert (result.status, result.retry, result.error_source) == ("error", True, "framework")
        assert result.service_message == "what happened"
        assert "what happened" not in (result.message or "")

    async def test_an_exception_without_text_is_named(self, scripted: ScriptedType, execute: Execute) -> None:
        behave(scripted, KeyError())
        assert (await execute()).service_message == "KeyError"

    async def test_an_exception_may_say_whose_fault_it_is(self, scripted: ScriptedType, execute: Execute) -> None:
        error: Any = RuntimeError("m")
        error.error_source = "user"
        behave(scripted, error)
        assert (await execute()).error_source == "user"

    @pytest.mark.parametrize("is_retryable", [True, False])
    async def test_the_http_client_says_itself_whether_to_try_again(
        self, scripted: ScriptedType, execute: Execute, is_retryable: bool
    ) -> None:
        behave(scripted, HttpFailure("ECODE", "text", is_retryable=is_retryable))
        result = await execute()
        assert (result.retry, result.service_message) == (is_retryable, "[ECODE] text")

    async def test_cancelling_goes_through(self, scripted: ScriptedType, execute: Execute) -> None:
        behave(scripted, asyncio.CancelledError())
        with pytest.raises(asyncio.CancelledError):
            await execute()


class TestTimeLimit:
    async def test_a_connector_over_the_limit_is_cancelled_and_tried_again(
        self, scripted: ScriptedType, execute: Execute
    ) -> None:
        ended = []

        async def wait_for_ever(_: ConnectorExecution) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("cancelled")

        scripted.behaviours["c1"] = wait_for_ever
        result = await execute(time_limit_s=0.01)
        assert (result.status, result.retry, result.error_source) == ("error", True, "framework")
        assert ended == ["cancelled"]

    async def test_a_timeout_of_the_connectors_own_is_an_exception_like_others(
        self, scripted: ScriptedType, execute: Execute
    ) -> None:
        behave(scripted, TimeoutError("my own"))
        assert (await execute()).service_message == "my own"


class TestSecrets:
    @pytest.mark.parametrize(
        "outcome",
        [
            ConnectorResult("error", "bad hush-hush", "refused hush-hush"),
            RuntimeError("cannot log in with hush-hush"),
        ],
    )
    async def test_no_text_shows_a_secret(
        self, scripted: ScriptedType, execute: Execute, caplog: pytest.LogCaptureFixture, outcome: object
    ) -> None:
        behave(scripted, outcome)
        with caplog.at_level(logging.DEBUG):
            result = await execute(secrets={"key": "hush-hush"})
        assert "hush-hush" not in f"{result.message} {result.service_message} {caplog.text}"
        assert "<redacted>" in (result.service_message or "")

    async def test_a_validation_text_does_not_either(self, execute: Execute) -> None:
        result = await execute(secrets={"bad": "hush-hush"})
        assert "hush-hush" not in (result.message or "")

    async def test_a_very_long_service_message_is_cut(self, scripted: ScriptedType, execute: Execute) -> None:
        behave(scripted, ConnectorResult("error", "m", "x" * 1_000_000))
        assert len((await execute()).service_message or "") < 5_000


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (ConnectorResult("error", "m"), "m"),
        (ConnectorResult("error", "m", "s", retry=True), "m: s; retry: true"),
        (ConnectorResult("error", "m", retry=AT), "m; retry at 2024-01-01T12:00:00.000Z"),
    ],
)
def test_the_text_of_a_failure(result: ConnectorResult, text: str) -> None:
    assert describe_failure(result) == text


async def test_a_connector_that_fails_is_left_alone_until_it_was_tried_again(
    scripted: ScriptedType, no_http: Any
) -> None:
    registry = Registry()
    registry.add_connector_type(scripted)
    breaker = ConnectorBreaker(BreakerSettings(1, timedelta(minutes=1)))
    runner = ConnectorRunner(registry, no_http, HttpSettings(), breaker=breaker)
    connector = Connector("c1", "one", ".scripted", {}, {})
    behave(scripted, ConnectorResult("error", "down", retry=True))
    assert (await runner.execute(connector, {}, AT)).message == "down"
    behave(scripted, None)
    held = await runner.execute(connector, {}, AT)
    assert (held.is_limited, held.error_source, "(setting breaker)" in (held.message or "")) == (
        True,
        "framework",
        True,
    )
    assert isinstance(held.retry, datetime)
    assert AT + timedelta(minutes=1) <= held.retry < AT + timedelta(minutes=2)
    assert (await runner.execute(replace(connector, id="c2"), {}, AT)).is_ok
    assert len(scripted.executions) == 2
    assert (await runner.execute(connector, {}, held.retry)).is_ok
    assert (await runner.execute(connector, {}, held.retry)).is_ok
