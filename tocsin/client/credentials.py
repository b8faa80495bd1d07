"""What a command shows to a daemon, and by what it trusts one."""

import base64
import ssl
from pathlib import Path

from engine.model.errors import InvalidInput, Problem
from tocsin.client.place import Credentials

_LONGEST_SECRET = 10_000


def authorization_of(credentials: Credentials) -> str | None:
    """The header that shows credentials; None: there are none. Raises InvalidInput for what cannot be used."""
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
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError) as error:
        problem = Problem("--ca-file", f"[{ca_file}] holds no certificates: {error}", "name a PEM file")
        raise InvalidInput([problem]) from None
    return context


def _first_line(file: Path, option: str, what: str) -> str:
    try:
        with file.open(encoding="utf-8") as stream:
            text = stream.readline(_LONGEST_SECRET).rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text or not text.isprintable():
        raise InvalidInput([Problem(option, f"[{file}] does not hold {what}", "name a file that holds it alone")])
    return text
