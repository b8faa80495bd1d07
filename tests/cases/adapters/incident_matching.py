"""How what incident connectors sent and answered compares: as JSON, with values that only their form is known of."""

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from engine.model.instant import parse_iso
from tests.cases.matching import require_known

_CLOSE = timedelta(seconds=10)
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def find_difference(found: Any, expected: Any, where: str, *, is_subset: bool = False) -> str | None:
    """Where they differ first, None if nowhere. ``is_subset``: objects may hold more than expected."""
    if isinstance(expected, dict) and any(name.startswith("$") for name in expected):
        return _find_difference_of_form(found, expected, where)
    if isinstance(expected, dict) and isinstance(found, dict):
        too_many = [] if is_subset else sorted(found.keys() - expected.keys())
        lacking = sorted(expected.keys() - found.keys())
        if too_many or lacking:
            return f"{where}: lacks {lacking}, has {too_many} too many"
        differences = (
            find_difference(found[name], value, f"{where}.{name}", is_subset=is_subset)
            for name, value in expected.items()
        )
        return next((difference for difference in differences if difference), None)
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(found, expected, strict=True))
        elements = (find_difference(*pair, f"{where}.{at}", is_subset=is_subset) for at, pair in pairs)
        return next((difference for difference in elements if difference), None)
    is_same = isinstance(found, bool) is isinstance(expected, bool) and found == expected
    return None if is_same else f"{where}: {found!r} instead of {expected!r}"


def _find_difference_of_form(found: Any, expected: dict[str, Any], where: str) -> str | None:
    require_known(expected, {"$now_iso", "$len", "$jwt"}, where)
    if "$now_iso" in expected:
        is_now = isinstance(found, str) and _ISO.fullmatch(found) and abs(parse_iso(found) - datetime.now(UTC)) < _CLOSE
        return None if is_now else f"{where}: {found!r} is not the present time"
    if "$len" in expected:
        return None if len(found) == expected["$len"] else f"{where}: its length is {len(found)}"
    return _find_difference_of_jwt(found, expected["$jwt"], where)


def _find_difference_of_jwt(found: str, expected: Any, where: str) -> str | None:
    """Header and claims, at least those expected; the signature must be that of the key."""
    require_known(expected, {"header", "claims", "payload", "key", "public_key", "verify", "verify_with"}, where)
    header, claims, signature = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in found.split("."))
    key = next((expected[name] for name in ("public_key", "key", "verify", "verify_with") if name in expected), None)
    if isinstance(key, str):
        public = serialization.load_pem_public_key(key.encode())
        assert isinstance(public, rsa.RSAPublicKey)
        public.verify(signature, found.rpartition(".")[0].encode(), padding.PKCS1v15(), hashes.SHA256())
    wanted_claims = expected.get("claims", expected.get("payload", {}))
    return find_difference(
        orjson.loads(header), expected.get("header", {}), f"{where}.header", is_subset=True
    ) or find_difference(orjson.loads(claims), wanted_claims, f"{where}.claims", is_subset=True)
