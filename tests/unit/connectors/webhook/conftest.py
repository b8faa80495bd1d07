"""A webhook whose requests are kept and whose answers are given."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from connectors.webhook.connector_type import Webhook
from engine.model.connector import Connector, ConnectorResult
from engine.model.jsonvalue import JsonObject
from engine.model.settings import HttpSettings
from engine.ports.connector import ConnectorExecution
from engine.ports.http import HttpFailure, HttpRequest, HttpResponse

AT = datetime(2024, 1, 1, tzinfo=UTC)
OK = HttpResponse(200, "OK", {}, b"")


@dataclass
class WebhookBench:
    """Runs the webhook with members of config, secrets and params; ``answer`` is what the other side does."""

    answer: HttpResponse | HttpFailure = OK
    requests: list[HttpRequest] = field(default_factory=list)
    at: datetime = AT

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        if isinstance(self.answer, HttpFailure):
            raise self.answer
        return self.answer

    async def close(self) -> None: ...

    async def run(
        self,
        *,
        config: JsonObject | None = None,
        secrets: JsonObject | None = None,
        params: JsonObject | None = None,
        key: str | None = None,
    ) -> ConnectorResult:
        webhook = Webhook()
        connector = Connector(
            "c1",
            "hook",
            ".webhook",
            webhook.validate_config({"url": "https://abc.def/my-webhook", **(config or {})}, HttpSettings()),
            webhook.validate_secrets(secrets or {}),
        )
        params = webhook.validate_params({"body": "x"} if params is None else params)
        result = await webhook.execute(ConnectorExecution(connector, params, self.at, self, key))
        assert result is not None
        return result


@pytest.fixture
def bench() -> WebhookBench:
    return WebhookBench()
