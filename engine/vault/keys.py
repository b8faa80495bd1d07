"""Keys: what the operator wrote, and what is made of it."""

from dataclasses import dataclass, field

from engine.model.errors import InvalidInput, Problem

SHORTEST_KEY = 32
"""Characters (connector-framework.md 3)."""
KEY_ID_BYTES = 8
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class VaultKey:
    """A key with the id that stands before whatever it has sealed. The id tells nothing about the key."""

    id: bytes
    secret: bytes = field(repr=False)


def check_key(text: str) -> None:
    """Raises InvalidInput for the text of a key that is too short."""
    if len(text) < SHORTEST_KEY:
        message = f"the encryption key has {len(text)} characters, at least {SHORTEST_KEY} are needed"
        raise InvalidInput([Problem("", message, "make one with: openssl rand -base64 48")])


def derive_key(text: str) -> VaultKey:
    """The key of a text that an operator chose."""
    return VaultKey(_derive(text, b"tocsin vault key id", KEY_ID_BYTES), _derive(text, b"tocsin vault key", _KEY_BYTES))


def _derive(text: str, purpose: bytes, length: int) -> bytes:
    # Loads slowly, and only those need it who seal or open something.
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=length, salt=None, info=purpose).derive(text.encode())
