"""Connectors: the configured targets that actions name (connector-framework.md 1, 3, 5.2)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.rule import DEFAULT_SPACE

ErrorSource = Literal["user", "framework"]


@dataclass(frozen=True, slots=True)
class Connector:
    """A connector with validated config and secrets. ``secrets`` never appear in its repr.

    ``sealed_secrets``: what the store holds in place of ``secrets``, opened by the vault for each execution.
    ``exposes_config``: the config of a preconfigured connector is shown to users, too.
    """

    id: str
    name: str
    connector_type_id: str
    config: JsonObject = field(default_factory=dict)
    secrets: JsonObject = field(default_factory=dict, repr=False)
    space: str = DEFAULT_SPACE
    is_preconfigured: bool = False
    is_system_action: bool = False
    is_missing_secrets: bool = False
    exposes_config: bool = False
    sealed_secrets: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ConnectorResult:
    """What one execution of a connector came to.

    ``retry``: False = no further attempt, True = again after back-off, an instant = not before that time.
    ``has_timed_out``: it was cancelled for taking too long. ``is_limited``: not begun, for the rate limit of its type.
    """

    status: Literal["ok", "error"]
    message: str | None = None
    service_message: str | None = None
    data: JsonValue = None
    retry: bool | datetime = False
    error_source: ErrorSource | None = None
    has_timed_out: bool = False
    is_limited: bool = False

    @property
    def is_ok(self) -> bool:
        return self.status == "ok"
