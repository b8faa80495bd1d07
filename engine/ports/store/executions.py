"""Executions of connectors in the store's event log."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from engine.model.connector_trace import ConnectorTrace


class ExecutionStore(Protocol):
    """What executions of connectors left. Those of queued notifications come with `DeliveryReport`."""

    async def put_executions(self, traces: Sequence[ConnectorTrace]) -> None:
        """Append traces."""
        ...

    async def executions(
        self,
        spaces: Collection[str],
        *,
        connector_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 1000,
    ) -> list[ConnectorTrace]:
        """Traces of the spaces that ended from ``since`` to ``until``, oldest first; the newest ``limit`` of them."""
        ...
