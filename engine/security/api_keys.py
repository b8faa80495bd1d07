"""API keys: a public id and 256 random bits, handed out as Elasticsearch does: base64 of ``id:secret``."""

import base64
import hashlib
import hmac
import secrets
import string
from dataclasses import dataclass, field

_ID_LENGTH = 20
_ID_CHARACTERS = string.ascii_letters + string.digits
"""No '-': a command would take an id that starts with it for an option."""
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class MintedKey:
    """A new key. ``encoded`` is what goes after ``ApiKey`` in a header; nobody can tell it later."""

    id: str
    secret: str = field(repr=False)

    @property
    def secret_hash(self) -> str:
        return hash_secret(self.secret)

    @property
    def encoded(self) -> str:
        return base64.b64encode(f"{self.id}:{self.secret}".encode()).decode()


def mint_key() -> MintedKey:
    """A new random key."""
    key_id = "".join(secrets.choice(_ID_CHARACTERS) for _ in range(_ID_LENGTH))
    return MintedKey(key_id, secrets.token_urlsafe(_SECRET_BYTES))


def hash_secret(secret: str) -> str:
    """What is stored of a secret. A fast hash is enough: nobody guesses 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def is_secret(secret: str, secret_hash: str | None) -> bool:
    """Whether a hash is that of the secret; for None (no such key) False after the same time."""
    return hmac.compare_digest(hash_secret(secret), secret_hash or _HASH_OF_NOTHING) and secret_hash is not None


_HASH_OF_NOTHING = hash_secret(secrets.token_urlsafe(_SECRET_BYTES))
