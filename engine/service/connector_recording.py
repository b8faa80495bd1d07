"""Executions of connectors with their place in the event log (connector-framework.md 12)."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.model.connector import Connector, ConnectorResult
from engine.model.connector_trace import ConnectorTrace
from engine.model.errors import StoreUnavailable
from engine.model.jsonvalue import JsonObject
from engine.operations.connector_executions import Asked
from engine.ports.clock import Clock, Ids
from engine.ports.store import Store
from engine.service.connector_execution import ConnectorRunner, describe_failure

_log = logging.getLogger("tocsin.service.connector")


@dataclass(frozen=True, slots=True)
class RecordedRunner:
    """`engine.operations.connector_executions.Execute`: a runner whose executions stand in the store's event log."""

    runner: ConnectorRunner
    store: Store
    clock: Clock
    new_id: Ids

    async def __call__(self, connector: Connector, params: JsonObject, asked: Asked) -> ConnectorResult:
        started_at = self.clock.now()
        result = await self.runner.execute(connector, params, started_at)
        trace = trace_of(connector, result, asked, self.new_id(), (started_at, self.clock.now()))
        if not result.is_ok:
            _log.warning("connector [%s] failed: %s", connector.id, trace.error_message)
        await self._record([trace])
        return result

    async def _record(self, traces: Sequence[ConnectorTrace]) -> None:
        try:
            await self.store.put_executions(traces)
        except StoreUnavailable as error:
            # It happened all the same: whoever asked learns how it ended.
            _log.warning("an execution of connector [%s] was not recorded: %s", traces[0].connector_id, error)


def trace_of(
    connector: Connector,
    result: ConnectorResult,
    asked: Asked,
    execution_uuid: str,
    span: tuple[datetime, datetime],
    scheduled_at: datetime | None = None,
) -> ConnectorTrace:
    """What an execution leaves; ``span``: when it began and ended, ``scheduled_at``: when a queued one was due."""
    started_at, ended_at = span
    return ConnectorTrace(
        execution_uuid=execution_uuid,
        space=asked.space,
        connector_id=connector.id,
        connector_name=connector.name,
        connector_type_id=connector.connector_type_id,
        source=asked.source,
        started_at=started_at,
        ended_at=ended_at,
        is_ok=result.is_ok,
        error_message=None if result.is_ok else describe_failure(result),
        has_timed_out=result.has_timed_out,
        is_space_agnostic=connector.is_preconfigured or connector.is_system_action,
        request_body_bytes=asked.request_body_bytes,
        user=asked.user,
        rule=asked.rule,
        scheduled_at=scheduled_at,
        api_key=asked.api_key,
    )
