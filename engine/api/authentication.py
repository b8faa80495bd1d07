"""The hook by which the API finds out who asks: Basic and ApiKey (rest-api.md 1.7)."""

import ipaddress
from collections.abc import Mapping

from engine.api.app import Authenticate
from engine.model.errors import Forbidden
from engine.security.authentication import Authenticator
from engine.security.caller import ANYBODY, Caller


def authenticate_by(authenticator: Authenticator) -> Authenticate:
    """A hook over the users and keys of a store. Credentials are judged on open routes, too, if there are any."""

    async def authenticate(headers: Mapping[str, str], peer: str | None, *, is_open: bool) -> Caller:
        caller = await authenticator.authenticate(headers.get("authorization"), peer or "unknown", is_open=is_open)
        if caller == ANYBODY and not authenticator.is_switched_off:
            _check_host(headers.get("host", "localhost"))
        return caller

    return authenticate


def _check_host(host: str) -> None:
    """Raises Forbidden for a name that is not this machine's own.

    A page in the user's browser may have a name of its own that leads here: nothing else keeps it out while nobody is
    asked who he is.
    """
    name = host.rpartition("]")[0].removeprefix("[") or host.partition(":")[0]
    try:
        is_local = ipaddress.ip_address(name).is_loopback
    except ValueError:
        is_local = name.lower() == "localhost"
    if not is_local:
        remedy = "call it as 127.0.0.1 or localhost, add a user, or set security.enabled to false"
        raise Forbidden(f"while there are no users this server does not answer as [{name[:100]}]: {remedy}")
