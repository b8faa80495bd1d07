"""What the store holds sealed, whatever it belongs to: for sealing all of it anew by another key."""

from dataclasses import dataclass, field
from typing import Protocol

from engine.ports.store.audit import AuditEntry
from engine.ports.vault import SealedRecord


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """Sealed bytes and the record that they were sealed for."""

    record: SealedRecord
    sealed: bytes = field(repr=False)


class SealedStore(Protocol):
    """Sealed secrets of all kinds and spaces."""

    async def sealed_secrets(self, after: SealedRecord | None, limit: int) -> list[SealedSecret]:
        """The next ``limit`` sealed secrets in an order of their own, after a record of that order."""
        ...

    async def replace_sealed(self, secret: SealedSecret, sealed: bytes, audit: AuditEntry | None = None) -> bool:
        """Put other bytes in the place of a secret's; False if it has other ones by now, or is gone."""
        ...
