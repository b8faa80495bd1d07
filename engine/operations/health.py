"""The health of the alerting framework: the newest failures of its rules (rest-api.md 4.8)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.ports.store import Store

_REASONS: Final = {"decryption_health": "decrypt", "execution_health": "execute", "read_health": "read"}
"""Member of the answer -> the reason of a rule's error that spoils it."""


@dataclass(frozen=True, slots=True)
class Protection:
    """How what is stored and sent is protected: security is on, requests come over TLS, secrets have a key."""

    is_secured: bool = False
    is_encrypted: bool = False
    has_key: bool = False


async def framework_health(store: Store, protection: Protection, *, at: datetime) -> JsonObject:
    """The answer, over the rules of all spaces."""
    newest = await store.newest_runs()
    return {
        "is_sufficiently_secure": protection.is_encrypted or not protection.is_secured,
        "has_permanent_encryption_key": protection.has_key,
        "alerting_framework_health": {
            name: _health(newest.failed.get(reason), newest.ended or at) for name, reason in _REASONS.items()
        },
    }


def _health(failed: datetime | None, ended: datetime) -> JsonObject:
    return {"status": "ok" if failed is None else "warn", "timestamp": iso(ended if failed is None else failed)}
