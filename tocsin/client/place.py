"""Where a command acts, as its options say: on a store, or on a daemon, in one space. Light: help loads it."""

import base64
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

_LONGEST_SECRET = 10_000


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API key, or a user with a password; each as a text, or as a file that holds it alone. None: not given."""

    api_key: str | None = None
    api_key_file: Path | None = None
    user: str | None = None
    password: str | None = None
    password_file: Path | None = None

    @property
    def remedy(self) -> str:
        """What to do about credentials that are not taken."""
        if self == Credentials():
            return "give --api-key-file, or --user with --password-file"
        if self.user is not None:
            return "check user and password"
        return "is the key revoked or expired? `tocsin keys list` on the daemon's machine tells"


@dataclass(frozen=True, slots=True)
class StorePlace:
    """A store, by default that of tocsin.yml."""

    config_file: Path | None
    store: str | None
    space: str


@dataclass(frozen=True, slots=True)
class ServerPlace:
    """A daemon; ``ca_file``: certificates to trust besides those of the machine."""

    url: str
    credentials: Credentials
    ca_file: Path | None
    space: str
    config_file: Path | None = None


Place: TypeAlias = StorePlace | ServerPlace


def authorization_of(credentials: Credentials) -> str | None:
    """The header that shows credentials; None: there are none. Raises InvalidInput for what cannot be used."""
    from engine.model.errors import InvalidInput, Problem

    if credentials.user is not None:
        password = credentials.password
        if credentials.password_file is not None:
            password = _first_line(credentials.password_file, "--password-file", "a password")
        if password is None:
            remedy = "give --password-file, or set TOCSIN_PASSWORD"
            raise InvalidInput([Problem("--user", "has no password", remedy)])
        return "Basic " + base64.b64encode(f"{credentials.user}:{password}".encode()).decode()
    key = credentials.api_key
    if credentials.api_key_file is not None:
        key = _first_line(credentials.api_key_file, "--api-key-file", "an API key")
    if key is None:
        return None
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidInput([Problem("--api-key", "is no API key", "give it as tocsin keys create prints it")])
    return f"ApiKey {key}"


def context_of(ca_file: Path) -> ssl.SSLContext:
    """What servers are trusted by, the certificates of the machine included. Raises InvalidInput for a wrong file."""
    from engine.model.errors import InvalidInput, Problem

    context = ssl.create_default_context()
    try:
        context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError) as error:
        problem = Problem("--ca-file", f"[{ca_file}] holds no certificates: {error}", "name a PEM file")
        raise InvalidInput([problem]) from None
    return context


def _first_line(file: Path, option: str, what: str) -> str:
    from engine.model.errors import InvalidInput, Problem

    try:
        with file.open(encoding="utf-8") as stream:
            text = stream.readline(_LONGEST_SECRET).rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text or not text.isprintable():
        raise InvalidInput([Problem(option, f"[{file}] does not hold {what}", "name a file that holds it alone")])
    return text
