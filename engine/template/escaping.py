"""The five escape modes of ``{{name}}`` (templates.md 3)."""

import re
from collections.abc import Callable, Mapping
from ipaddress import AddressValueError, IPv6Address
from types import MappingProxyType

from engine.ports.connector import EscapeMode
from engine.template.jsontext import quote

Escape = Callable[[str], str]

# Looking for each character by itself beats one regular expression or str.translate on texts of any length, since most
# texts hold few of them. The first one of each table must be the one that the replacements contain.
_MARKDOWN = tuple((character, "\\" + character) for character in "\\|`*_{}[]()#+-.!")
_HTML = (
    ("&", "&amp;"),
    ("<", "&lt;"),
    (">", "&gt;"),
    ('"', "&quot;"),
    ("'", "&#39;"),
    ("/", "&#x2F;"),
    ("`", "&#x60;"),
    ("=", "&#x3D;"),
)
_SLACK = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("`", "'"))


def escape_json(text: str) -> str:
    """What stands between the quotes of the text as a JSON string."""
    return quote(text)[1:-1]


def escape_markdown(text: str) -> str:
    return _replace_each(text, _MARKDOWN)


def escape_html(text: str) -> str:
    return _replace_each(text, _HTML)


def escape_slack(text: str) -> str:
    """A text that Slack would format goes into backticks as a whole; of others, URLs too, only ``& < >`` and backtick
    change."""
    if ("_" in text or "*" in text) and not is_absolute_url(text):
        return "`" + text.replace("`", "'") + "`"
    return _replace_each(text, _SLACK)


def _replace_each(text: str, table: tuple[tuple[str, str], ...]) -> str:
    if text.isalnum():  # most values are a word or a number, and no letter or digit changes in any mode
        return text
    for character, replacement in table:
        if character in text:
            text = text.replace(character, replacement)
    return text


ESCAPES: Mapping[EscapeMode, Escape | None] = MappingProxyType(
    {
        EscapeMode.NONE: None,
        EscapeMode.JSON: escape_json,
        EscapeMode.MARKDOWN: escape_markdown,
        EscapeMode.HTML: escape_html,
        EscapeMode.SLACK: escape_slack,
    }
)
"""The escape function of each mode; None where nothing changes."""


_C0_AND_SPACE = "".join(map(chr, range(0x21)))
_DROPPED = {ord(character): None for character in "\t\r\n"}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HIERARCHICAL = frozenset({"http", "https", "ws", "wss", "ftp"})
_AUTHORITY = re.compile(r"[/\\]*([^/\\?#]*)")
_HOST_AND_PORT = re.compile(r"(\[[^\]]*\]|[^:\[\]]+)(?::([0-9]*))?")
_FORBIDDEN_IN_HOST = re.compile(r"[\x00-\x20<>^|%\x7f]")
_MAX_PORT = 65535


def is_absolute_url(text: str) -> bool:
    """Whether the WHATWG URL parser accepts the text without a base, in the approximation of templates.md 3.

    Any ``scheme:`` makes a URL (``CPU: my_host`` is one); the web's schemes must have a valid host and port.
    """
    url = text.strip(_C0_AND_SPACE).translate(_DROPPED)
    scheme = _SCHEME.match(url)
    if scheme is None:
        return False
    if scheme[1].lower() not in _HIERARCHICAL:
        return True
    authority = _AUTHORITY.match(url, scheme.end())
    return authority is not None and _is_host_and_port(authority[1].rpartition("@")[2])


def _is_host_and_port(text: str) -> bool:
    parts = _HOST_AND_PORT.fullmatch(text)
    if parts is None or _FORBIDDEN_IN_HOST.search(parts[1]):
        return False
    port = (parts[2] or "").lstrip("0")
    if len(port) > len(str(_MAX_PORT)) or int(port or "0") > _MAX_PORT:
        return False
    return not parts[1].startswith("[") or _is_ipv6(parts[1][1:-1])


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True
