"""The hook by which the API finds out who asks: Basic and ApiKey (rest-api.md 1.7)."""

from collections.abc import Mapping

from engine.api.app import Authenticate
from engine.security.authentication import Authenticator
from engine.security.caller import Caller


def authenticate_by(authenticator: Authenticator) -> Authenticate:
    """A hook over the users and keys of a store. Credentials are judged on open routes, too, if there are any."""

    async def authenticate(headers: Mapping[str, str], peer: str | None, *, is_open: bool) -> Caller:
        return await authenticator.authenticate(headers.get("authorization"), peer or "unknown", is_open=is_open)

    return authenticate
