"""Sealing everything anew by the present key, beside whoever works with the store (connector-framework.md 3)."""

from dataclasses import dataclass, replace
from datetime import datetime

from engine.model.errors import SecretsUnavailable
from engine.ports.store import AuditEntry, SealedSecret, Store
from engine.ports.vault import SealedRecord, Vault

_A_PAGE = 100
_MOST_PASSES = 3


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation came to. ``left``: secrets that somebody else kept changing; do it again for these.

    ``unreadable``: those that no key opens, and why. All others are sealed by the present key now.
    """

    sealed_anew: int = 0
    were_current: int = 0
    left: int = 0
    unreadable: tuple[tuple[SealedRecord, str], ...] = ()


async def rotate(store: Store, vault: Vault, *, at: datetime, actor: str | None) -> Rotated:
    """Seal anew whatever was sealed by an older key, each in a transaction of its own.

    A secret that is changed meanwhile keeps its new value, and is looked at once more. Raises StoreUnavailable; what
    was done by then stays done.
    """
    sealed_anew = 0
    for _ in range(_MOST_PASSES):
        told = await _go_through(store, vault, at, actor)
        sealed_anew += told.sealed_anew
        if not told.left:
            break
    return replace(told, sealed_anew=sealed_anew, were_current=told.were_current - (sealed_anew - told.sealed_anew))


async def _go_through(store: Store, vault: Vault, at: datetime, actor: str | None) -> Rotated:
    told, unreadable = Rotated(), []
    after: SealedRecord | None = None
    while page := await store.sealed_secrets(after, _A_PAGE):
        after = page[-1].record
        for secret in page:
            if vault.is_current(secret.sealed):
                told = replace(told, were_current=told.were_current + 1)
                continue
            try:
                anew = vault.seal(vault.open(secret.sealed, secret.record), secret.record)
            except SecretsUnavailable as error:
                unreadable.append((secret.record, str(error)))
                continue
            if await store.replace_sealed(secret, anew, _audit(secret, at, actor)):
                told = replace(told, sealed_anew=told.sealed_anew + 1)
            else:
                told = replace(told, left=told.left + 1)
    return replace(told, unreadable=tuple(unreadable))


def _audit(secret: SealedSecret, at: datetime, actor: str | None) -> AuditEntry:
    record = secret.record
    return AuditEntry(at, actor, "rotate_key", record.kind, record.id, record.space)
