"""Whether callers of the HTTP API are asked who they are: decided, and told, when the daemon starts."""

import logging

from engine.api.address import Address
from engine.model.errors import InvalidInput, Problem
from engine.security.policy import Security, SecurityPolicy
from tocsin.files.api_section import ApiOptions

_log = logging.getLogger("tocsin.daemon")


async def settle_policy(security: Security, setting: bool | None, options: ApiOptions) -> None:
    """Put the policy of a daemon in force. ``setting`` as in `SecurityPolicy`.

    Raises InvalidInput for an address that others can reach while there is nobody who could come in; StoreUnavailable.
    """
    address = options.address
    is_reachable = address is not None and not address.is_loopback
    policy = SecurityPolicy(setting, is_reachable)
    directory = await security.directory()
    if address is not None and is_reachable:
        if policy.is_on(directory) and not directory.users:
            raise _without_users(address)
        _warn(address, is_secured=policy.is_on(directory), is_encrypted=options.certificate is not None)
    security.policy = policy


def _without_users(address: Address) -> InvalidInput:
    remedy = "add one with `tocsin users add NAME --role superuser`, or listen on 127.0.0.1"
    message = f"{address} can be reached from elsewhere, and there is no user who could come in"
    return InvalidInput([Problem("api.listen", message, remedy)])


def _warn(address: Address, *, is_secured: bool, is_encrypted: bool) -> None:
    if not is_secured:
        _log.warning("SECURITY IS OFF, and %s can be reached from elsewhere: anybody there may do everything", address)
    elif not is_encrypted:
        _log.warning("%s can be reached from elsewhere without TLS: passwords and keys can be read on the way", address)
