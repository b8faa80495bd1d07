"""Secrets of connectors on their way into the store and out of it: sealed for their own connector alone."""

from dataclasses import replace

import orjson

from engine.model.connector import Connector
from engine.model.errors import SecretsUnavailable
from engine.ports.vault import CONNECTOR, SealedRecord, Vault


def seal_secrets(connector: Connector, vault: Vault) -> Connector:
    """The connector as it is stored, its secrets sealed. Raises SecretsUnavailable."""
    sealed = vault.seal(orjson.dumps(connector.secrets), _record_of(connector))
    return replace(connector, secrets={}, sealed_secrets=sealed)


def open_secrets(connector: Connector, vault: Vault | None) -> Connector:
    """The connector with its secrets, for one execution. Raises SecretsUnavailable."""
    if connector.sealed_secrets is None:
        return connector
    if vault is None:
        raise SecretsUnavailable(
            f"the secrets of connector [{connector.id}] are stored, and nothing here can read them"
        )
    plain = vault.open(connector.sealed_secrets, _record_of(connector))
    return replace(connector, secrets=orjson.loads(plain), sealed_secrets=None)


def _record_of(connector: Connector) -> SealedRecord:
    return SealedRecord(CONNECTOR, connector.space, connector.id, connector.connector_type_id)
