"""``.slack``: sends a message to an incoming webhook of Slack (connectors-core.md 5)."""

from typing import Annotated

import orjson
from pydantic import Field

from connectors.http_answer import describe_status, is_success, judge_failure, retry_after
from connectors.refusal import refuse
from connectors.shape import Shape, read_shape, stored_form
from connectors.target_check import find_url_problems
from engine.model.connector import ConnectorResult
from engine.model.jsonvalue import JsonObject
from engine.model.settings import HttpSettings
from engine.ports.connector import ConnectorExecution, EscapeMode, TemplateTreatment
from engine.ports.http import HttpFailure, HttpRequest, HttpResponse


class Config(Shape):
    """No members: the address is a secret."""


class Secrets(Shape):
    webhook_url: str


class Params(Shape):
    message: Annotated[str, Field(min_length=1)]


class Slack:
    """The connector type."""

    id = ".slack"
    name = "Slack"
    minimum_license = "gold"
    supported_features: tuple[str, ...] = ("alerting", "uptime", "siem")
    max_attempts: int | None = None
    is_system_action = False
    sends_only_requests = True
    template_treatment = TemplateTreatment(modes={"message": EscapeMode.SLACK}, default=None, keeps_only_modes=True)

    def validate_config(self, config: JsonObject, settings: HttpSettings) -> JsonObject:
        return stored_form(read_shape(Config, config))

    def validate_secrets(self, secrets: JsonObject, settings: HttpSettings) -> JsonObject:
        shape = read_shape(Secrets, secrets)
        refuse(*find_url_problems("webhookUrl", shape.webhook_url, settings))
        return stored_form(shape)

    def validate_connector(self, config: JsonObject, secrets: JsonObject) -> None:
        """Nothing to check."""

    def validate_params(self, params: JsonObject) -> JsonObject:
        return stored_form(read_shape(Params, params))

    async def execute(self, execution: ConnectorExecution) -> ConnectorResult | None:
        """Post the message; Slack takes it with the text ``ok`` and nothing else."""
        request = HttpRequest(
            method="POST",
            url=execution.connector.secrets["webhookUrl"],
            headers={"Content-Type": "application/json"},
            body=orjson.dumps({"text": execution.params["message"]}),
            follows_redirects=False,
        )
        try:
            response = await execution.http.send(request)
        except HttpFailure as failure:
            return judge_failure(failure, "Slack")
        return _judge(response, execution)


def _judge(response: HttpResponse, execution: ConnectorExecution) -> ConnectorResult:
    if is_success(response.status):
        text = response.body.decode(errors="replace")
        if text == "ok":
            return ConnectorResult("ok", data={"text": text})
        return ConnectorResult("error", "Slack did not take the message", text, error_source="user")
    status = describe_status(response)
    if response.status == 429:
        retry = retry_after(response, execution.at) or True
        return ConnectorResult(
            "error", "Slack takes no more messages for now", status, retry=retry, error_source="user"
        )
    if response.status >= 500:
        return ConnectorResult("error", "Slack failed", status, retry=True, error_source="framework")
    return ConnectorResult("error", f"Slack refused the message: {status}", error_source="user")
