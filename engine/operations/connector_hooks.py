"""What connector types do about saving and deleting connectors (connector-framework.md 14), around the store's part."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from engine.model.connector import Connector
from engine.ports.connector import ConnectorSave, SaveHooks
from engine.ports.http import HttpClient
from engine.ports.registry import Registry

_log = logging.getLogger("tocsin.connectors")


class ConnectorHooks:
    """Calls the hooks of a connector's type, if it has any. ``http``: what they may send requests with."""

    def __init__(self, registry: Registry, http: HttpClient | None) -> None:
        self._registry, self._http = registry, http

    @asynccontextmanager
    async def around_save(self, connector: Connector, *, is_update: bool) -> AsyncIterator[None]:
        """Let the type work before the connector is stored, and once that was done or has failed.

        ``connector``: as validated, with its secrets. What the type raises before goes on to the caller, and nothing is
        stored; what it raises afterwards is only logged.
        """
        hooks = self._of(connector)
        if hooks is None:
            yield
            return
        save = ConnectorSave(connector, is_update, self._http)
        await hooks.before_save(save)
        is_saved = False
        try:
            yield
            is_saved = True
        finally:
            try:
                await hooks.after_save(save, is_saved=is_saved)
            except Exception as error:  # noqa: BLE001 - foreign code, and what it is told of has happened already
                _tell("saving", connector, error)

    async def after_delete(self, connector: Connector) -> None:
        """Let the type work after the connector was deleted."""
        hooks = self._of(connector)
        if hooks is None:
            return
        try:
            await hooks.after_delete(connector)
        except Exception as error:  # noqa: BLE001 - as above
            _tell("deleting", connector, error)

    def _of(self, connector: Connector) -> SaveHooks | None:
        connector_type: object = self._registry.connector_type(connector.connector_type_id)
        return connector_type if isinstance(connector_type, SaveHooks) else None


def _tell(occasion: str, connector: Connector, error: Exception) -> None:
    # The text of the error may hold a secret.
    message = "after %s connector [%s] its type [%s] raised %s"
    _log.warning(message, occasion, connector.id, connector.connector_type_id, type(error).__name__)
