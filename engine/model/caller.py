"""Who asks for something to be read or changed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """``name``: the user, None without security. ``by_api_key``: the user's key stood for the password."""

    name: str | None
    by_api_key: bool = False


ANYBODY = Caller(None)
"""Every caller while security is off: may do everything."""
