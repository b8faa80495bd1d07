"""Connector port: how the engine validates and executes connectors of one type."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from engine.model.connector import Connector, ConnectorResult
from engine.model.jsonvalue import JsonObject
from engine.model.settings import HttpSettings
from engine.ports.http import HttpClient


class EscapeMode(StrEnum):
    """How ``{{name}}`` is escaped (templates.md 3)."""

    NONE = "none"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    SLACK = "slack"


@dataclass(frozen=True, slots=True)
class TemplateTreatment:
    """How a connector type's params are rendered (templates.md 2).

    ``modes``: dotted path of a params member -> its escape mode. ``default``: mode of all other strings, None = they
    are left as they are. ``keeps_only_modes``: the result holds nothing but the members named in ``modes`` (if at
    least one of them is a non-empty string; else the params stay as they are).
    """

    modes: Mapping[str, EscapeMode] = field(default_factory=dict)
    default: EscapeMode | None = EscapeMode.NONE
    keeps_only_modes: bool = False


DEFAULT_TREATMENT = TemplateTreatment()


@dataclass(frozen=True, slots=True)
class ConnectorExecution:
    """What one execution sees: validated config, secrets and params, and the attempt's instant.

    ``idempotency_key`` is the notification's id, the same on every attempt; None for a test execution.
    """

    connector: Connector
    params: JsonObject
    at: datetime
    http: HttpClient
    idempotency_key: str | None = None


class ConnectorType(Protocol):
    """A connector type. ``validate_*`` return the validated form with defaults, or raise InvalidInput."""

    id: str
    name: str
    minimum_license: str
    supported_features: tuple[str, ...]
    max_attempts: int | None
    is_system_action: bool
    template_treatment: TemplateTreatment

    def validate_config(self, config: JsonObject, settings: HttpSettings) -> JsonObject: ...

    def validate_secrets(self, secrets: JsonObject) -> JsonObject: ...

    def validate_connector(self, config: JsonObject, secrets: JsonObject) -> None:
        """Cross-check of validated config and secrets; raises InvalidInput with paths like ``secrets.user``."""
        ...

    def validate_params(self, params: JsonObject) -> JsonObject: ...

    async def execute(self, execution: ConnectorExecution) -> ConnectorResult | None:
        """Do it. None = ok. May raise: the engine makes an error with retry of it (connector-framework.md 5.2)."""
        ...
