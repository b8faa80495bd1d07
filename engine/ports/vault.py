"""Vault port: secrets are stored only in a form that nobody reads without the operator's key."""

from dataclasses import dataclass
from typing import Protocol

CONNECTOR = "connector"
"""Kind of record: the secrets of a stored connector."""
ACCESS_TOKEN = "access token"  # noqa: S105 - a kind of secret, not one
"""Kind of record: the token that a connector was given; its id is the connector's."""


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """The stored object that sealed bytes belong to; they can be opened for no other one.

    ``kind``: which sort of secret, such as `CONNECTOR`; ``type_id``: its type, "" where there are no types.
    """

    kind: str
    space: str
    id: str
    type_id: str = ""


class Vault(Protocol):
    """Seals and opens secrets (connector-framework.md 3). Every method raises SecretsUnavailable."""

    @property
    def has_key(self) -> bool:
        """Whether there is a key at all; without one nothing can be sealed or opened."""
        ...

    def seal(self, plain: bytes, record: SealedRecord) -> bytes:
        """The bytes sealed for the record by the present key; the same bytes are sealed differently each time."""
        ...

    def open(self, sealed: bytes, record: SealedRecord) -> bytes:
        """What was sealed for the record, by the present key or an older one."""
        ...

    def is_current(self, sealed: bytes) -> bool:
        """Whether the bytes were sealed by the present key, which they need not be sealed by once more then."""
        ...
