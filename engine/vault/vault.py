"""Sealing by AES-256-GCM: whatever was changed, cut or moved to another record cannot be opened.

Sealed bytes: format (1), id of the key (8), nonce (12), ciphertext with tag. Format, key id and the record are
authenticated along with it.
"""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import orjson

from engine.model.errors import SecretsUnavailable
from engine.ports.vault import SealedRecord
from engine.vault.keys import KEY_ID_BYTES, VaultKey, check_key, derive_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FORMAT = b"\x01"
_HEADER_BYTES = 1 + KEY_ID_BYTES
_NONCE_BYTES = 12


class AeadVault:
    """`engine.ports.vault.Vault`. ``keys``: texts of keys, the present one first; none: nothing can be opened.

    Raises InvalidInput for a text that is too short.
    """

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self.use(keys)

    def use(self, keys: Sequence[str]) -> None:
        """Go on with other keys. Raises InvalidInput as above, and goes on as before then."""
        for text in keys:
            check_key(text)
        self._texts = tuple(keys)
        # Made at the first use: most commands have no use for them.
        self._derived: list[VaultKey] | None = None

    def __repr__(self) -> str:
        return f"AeadVault({len(self._texts)} keys)"

    @property
    def has_key(self) -> bool:
        return bool(self._texts)

    def seal(self, plain: bytes, record: SealedRecord) -> bytes:
        if not self.has_key:
            raise SecretsUnavailable(
                "secrets cannot be stored without an encryption key"
                " (name one by encryption.key_file in tocsin.yml, or by TOCSIN_ENCRYPTION_KEY)"
            )
        key = self._keys()[0]
        header, nonce = _FORMAT + key.id, os.urandom(_NONCE_BYTES)
        return header + nonce + _cipher(key).encrypt(nonce, plain, header + _bytes_of(record))

    def open(self, sealed: bytes, record: SealedRecord) -> bytes:
        from cryptography.exceptions import InvalidTag

        key = self._key_of(sealed, record)
        header, nonce = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES : _HEADER_BYTES + _NONCE_BYTES]
        try:
            return _cipher(key).decrypt(nonce, sealed[_HEADER_BYTES + _NONCE_BYTES :], header + _bytes_of(record))
        except (InvalidTag, ValueError):
            text = f"the secrets of {_named(record)} were changed or belong to another object (enter them again)"
            raise SecretsUnavailable(text) from None

    def is_current(self, sealed: bytes) -> bool:
        return self.has_key and sealed.startswith(_FORMAT + self._keys()[0].id)

    def _keys(self) -> list[VaultKey]:
        if self._derived is None:
            self._derived = [derive_key(text) for text in self._texts]
        return self._derived

    def _key_of(self, sealed: bytes, record: SealedRecord) -> VaultKey:
        if not self.has_key:
            text = f"the secrets of {_named(record)} cannot be read: there is no encryption key"
            raise SecretsUnavailable(f"{text} (give the one that they were stored with)")
        key = next((key for key in self._keys() if sealed.startswith(_FORMAT + key.id)), None)
        if key is None:
            text = f"the secrets of {_named(record)} cannot be read: they were stored with another encryption key"
            raise SecretsUnavailable(f"{text} (name that one by encryption.older_key_files, or enter them again)")
        return key


def _cipher(key: VaultKey) -> "AESGCM":
    # Loads slowly, and most commands open nothing.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key.secret)


def _bytes_of(record: SealedRecord) -> bytes:
    """Different for different records, whatever characters are in their ids."""
    return orjson.dumps([record.kind, record.space, record.id, record.type_id])


def _named(record: SealedRecord) -> str:
    return f"{record.kind} [{record.id}]"
