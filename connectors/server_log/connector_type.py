"""``.server-log``: writes one record to the server's own log (connectors-core.md 2)."""

import logging
import re
from typing import Literal

from connectors.shape import Shape, read_shape, stored_form
from engine.model.connector import ConnectorResult
from engine.model.jsonvalue import JsonObject
from engine.model.settings import HttpSettings
from engine.ports.connector import DEFAULT_TREATMENT, ConnectorExecution

_log = logging.getLogger("tocsin.connectors.server_log")

_TRACE = 5
logging.addLevelName(_TRACE, "TRACE")
_LEVELS = {
    "trace": _TRACE,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "fatal": logging.CRITICAL,
}
_CONTROL_CHARACTER = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


class Nothing(Shape):
    """Config and secrets: no members."""


class Params(Shape):
    message: str
    level: Literal["trace", "debug", "info", "warn", "error", "fatal"] = "info"


class ServerLog:
    """The connector type."""

    id = ".server-log"
    name = "Server log"
    minimum_license = "basic"
    supported_features: tuple[str, ...] = ("alerting", "uptime")
    max_attempts: int | None = None
    is_system_action = False
    template_treatment = DEFAULT_TREATMENT

    def validate_config(self, config: JsonObject, settings: HttpSettings) -> JsonObject:
        return stored_form(read_shape(Nothing, config))

    def validate_secrets(self, secrets: JsonObject, settings: HttpSettings) -> JsonObject:
        return stored_form(read_shape(Nothing, secrets))

    def validate_connector(self, config: JsonObject, secrets: JsonObject) -> None:
        """Nothing to check."""

    def validate_params(self, params: JsonObject) -> JsonObject:
        return stored_form(read_shape(Params, params))

    async def execute(self, execution: ConnectorExecution) -> ConnectorResult | None:
        """Write the message at its level, control characters replaced so that it stays one line."""
        text = _CONTROL_CHARACTER.sub(";", execution.params["message"])
        try:
            _log.log(_LEVELS[execution.params["level"]], "Server log: %s", text)
        except Exception as error:  # noqa: BLE001 - whatever a log handler or filter raises is this action's failure
            return ConnectorResult("error", "the message could not be logged", service_message=str(error))
        return None
