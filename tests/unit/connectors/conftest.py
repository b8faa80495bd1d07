"""A bench for connector types: what they send is kept, what the other side answers is given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.model.connector import Connector, ConnectorResult
from engine.model.jsonvalue import JsonObject
from engine.model.settings import HttpSettings
from engine.ports.connector import ConnectorExecution, ConnectorType
from engine.ports.http import HttpFailure, HttpRequest, HttpResponse

AT = datetime(2024, 1, 1, tzinfo=UTC)
OK = HttpResponse(200, "OK", {}, b"")


@dataclass
class ConnectorBench:
    """Runs a connector type; its HTTP client answers ``answer``, or by URL what ``answers`` says."""

    connector_type: ConnectorType
    config: JsonObject = field(default_factory=dict)
    secrets: JsonObject = field(default_factory=dict)
    answer: HttpResponse | HttpFailure = OK
    answers: dict[str, HttpResponse | HttpFailure] = field(default_factory=dict)
    requests: list[HttpRequest] = field(default_factory=list)
    search: Any = None
    tokens: Any = None
    at: datetime = AT

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        answer = self.answers.get(request.url, self.answer)
        if isinstance(answer, HttpFailure):
            raise answer
        return answer

    async def close(self) -> None: ...

    async def run(
        self,
        *,
        config: JsonObject | None = None,
        secrets: JsonObject | None = None,
        params: JsonObject | None = None,
        key: str | None = None,
        connector_id: str = "c1",
    ) -> ConnectorResult:
        """Validate everything as an execution does, with these members besides those of the bench, and execute."""
        settings = HttpSettings()
        connector = Connector(
            connector_id,
            "tested",
            self.connector_type.id,
            self.connector_type.validate_config({**self.config, **(config or {})}, settings),
            self.connector_type.validate_secrets({**self.secrets, **(secrets or {})}, settings),
        )
        self.connector_type.validate_connector(connector.config, connector.secrets)
        execution = ConnectorExecution(
            connector, self.connector_type.validate_params(params or {}), self.at, self, key, self.search, self.tokens
        )
        return await self.connector_type.execute(execution) or ConnectorResult("ok")


@pytest.fixture
def make_bench() -> Callable[..., ConnectorBench]:
    return ConnectorBench
