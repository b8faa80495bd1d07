"""One HTTP node of the client library: plain media types, bounded answers, a proxy, no redirects.

The library's own node asks for ``application/vnd.elasticsearch+json; compatible-with=9``, which OpenSearch refuses with
406 and Elasticsearch 8 with 400, and refuses answers without Elasticsearch's product header.
"""

import io
import os
import ssl
import time
from typing import ClassVar, NamedTuple

import aiohttp
import elastic_transport
from elastic_transport import (
    AiohttpHttpNode,
    ApiResponseMeta,
    HttpHeaders,
    TlsError,
    TransportError,
)
from elastic_transport.client_utils import DEFAULT, DefaultType
from yarl import URL

_LARGE_BODY = 1024 * 1024
"""From here on aiohttp wants a body as a file, so that writing it does not hold up the loop."""
_VENDOR_PREFIX = "application/vnd.elasticsearch+"


class AnswerTooLarge(TransportError):
    """An answer longer than the limit: the rest was not read."""


class NodeAnswer(NamedTuple):
    """What the library expects of a node."""

    meta: ApiResponseMeta
    body: bytes


class PlainJsonNode(AiohttpHttpNode):
    """Whatever the server says its answer is, it is handed on as bytes. Raises TransportErrors of the library.

    Time limits of whole exchanges are the caller's, by cancelling: that closes the connection.
    """

    proxy: ClassVar[str | None] = None
    answer_bytes: ClassVar[int] = 100 * 1024 * 1024
    connect_s: ClassVar[float] = 10.0

    async def perform_request(  # type: ignore[override] # the base class of the library is synchronous
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: HttpHeaders | None = None,
        request_timeout: DefaultType | float | None = DEFAULT,
    ) -> "NodeAnswer":
        if self.session is None:
            self._create_aiohttp_session()
        assert self.session is not None
        began = time.monotonic()
        try:
            async with self.session.request(
                method,
                URL(self.base_url + target, encoded=True),
                data=io.BytesIO(body) if body is not None and len(body) >= _LARGE_BODY else body,
                headers={name: _plain(value) for name, value in (headers or {}).items()},
                proxy=self.proxy,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self.connect_s),
            ) as answer:
                content = await self._read(answer)
        except (aiohttp.ClientSSLError, ssl.SSLError) as error:
            raise TlsError(str(error), errors=(error,)) from error
        except aiohttp.ClientConnectorError as error:
            text = f"{error.host}:{error.port}: {_cause(error.os_error)}"
            raise elastic_transport.ConnectionError(text, errors=(error,)) from error
        except aiohttp.ClientHttpProxyError as error:
            # Its own text holds the proxy's URL, with the password.
            text = f"the proxy answered {error.status} {error.message}"
            raise elastic_transport.ConnectionError(text) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise elastic_transport.ConnectionError(str(error), errors=(error,)) from error
        meta = ApiResponseMeta(
            node=self.config,
            duration=time.monotonic() - began,
            http_version="1.1",
            status=answer.status,
            headers=_answer_headers(answer),
        )
        return NodeAnswer(meta, content)

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        """The decoded body. A connection on which something is left unread is closed."""
        chunks, length = [], 0
        async for chunk in answer.content.iter_any():
            length += len(chunk)
            if length > self.answer_bytes:
                raise AnswerTooLarge(f"the answer is larger than {self.answer_bytes} bytes")
            chunks.append(chunk)
        return b"".join(chunks)


def bound_node(*, proxy: str | None, answer_bytes: int, connect_s: float) -> type[PlainJsonNode]:
    """The node class with its settings: the library makes the nodes and hands on only its own."""
    members = {"proxy": proxy, "answer_bytes": answer_bytes, "connect_s": connect_s}
    return type("BoundNode", (PlainJsonNode,), members)


def _cause(error: OSError) -> str:
    """``Connection refused``; asyncio's own text repeats the address. Names that are not found have numbers below 0."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)


def _plain(value: str) -> str:
    if not value.startswith(_VENDOR_PREFIX):
        return value
    return "application/" + value.removeprefix(_VENDOR_PREFIX).partition(";")[0]


def _answer_headers(answer: aiohttp.ClientResponse) -> HttpHeaders:
    """Without ``Warning``, which the library would turn into Python warnings."""
    headers = HttpHeaders({"x-elastic-product": "Elasticsearch", "content-type": "application/json"})
    if "retry-after" in answer.headers:
        headers["retry-after"] = answer.headers["retry-after"]
    return headers
