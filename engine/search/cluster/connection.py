"""The connection to one cluster: bytes out, JSON in, and every failure as one of the port's two errors."""

import base64
import logging
import ssl
from typing import Any

import orjson
from elastic_transport import Serializer, TlsError, TransportError
from elasticsearch import ApiError, AsyncElasticsearch

from engine.model.errors import InvalidInput, Problem, SearchError
from engine.model.jsonvalue import JsonObject
from engine.search.cluster.failures import ClusterUnavailable, error_of
from engine.search.cluster.node import AnswerTooLarge, bound_node
from engine.search.cluster.settings import ClusterSettings

_SUCCESS = range(200, 300)
_JSON = "application/json"
_LINES = "application/x-ndjson"
_CONTENT_TOO_LONG = 413


class _Bytes(Serializer):
    """Bytes stay bytes in both directions: what they hold is looked at here, in one place."""

    mimetype = _JSON

    def dumps(self, data: Any) -> bytes:
        assert isinstance(data, bytes)
        return data

    def loads(self, data: bytes) -> bytes:
        return data


class Connection:
    """Exchanges with the hosts of one cluster. A lost connection is tried once more, on another host if there is one,
    unless repeating the exchange could do something twice.

    Cancelling an exchange closes its connection, at which the server stops searching.
    """

    def __init__(self, settings: ClusterSettings) -> None:
        self._name = settings.name
        self._client = _open_client(settings)
        self._unrepeating = self._client.options(max_retries=0)

    async def exchange(
        self, method: str, target: str, body: bytes = b"", *, is_lines: bool = False, is_repeatable: bool = True
    ) -> JsonObject:
        """The answer's JSON. Raises SearchError for an answer with an error status or none that is a JSON object, and
        ClusterUnavailable when there is no answer or one that says that the cluster has too much to do."""
        headers = {"accept": _JSON}
        if body:
            headers["content-type"] = _LINES if is_lines else _JSON
        try:
            client = self._client if is_repeatable else self._unrepeating
            response = await client.perform_request(method, target, headers=headers, body=body or None)
        except ApiError as error:
            raise error_of(self._name, error.meta.status, error.body, error.meta.headers.get("retry-after")) from None
        except AnswerTooLarge as error:
            raise SearchError(_CONTENT_TOO_LONG, "content_too_long_exception", str(error)) from None
        except TlsError as error:
            raise ClusterUnavailable(f"cluster [{self._name}]: no secure connection: {error.message}") from error
        except TransportError as error:
            raise ClusterUnavailable(f"cluster [{self._name}] cannot be reached: {_cause(error)}") from error
        return _parsed(response.body, response.meta.status)

    async def close(self) -> None:
        await self._client.close()


def _parsed(body: bytes, status: int) -> JsonObject:
    try:
        parsed = orjson.loads(body)
    except ValueError:
        parsed = None
    if isinstance(parsed, dict):
        return parsed
    text = body[:200].decode(errors="replace")
    raise SearchError(status, "malformed_answer", f"the answer is no JSON object but begins {text!r}")


def _cause(error: TransportError) -> str:
    return str(error.message) or type(error.errors[0] if error.errors else error).__name__


def _open_client(settings: ClusterSettings) -> AsyncElasticsearch:
    limits = settings.limits
    # It tells each lost connection twice, with a traceback; here the search tells it that needed the connection.
    logging.getLogger("elastic_transport").setLevel(logging.ERROR)
    address = {"cloud_id": settings.cloud_id} if settings.cloud_id else {"hosts": list(settings.addresses)}
    options: dict[str, Any] = dict(address)
    if settings.is_encrypted:
        options["ssl_context"] = _tls_context(settings)
    try:
        return AsyncElasticsearch(
            **options,
            headers={"user-agent": "Tocsin", **_authorization(settings)},
            node_class=bound_node(
                proxy=settings.proxy,
                answer_bytes=limits.answer_bytes,
                connect_s=settings.timeouts.connect_s,
            ),
            connections_per_node=limits.concurrent_batches + limits.concurrent_singles + limits.concurrent_slow,
            serializers={_JSON: _Bytes(), _LINES: _Bytes()},
            meta_header=False,
            max_retries=max(1, len(settings.hosts) - 1),
            retry_on_status=(),
        )
    except ValueError as error:
        raise InvalidInput([Problem("cloud_id" if settings.cloud_id else "hosts", str(error), "correct it")]) from None


def _authorization(settings: ClusterSettings) -> dict[str, str]:
    """The header with the credentials; made here because the library takes ASCII only."""
    if settings.username is not None:
        value = f"Basic {_base64(f'{settings.username}:{settings.password}')}"
    elif settings.api_key is not None:
        value = f"ApiKey {_base64(settings.api_key) if ':' in settings.api_key else settings.api_key}"
    elif settings.bearer_token is not None:
        value = f"Bearer {settings.bearer_token}"
    else:
        return {}
    return {"authorization": value}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _tls_context(settings: ClusterSettings) -> ssl.SSLContext:
    """Trusts the given certificates, else the system's, and has the client's own.

    Raises InvalidInput for a file that does not hold what it should.
    """
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        remedy = "name a readable file with certificates in PEM form"
        raise InvalidInput([Problem("ca_file", f"{settings.ca_file} cannot be used: {reason}", remedy)]) from None
    if not settings.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if settings.client_cert is not None:
        _load_client_certificate(context, settings.client_cert, settings.client_key)
    return context


def _load_client_certificate(context: ssl.SSLContext, cert: str, key: str | None) -> None:
    def refuse_to_ask() -> str:
        # Otherwise the library asks for the password on the terminal.
        raise InvalidInput([Problem("client_key", f"{key} is encrypted", "give a key without a password")])

    try:
        context.load_cert_chain(cert, key, refuse_to_ask)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        if isinstance(error, ssl.SSLError):
            reason = "they are not a certificate and its key"
        remedy = "name readable files in PEM form that belong together"
        raise InvalidInput([Problem("client_cert", f"{cert} with {key} cannot be used: {reason}", remedy)]) from None
