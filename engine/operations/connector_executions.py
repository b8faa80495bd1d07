"""Executing a connector on behalf of a user: one real attempt, neither rendered, queued nor repeated (11.2)."""

from dataclasses import dataclass
from typing import Protocol

from engine.model.connector import Connector, ConnectorResult
from engine.model.connector_trace import ExecutingRule, ExecutionSource, UsedKey
from engine.model.errors import NotFound, Refused
from engine.model.jsonvalue import JsonObject
from engine.model.rule import DEFAULT_SPACE
from engine.model.settings import EngineSettings
from engine.operations.connector_types import disabled, is_executable
from engine.operations.connectors import is_system_id
from engine.ports.connectors import ConnectorDirectory
from engine.ports.registry import Registry


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked for an execution, as the event log tells it; ``user`` None without security.

    ``api_key``: the key in whose name the user asked.
    """

    source: ExecutionSource
    space: str = DEFAULT_SPACE
    user: str | None = None
    request_body_bytes: int = 0
    rule: ExecutingRule | None = None
    api_key: UsedKey | None = None


class Execute(Protocol):
    """Executes a connector and records that it did."""

    async def __call__(self, connector: Connector, params: JsonObject, asked: Asked) -> ConnectorResult: ...


class ConnectorExecutions:
    """What `_execute` does."""

    def __init__(
        self, directory: ConnectorDirectory, registry: Registry, settings: EngineSettings, execute: Execute
    ) -> None:
        self._directory, self._registry, self._settings, self._execute = directory, registry, settings, execute

    async def execute(self, connector_id: str, params: JsonObject, asked: Asked) -> ConnectorResult:
        """The result, also of an execution that failed.

        Raises, in this order: Refused (system connector), NotFound, Refused (type unknown), Forbidden (type disabled).
        """
        if is_system_id(connector_id):
            raise Refused(f"system connector [{connector_id}] cannot be executed", "name another connector")
        connector = (await self._directory.in_space(asked.space)).get(connector_id)
        if connector is None:
            raise NotFound("connector", connector_id)
        if self._registry.connector_type(connector.connector_type_id) is None:
            raise Refused(f"connector type [{connector.connector_type_id}] is not registered", "install it")
        if not is_executable(connector, self._settings):
            raise disabled(connector.connector_type_id)
        return await self._execute(connector, params, asked)
