"""One execution of a connector: validation, time limit, and every failure as a result.

Rules: connector-framework.md 4.3, 5.1, 5.2.
"""

import asyncio
import logging
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.model.connector import Connector, ConnectorResult, ErrorSource
from engine.model.errors import InvalidInput, SecretsUnavailable
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.model.settings import HttpSettings
from engine.operations.connector_secrets import open_secrets
from engine.ports.connector import ConnectorExecution, ConnectorType
from engine.ports.http import HttpClient, HttpFailure
from engine.ports.registry import Registry
from engine.ports.search import SearchPort
from engine.ports.tokens import TokenStore
from engine.ports.vault import Vault
from engine.service.connector_breaker import ConnectorBreaker
from engine.service.rate_limiter import RateLimiter
from engine.service.redaction import redact, redact_values

_log = logging.getLogger("tocsin.service.connector")

TIME_LIMIT_S = 300.0
_LONGEST_SERVICE_MESSAGE = 4_000


@dataclass(frozen=True, slots=True)
class ConnectorRunner:
    """Executes connectors: what every execution needs besides its connector and params."""

    registry: Registry
    http: HttpClient
    settings: HttpSettings
    time_limit_s: float = TIME_LIMIT_S
    search: SearchPort | None = None
    vault: Vault | None = None
    tokens: TokenStore | None = None
    limiter: RateLimiter | None = None
    breaker: ConnectorBreaker | None = None

    async def execute(
        self, connector: Connector, params: JsonObject, at: datetime, idempotency_key: str | None = None
    ) -> ConnectorResult:
        """Execute once, at the instant ``at``. Never raises but when cancelled; the result holds no secret."""
        try:
            connector = open_secrets(connector, self.vault)
        except SecretsUnavailable as error:
            # The operator may well give the key while the notification waits.
            return ConnectorResult("error", str(error), retry=True, error_source="framework")
        result = _with_error_source(await self._attempt(connector, params, at, idempotency_key))
        return _without_secrets(result, connector.secrets)

    async def _attempt(
        self, connector: Connector, params: JsonObject, at: datetime, idempotency_key: str | None
    ) -> ConnectorResult:
        connector_type = self.registry.connector_type(connector.connector_type_id)
        if connector_type is None:
            text = f"connector type [{connector.connector_type_id}] is not known"
            return ConnectorResult("error", text, error_source="framework")
        if connector.is_missing_secrets:
            return ConnectorResult("error", "the connector lacks its secrets: enter them again", error_source="user")
        try:
            execution = self._validated(connector_type, connector, params, at, idempotency_key)
        except _InvalidPart as invalid:
            return ConnectorResult("error", str(invalid), error_source=invalid.error_source)
        except Exception as error:  # noqa: BLE001 - the type is foreign code; its mistake must stay its own
            return _raised(error, connector)
        return self._held_up(connector, at) or await self._watched_run(connector_type, execution)

    def _held_up(self, connector: Connector, at: datetime) -> ConnectorResult | None:
        """The result where too many were executed already, or failed; else this one is counted."""
        type_id = connector.connector_type_id
        until = None if self.limiter is None else self.limiter.limited_until(type_id, at)
        if until is not None:
            text = f"too many executions of connectors of the type [{type_id}] (setting rateLimiter)"
            return ConnectorResult("error", text, retry=until, error_source="user", is_limited=True)
        until = None if self.breaker is None else self.breaker.blocked_until(_key(connector), at)
        if until is not None:
            text = f"connector [{connector.id}] failed again and again, and is left alone for a while (setting breaker)"
            return ConnectorResult("error", text, retry=until, error_source="framework", is_limited=True)
        if self.limiter is not None:
            self.limiter.log(type_id, at)
        return None

    async def _watched_run(self, connector_type: ConnectorType, execution: ConnectorExecution) -> ConnectorResult:
        """The same as `_run`, of which the breaker learns how it ended."""
        if self.breaker is None:
            return await self._run(connector_type, execution)
        result, began = None, time.monotonic()
        try:
            result = await self._run(connector_type, execution)
            return result
        finally:
            ended_at = execution.at + timedelta(seconds=time.monotonic() - began)
            self.breaker.note(_key(execution.connector), result, ended_at)

    def _validated(
        self,
        connector_type: ConnectorType,
        connector: Connector,
        params: JsonObject,
        at: datetime,
        idempotency_key: str | None,
    ) -> ConnectorExecution:
        """Validate params, config, secrets, then the last two together; the first failure counts."""
        with _part("params", "user"):
            params = connector_type.validate_params(params)
        with _part("config", "framework"):
            config = connector_type.validate_config(connector.config, self.settings)
        with _part("secrets", "framework"):
            secrets = connector_type.validate_secrets(connector.secrets, self.settings)
        with _part("connector", "framework"):
            connector_type.validate_connector(config, secrets)
        validated = replace(connector, config=config, secrets=secrets)
        return ConnectorExecution(validated, params, at, self.http, idempotency_key, self.search, self.tokens)

    async def _run(self, connector_type: ConnectorType, execution: ConnectorExecution) -> ConnectorResult:
        try:
            async with asyncio.timeout(self.time_limit_s) as time_limit:
                result = await connector_type.execute(execution) or ConnectorResult("ok")
            if result.status not in ("ok", "error"):
                _log.warning("connector %s returned the status %r", _named(execution.connector), result.status)
            return result
        except Exception as error:  # noqa: BLE001 - as above; what it raised becomes a result
            if time_limit.expired():
                text = f"the connector took longer than {self.time_limit_s:g} s and was cancelled"
                return ConnectorResult("error", text, retry=True, error_source="framework", has_timed_out=True)
            return _raised(error, execution.connector)


def _key(connector: Connector) -> tuple[str, str]:
    return connector.space, connector.id


def describe_failure(result: ConnectorResult) -> str:
    """The text that is logged and kept about a failed execution (connectors-core.md 1.2)."""
    text = result.message or "the connector failed"
    if result.service_message:
        text += f": {result.service_message}"
    if isinstance(result.retry, datetime):
        text += f"; retry at {iso(result.retry)}"
    elif result.retry:
        text += "; retry: true"
    return text


class _InvalidPart(Exception):
    """A part of an execution is not valid."""

    def __init__(self, text: str, error_source: ErrorSource) -> None:
        self.error_source = error_source
        super().__init__(text)


@contextmanager
def _part(name: str, error_source: ErrorSource) -> Iterator[None]:
    """Names the part whose validation failed."""
    try:
        yield
    except InvalidInput as error:
        raise _InvalidPart(f"invalid {name}: {error}", error_source) from None


def _raised(error: Exception, connector: Connector) -> ConnectorResult:
    """The result of an exception: that of the HTTP client says itself whether another attempt can help."""
    if not isinstance(error, HttpFailure):
        # The frames without the exception's own text, which may hold a secret.
        frames = "".join(traceback.format_tb(error.__traceback__))
        _log.error("connector %s raised %s\n%s", _named(connector), type(error).__name__, frames)
    return ConnectorResult(
        "error",
        "an error occurred while running the connector",
        service_message=str(error) or type(error).__name__,
        retry=error.is_retryable if isinstance(error, HttpFailure) else True,
        error_source=getattr(error, "error_source", None) or "framework",
    )


def _with_error_source(result: ConnectorResult) -> ConnectorResult:
    """A failure that a connector returned without saying whose fault it is, is the user's."""
    if result.status != "error" or result.error_source is not None:
        return result
    return replace(result, error_source="user")


def _without_secrets(result: ConnectorResult, secrets: JsonObject) -> ConnectorResult:
    message = None if result.message is None else redact(result.message, secrets)
    service_message = None if result.service_message is None else redact(result.service_message, secrets)
    if service_message is not None and len(service_message) > _LONGEST_SERVICE_MESSAGE:
        service_message = service_message[:_LONGEST_SERVICE_MESSAGE] + "…"
    return replace(result, message=message, service_message=service_message, data=redact_values(result.data, secrets))


def _named(connector: Connector) -> str:
    return f"{connector.connector_type_id}:{connector.id}: {connector.name}"
