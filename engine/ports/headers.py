"""Which request headers may be sent: what a connector's user configures must not change how a request is framed."""

import re

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FORBIDDEN_IN_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
_FRAMING = frozenset({"content-length", "transfer-encoding", "expect", "upgrade", "trailer"})


def find_header_problem(name: str, value: str) -> str | None:
    """Why the header cannot be sent, None if it can. The text never holds the value, which may be a secret."""
    if not _NAME.fullmatch(name):
        return f"{name!r} is no header name"
    if name.lower() in _FRAMING:
        return f"{name} is set by the HTTP client itself"
    if _FORBIDDEN_IN_VALUE.search(value):
        return f"the value of {name} holds line breaks or other control characters"
    return None
