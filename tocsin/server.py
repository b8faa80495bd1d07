"""A running daemon as commands speak to it: over its HTTP API, with a key."""

from dataclasses import dataclass
from pathlib import Path

import aiohttp

from engine.model.errors import InvalidInput, Problem, TocsinError
from engine.model.jsonvalue import JsonObject

_TIMEOUT = aiohttp.ClientTimeout(total=60, connect=10)
_LONGEST_KEY = 10_000
_ERRORS = 400


class ServerUnavailable(TocsinError):
    """The daemon cannot be reached, or does not answer as one."""

    exit_code = 3
    code = "TOC1507"


class ServerRefused(TocsinError):
    """The daemon refused a request; the text is its own."""

    exit_code = 2
    code = "TOC1508"


@dataclass(frozen=True, slots=True)
class Server:
    """Where the daemon listens, and the key to show there, as ``tocsin keys create`` printed it."""

    url: str
    api_key: str | None = None

    async def ask(
        self, method: str, path: str, *, query: dict[str, str] | None = None, body: JsonObject | None = None
    ) -> JsonObject:
        """The JSON object that a request is answered with. Raises ServerUnavailable, ServerRefused."""
        headers = {"kbn-xsrf": "tocsin"}
        if self.api_key is not None:
            headers["authorization"] = f"ApiKey {self.api_key}"
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as session,
                session.request(
                    method,
                    self.url.rstrip("/") + path,
                    params=query,
                    json=body,
                    headers=headers,
                    allow_redirects=False,
                ) as response,
            ):
                answer = await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise ServerUnavailable(f"no daemon answers at {self.url}: {reason}") from None
        if not isinstance(answer, dict):
            raise ServerUnavailable(f"what answers at {self.url} is no daemon of Tocsin")
        if response.status >= _ERRORS:
            raise ServerRefused(f"{self.url} refused it ({response.status}): {answer.get('message')}")
        return answer


def server_at(url: str, api_key_file: Path | None) -> Server:
    """The server of the options. Raises InvalidInput for a URL or a key file that cannot be used."""
    if not url.startswith(("http://", "https://")):
        remedy = "write it like http://127.0.0.1:9095"
        raise InvalidInput([Problem("--server", f"{url!r} is no URL of a server", remedy)])
    return Server(url, None if api_key_file is None else _read_key(api_key_file))


def _read_key(file: Path) -> str:
    try:
        with file.open(encoding="ascii") as stream:
            key = stream.read(_LONGEST_KEY).strip()
    except (OSError, UnicodeDecodeError):
        key = ""
    if not key or not key.isprintable() or " " in key:
        remedy = "name a file that holds the key alone, as tocsin keys create prints it"
        raise InvalidInput([Problem("--api-key-file", f"[{file}] holds no API key", remedy)])
    return key
