"""HTTP port: how connectors send requests. Limits and allow-lists are the implementation's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from engine.model.errors import TocsinError
from engine.model.settings import VerificationMode


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """Shown to servers that ask for one: either ``pfx`` (PKCS #12), or ``certificate`` and ``key`` in PEM."""

    certificate: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)
    pfx: bytes = field(default=b"", repr=False)
    passphrase: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """What a connector wants of TLS; the operator's settings for a host go before it (connector-framework.md 6.1).

    ``verification_mode`` None: the operator's. ``ca``: PEM certificates that are trusted besides the system's.
    """

    verification_mode: VerificationMode | None = None
    ca: bytes | None = None
    certificate: ClientCertificate | None = None


NO_TLS_OPTIONS = TlsOptions()


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request. An empty body is not sent. ``headers`` replace defaults case-insensitively.

    ``private_headers`` names headers that hold credentials: like Authorization they are left out once a redirect leads
    to another origin. ``timeout_s`` may lengthen the configured time limit, never shorten it. ``follows_redirects``
    False: a redirect is an answer like others. A client certificate of ``tls`` is for the first origin only, too.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    private_headers: frozenset[str] = frozenset()
    timeout_s: float = 0.0
    follows_redirects: bool = True
    tls: TlsOptions = NO_TLS_OPTIONS


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """The answer; header names in lower case; ``body`` at most the configured size."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes


class HttpFailure(TocsinError):
    """No usable answer. ``is_retryable``: refused, unresolvable or timed out before an answer began."""

    exit_code = 4
    code = "TOC1700"

    def __init__(self, error_code: str, text: str, *, is_retryable: bool) -> None:
        self.error_code, self.is_retryable = error_code, is_retryable
        super().__init__(f"[{error_code}] {text}" if error_code else text)


class HttpClient(Protocol):
    """Sends requests for connectors."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """The answer of the last hop, whatever its status. Raises HttpFailure."""
        ...

    async def close(self) -> None: ...
