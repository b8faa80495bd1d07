"""The server log connector (connectors-core.md 2)."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from connectors.server_log.connector_type import ServerLog
from engine.model.connector import Connector, ConnectorResult
from engine.model.errors import InvalidInput
from engine.model.jsonvalue import JsonObject
from engine.model.settings import HttpSettings
from engine.ports.connector import ConnectorExecution
from engine.ports.http import HttpRequest, HttpResponse

LOGGER = logging.getLogger("tocsin.connectors.server_log")


class NoHttp:
    async def send(self, request: HttpRequest) -> HttpResponse:
        raise AssertionError("nothing is to be sent")

    async def close(self) -> None: ...


async def log(**params: str) -> ConnectorResult | None:
    connector_type = ServerLog()
    validated = connector_type.validate_params(params)
    connector = Connector("c1", "log", ".server-log")
    return await connector_type.execute(
        ConnectorExecution(connector, validated, datetime(2024, 1, 1, tzinfo=UTC), NoHttp())
    )


@pytest.fixture
def records() -> Iterator[list[logging.LogRecord]]:
    kept: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(record)

    handler, level = Keep(), LOGGER.level
    LOGGER.addHandler(handler)
    LOGGER.setLevel(1)
    yield kept
    LOGGER.removeHandler(handler)
    LOGGER.setLevel(level)


@pytest.mark.parametrize(
    ("level", "number"), [("trace", 5), ("debug", 10), ("info", 20), ("warn", 30), ("error", 40), ("fatal", 50)]
)
async def test_the_message_is_logged_at_its_level(records: list[logging.LogRecord], level: str, number: int) -> None:
    assert await log(message="50 % full: %s {}", level=level) is None
    assert [(record.levelno, record.getMessage()) for record in records] == [(number, "Server log: 50 % full: %s {}")]


async def test_control_characters_cannot_begin_a_line_of_their_own(records: list[logging.LogRecord]) -> None:
    await log(message="a\x00b\tc\r\nd\x85e\u2028f\x7fg\u2029h\x1fi\x9fj\xa0k")
    assert records[0].getMessage() == "Server log: a;b\tc;;d;e;f;g;h;i;j\xa0k"


async def test_a_failure_to_log_is_an_error_without_retry(
    records: list[logging.LogRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(record: logging.LogRecord) -> bool:
        raise OSError("disk full")

    monkeypatch.setattr(LOGGER, "filters", [fail])
    result = await log(message="m")
    assert result is not None
    assert (result.status, result.service_message, result.retry) == ("error", "disk full", False)


@pytest.mark.parametrize(
    ("params", "stored"),
    [
        ({"message": "m"}, {"message": "m", "level": "info"}),
        ({"message": "", "level": "fatal"}, {"message": "", "level": "fatal"}),
    ],
)
def test_params_are_stored_with_their_default(params: JsonObject, stored: JsonObject) -> None:
    assert ServerLog().validate_params(params) == stored


@pytest.mark.parametrize(
    "params", [{}, {"message": 1}, {"message": None}, {"message": "m", "level": "warning"}, {"message": "m", "x": 1}]
)
def test_other_params_are_refused(params: JsonObject) -> None:
    with pytest.raises(InvalidInput):
        ServerLog().validate_params(params)


def test_config_and_secrets_have_no_members() -> None:
    connector_type = ServerLog()
    assert (
        connector_type.validate_config({}, HttpSettings()) == connector_type.validate_secrets({}, HttpSettings()) == {}
    )
    with pytest.raises(InvalidInput):
        connector_type.validate_config({"x": 1}, HttpSettings())
    with pytest.raises(InvalidInput):
        connector_type.validate_secrets({"x": "1"}, HttpSettings())
