"""Trying a connector outside of any rule: what it would send, or one execution (connector-framework.md 5, 11.2)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.model.connector import Connector, ConnectorResult
from engine.model.errors import InvalidInput
from engine.model.jsonvalue import JsonObject
from engine.model.rule import DEFAULT_SPACE
from engine.ports.connector import ConnectorType, sends_only_requests
from engine.ports.http import HttpRequest, HttpResponse
from engine.ports.search import SearchPort
from engine.service.clocks import SystemClock
from engine.service.connector_execution import ConnectorRunner
from engine.service.redaction import redact
from tocsin.declared_connectors import find_connector
from tocsin.lazy_http import LazyHttpClient
from tocsin.session import Session, load_settings, refuse

_UNSENT = "nothing was sent"
_HIDDEN = "<redacted>"
_CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie"})
_TOKEN = b'{"token_type": "Bearer", "access_token": "unknown before it is asked for", "expires_in": 0}'


def load_connector(config_file: Path | None, text: str) -> tuple[Session, Connector]:
    """The settings, and the connector of an id or name with its secrets. Raises InvalidInput for an unknown one.

    What is wrong with tocsin.yml ends the command, but for secrets that only other connectors lack.
    """
    declared = load_settings(config_file, needs_secrets=False)
    refuse(declared.problems, _UNSENT)
    connector_id = find_connector(declared.config, text).body["id"]
    session = load_settings(config_file)
    others = [
        f"connectors.{each.body['id']}." for each in declared.config.connectors if each.body["id"] != connector_id
    ]
    refuse([problem for problem in session.problems if not problem.path.startswith(tuple(others))], _UNSENT)
    connector = session.connectors.get(DEFAULT_SPACE, connector_id)
    assert connector is not None, "one that cannot be built is a problem"
    return session, connector


def validated_params(session: Session, connector: Connector, params: JsonObject) -> JsonObject:
    """The params as the connector's type takes them. Raises InvalidInput with paths like ``params.message``."""
    try:
        return _type_of(session, connector).validate_params(params)
    except InvalidInput as error:
        raise InvalidInput([problem.under("params") for problem in error.problems]) from None


async def requests_of(session: Session, connector: Connector, params: JsonObject) -> list[JsonObject] | None:
    """The requests that an execution would send, without secrets; None if the type does anything else.

    Nothing leaves the machine. Each is ``method``, ``url``, ``headers`` and ``body`` (text, or null).
    """
    if not sends_only_requests(_type_of(session, connector)):
        return None
    recorder = _Recorder()
    runner = ConnectorRunner(session.registry, recorder, session.config.engine.http)
    await runner.execute(connector, params, SystemClock().now())
    return [_shown(request, connector.secrets) for request in recorder.requests]


async def execute(session: Session, connector: Connector, params: JsonObject) -> ConnectorResult:
    """Execute once, for real; a failure is a result. No member of it holds a secret."""
    settings = session.config.engine.http
    http = LazyHttpClient(settings)
    try:
        async with _clusters(session, _type_of(session, connector)) as search:
            runner = ConnectorRunner(session.registry, http, settings, search=search)
            return await runner.execute(connector, params, SystemClock().now())
    finally:
        await http.close()


@dataclass(slots=True)
class _Recorder:
    """An HTTP client that keeps requests instead of sending them. Whoever asks for a token gets one, to go on with."""

    requests: list[HttpRequest] = field(default_factory=list)

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        return HttpResponse(200, "OK", {"content-type": "application/json"}, _TOKEN)

    async def close(self) -> None:
        """Nothing is open."""


@asynccontextmanager
async def _clusters(session: Session, connector_type: ConnectorType) -> AsyncIterator[SearchPort | None]:
    """What the connector may write into: the clusters. What is written into files' indices ends with the command."""
    if sends_only_requests(connector_type) or not session.config.clusters:
        yield None
        return
    from tocsin.backends import open_search

    without_files = replace(session, config=replace(session.config, data=()), rules=[])
    search = await open_search(without_files, SystemClock(), data={}, es=None, is_following=True)
    try:
        yield search
    finally:
        await search.close()


def _type_of(session: Session, connector: Connector) -> ConnectorType:
    connector_type = session.registry.connector_type(connector.connector_type_id)
    assert connector_type is not None, "a connector is built by its type"
    return connector_type


def _shown(request: HttpRequest, secrets: JsonObject) -> JsonObject:
    private = _CREDENTIALS | {name.lower() for name in request.private_headers}
    return {
        "method": request.method,
        "url": redact(request.url, secrets),
        "headers": {
            name: _HIDDEN if name.lower() in private else redact(value, secrets)
            for name, value in request.headers.items()
        },
        "body": None if not request.body else redact(request.body.decode(errors="replace"), secrets),
    }
