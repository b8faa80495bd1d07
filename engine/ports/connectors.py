"""Connector directory port: which connectors there are."""

from collections.abc import Mapping
from typing import Protocol

from engine.model.connector import Connector


class ConnectorDirectory(Protocol):
    """Finds connectors (connector-framework.md 1)."""

    async def in_space(self, space: str) -> Mapping[str, Connector]:
        """What ids mean in a space: preconfigured and system connectors first, then those stored there.

        Cheap enough for every run. Raises StoreUnavailable.
        """
        ...
