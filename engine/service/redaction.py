"""Keeps secrets out of texts that are stored, shown and logged (connector-framework.md 12)."""

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from engine.model.jsonvalue import JsonObject, JsonValue

_REPLACEMENT = "<redacted>"
_SHORTEST_FOUND_ANYWHERE = 4
_SHORTEST_FOUND_IN_VALUES = 8
_NAMES = frozenset({"user", "username", "email"})
"""Members of secrets that say who somebody is."""


def redact(text: str, secrets: JsonObject) -> str:
    """The text with every secret value in it replaced, plain, percent-encoded, in JSON or as Basic credentials.

    A secret of less than 4 characters is replaced only where it stands alone: else it would shred every word.
    """
    forms = {form for secret in _strings(secrets) for form in _forms(secret)} | set(_basic_credentials(secrets))
    for form in sorted(forms, key=len, reverse=True):
        pattern = re.escape(form)
        if len(form) < _SHORTEST_FOUND_ANYWHERE:
            pattern = rf"(?<!\w){pattern}(?!\w)"
        text = re.sub(pattern, _REPLACEMENT, text)
    return text


def redact_values(value: JsonValue, secrets: JsonObject) -> JsonValue:
    """The value with the secrets taken out of every string in it; names of members stay.

    Programs read such values: names of users are left in them, and whatever is too short to be no ordinary word.
    """
    kept = {name: member for name, member in secrets.items() if name not in _NAMES}
    found = [*_strings(kept), *_basic_credentials(secrets)]
    found = [secret for secret in found if len(secret) >= _SHORTEST_FOUND_IN_VALUES]
    return _without(value, {str(number): secret for number, secret in enumerate(found)}) if found else value


def _without(value: JsonValue, secrets: JsonObject) -> JsonValue:
    if isinstance(value, str):
        return redact(value, secrets)
    if isinstance(value, dict):
        return {name: _without(member, secrets) for name, member in value.items()}
    if isinstance(value, list):
        return [_without(member, secrets) for member in value]
    return value


def _strings(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        if value.strip():
            yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from _strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from _strings(member)


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="", errors="replace")
    yield quote_plus(secret, errors="replace")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]


def _basic_credentials(secrets: JsonObject) -> Iterator[str]:
    user, password = secrets.get("user"), secrets.get("password")
    if isinstance(user, str) and isinstance(password, str):
        yield base64.b64encode(f"{user}:{password}".encode(errors="replace")).decode("ascii")
