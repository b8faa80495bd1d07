"""A connector type for tests that does what it is told."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from engine.model.connector import ConnectorResult
from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject
from engine.model.settings import HttpSettings
from engine.ports.connector import DEFAULT_TREATMENT, ConnectorExecution
from engine.ports.http import HttpRequest, HttpResponse

Behaviour = Callable[[ConnectorExecution], Awaitable[Any]]


async def succeed(_: ConnectorExecution) -> None:
    return None


class NoHttp:
    async def send(self, request: HttpRequest) -> HttpResponse:
        raise AssertionError("nothing is to be sent")

    async def close(self) -> None: ...


@dataclass
class ScriptedType:
    """Behaves by connector id (else succeeds) and keeps its executions. Members called ``bad`` are invalid."""

    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    executions: list[ConnectorExecution] = field(default_factory=list)
    running: dict[str, int] = field(default_factory=dict)
    most_running: dict[str, int] = field(default_factory=dict)
    id: str = ".scripted"
    name: str = "Scripted"
    minimum_license: str = "basic"
    supported_features: tuple[str, ...] = ("alerting",)
    max_attempts: int | None = None
    is_system_action: bool = False
    template_treatment: Any = DEFAULT_TREATMENT
    is_crossed: bool = False

    def validate_config(self, config: JsonObject, settings: HttpSettings) -> JsonObject:
        return self._validate(config)

    def validate_secrets(self, secrets: JsonObject) -> JsonObject:
        return self._validate(secrets)

    def validate_params(self, params: JsonObject) -> JsonObject:
        return self._validate(params)

    def validate_connector(self, config: JsonObject, secrets: JsonObject) -> None:
        if self.is_crossed:
            raise InvalidInput([Problem("config", "does not go with the secrets")])

    def _validate(self, value: JsonObject) -> JsonObject:
        if "bad" in value:
            raise InvalidInput([Problem("bad", f"is {value['bad']}")])
        return {"validated": True, **value}

    async def execute(self, execution: ConnectorExecution) -> ConnectorResult | None:
        key = execution.connector.id
        self.executions.append(execution)
        self.running[key] = self.running.get(key, 0) + 1
        self.most_running[key] = max(self.most_running.get(key, 0), self.running[key])
        try:
            await asyncio.sleep(0)
            result: ConnectorResult | None = await self.behaviours.get(key, succeed)(execution)
            return result
        finally:
            self.running[key] -= 1


@pytest.fixture
def scripted() -> ScriptedType:
    return ScriptedType()


@pytest.fixture
def no_http() -> NoHttp:
    return NoHttp()
