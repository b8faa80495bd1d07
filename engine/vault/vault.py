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
from engine.vault.keys import KEY_ID_BYTES, VaultKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FORMAT = b"\x01"
_HEADER_BYTES = 1 + KEY_ID_BYTES
_NONCE_BYTES = 12


class AeadVault:
    """`engine.ports.vault.Vault`. ``keys``: the present one first, then older ones; none: nothing can be opened."""

    def __init__(self, keys: Sequence[VaultKey] = ()) -> None:
        self.use(keys)

    def use(self, keys: Sequence[VaultKey]) -> None:
        """Go on with other keys."""
        self._present = keys[0] if keys else None
        # Where a text was given twice, both are the same key.
        self._by_id = {key.id: key for key in keys}

    def __repr__(self) -> str:
        return f"AeadVault({len(self._by_id)} keys)"

    @property
    def has_key(self) -> bool:
        return self._present is not None

    def seal(self, plain: bytes, record: SealedRecord) -> bytes:
        key = self._present
        if key is None:
            raise SecretsUnavailable(
                "secrets cannot be stored without an encryption key"
                " (name one by encryption.key_file in tocsin.yml, or by TOCSIN_ENCRYPTION_KEY)"
            )
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
        return self._present is not None and sealed.startswith(_FORMAT + self._present.id)

    def _key_of(self, sealed: bytes, record: SealedRecord) -> VaultKey:
        if not self._by_id:
            text = f"the secrets of {_named(record)} cannot be read: there is no encryption key"
            raise SecretsUnavailable(f"{text} (give the one that they were stored with)")
        key = self._by_id.get(sealed[1:_HEADER_BYTES]) if sealed[:1] == _FORMAT else None
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
