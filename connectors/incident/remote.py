"""The API of an incident product as one execution talks to it: what counts as an answer, and as a failure.

Rules: connectors-incident.md 1.4, 1.5.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import orjson

from connectors.http_answer import describe_status, is_success, retry_after
from engine.model.connector import ErrorSource
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.ports.connector import ConnectorExecution
from engine.ports.http import NO_TLS_OPTIONS, HttpFailure, HttpRequest, HttpResponse, TlsOptions

_NO_CONTENT = 204
_REFUSALS = frozenset({400, 401, 402, 403, 404, 405, 407, 409, 410, 412, 413, 417, 422, 423, 451})
_TRY_AGAIN = frozenset({408, 429})
_TOO_MANY = 429


class RemoteFailure(Exception):
    """A step failed. The text names product, operation, status and what the other side says of it.

    ``retry`` as in results: that of a step that changed nothing yet. ``status``: the answer's, None without one.
    """

    def __init__(
        self,
        text: str,
        *,
        status: int | None = None,
        retry: bool | datetime = False,
        error_source: ErrorSource = "framework",
    ) -> None:
        self.status, self.retry, self.error_source = status, retry, error_source
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Remote:
    """One product. ``headers`` go with every request; of ``private_headers`` nothing goes to another origin.

    ``describe_error``: what the JSON of a refusal says, None if nothing.
    """

    product: str
    execution: ConnectorExecution
    describe_error: Callable[[JsonValue], str | None]
    headers: Mapping[str, str]
    private_headers: frozenset[str] = frozenset()
    tls: TlsOptions = NO_TLS_OPTIONS

    async def send(self, operation: str, method: str, url: str, body: JsonValue | bytes = None) -> HttpResponse:
        """The answer, whose status is 2xx; a body is sent as JSON unless it is bytes. Raises RemoteFailure."""
        request = HttpRequest(
            method=method,
            url=url,
            headers=self.headers if body is None else {"Content-Type": "application/json", **self.headers},
            body=body if body is None or isinstance(body, bytes) else orjson.dumps(body),
            private_headers=self.private_headers,
            tls=self.tls,
        )
        try:
            response = await self.execution.http.send(request)
        except HttpFailure as failure:
            raise self.failure(operation, str(failure), retry=failure.is_retryable) from failure
        if not is_success(response.status):
            raise self._refusal(operation, response)
        return response

    async def ask(
        self, operation: str, method: str, url: str, body: JsonValue | bytes = None, *, needs: Sequence[str] = ()
    ) -> JsonObject:
        """The object of an answer that passes the JSON check; ``{}`` where it holds none. Raises RemoteFailure."""
        answer = await self.ask_any(operation, method, url, body, needs=needs)
        return answer if isinstance(answer, dict) else {}

    async def ask_any(
        self, operation: str, method: str, url: str, body: JsonValue | bytes = None, *, needs: Sequence[str] = ()
    ) -> JsonValue:
        """The object or array of an answer that passes the JSON check, else None. Raises RemoteFailure."""
        response = await self.send(operation, method, url, body)
        return self.checked(operation, response, needs)

    def checked(self, operation: str, response: HttpResponse, needs: Sequence[str] = ()) -> JsonValue:
        """The JSON check: JSON by its content type, an object or array, with the members ``needs``."""
        if response.status == _NO_CONTENT:
            return None
        if "application/json" not in response.headers.get("content-type", "").lower():
            raise self.failure(operation, f"{describe_status(response)}: the answer's content type is not JSON")
        value: JsonValue = None
        if response.body:
            try:
                value = orjson.loads(response.body)
            except orjson.JSONDecodeError:
                value = None
            if not isinstance(value, dict | list):
                raise self.failure(operation, f"{describe_status(response)}: the answer is no JSON object or array")
        lacking = [name for name in needs if not isinstance(value, dict) or name not in value]
        if lacking:
            raise self.failure(operation, f"{describe_status(response)}: the answer lacks {', '.join(lacking)}")
        return value

    def failure(
        self,
        operation: str,
        detail: str,
        *,
        status: int | None = None,
        retry: bool | datetime = False,
        error_source: ErrorSource = "framework",
    ) -> RemoteFailure:
        """A failure whose text names product and operation."""
        text = f"{self.product}: {operation}: {detail}"
        return RemoteFailure(text, status=status, retry=retry, error_source=error_source)

    def _refusal(self, operation: str, response: HttpResponse) -> RemoteFailure:
        status = response.status
        retry: bool | datetime = False
        if status in _TRY_AGAIN or status >= 500:
            retry = retry_after(response, self.execution.at) or True
        source: ErrorSource = "user" if status in _REFUSALS or status == _TOO_MANY else "framework"
        said = self._said(response)
        detail = f"{describe_status(response)}: {said}" if said else describe_status(response)
        return self.failure(operation, detail, status=status, retry=retry, error_source=source)

    def _said(self, response: HttpResponse) -> str | None:
        try:
            return self.describe_error(orjson.loads(response.body))
        except orjson.JSONDecodeError:
            return None


def without_final_slash(url: str) -> str:
    """A configured base URL as paths are put behind it."""
    return url.removesuffix("/")


def encode_component(text: str) -> str:
    """Percent-encoded but for the characters that JavaScript's ``encodeURIComponent`` keeps."""
    return quote(text, safe="-_.!~*'()")


def path_segment(text: str) -> str:
    """The text as one segment of a path. Raises RemoteFailure for what URLs take for a step up or none at all."""
    if text in (".", ".."):
        raise RemoteFailure(f"[{text}] cannot be part of a URL", error_source="user")
    return encode_component(text)
