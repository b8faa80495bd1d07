"""``EncodeURI`` and ``EncodeURIComponent``, as JavaScript's functions of these names."""

from typing import Final
from urllib.parse import quote

from engine.template.lambdas.contract import LambdaError, LambdaInput

# Letters, digits and `_.-~` are never encoded by `quote`.
_KEPT_IN_COMPONENTS: Final = "!*'()"
_KEPT_IN_URIS: Final = ";,/?:@&=+$#" + _KEPT_IN_COMPONENTS


def encode_uri(given: LambdaInput) -> str:
    """The text as a URI: what separates its parts stays as it is."""
    return _encode(given, _KEPT_IN_URIS)


def encode_uri_component(given: LambdaInput) -> str:
    """The text as a part of a URI."""
    return _encode(given, _KEPT_IN_COMPONENTS)


def _encode(given: LambdaInput, kept: str) -> str:
    given.charge(len(given.text))
    try:
        return quote(given.text, safe=kept)
    except UnicodeEncodeError as error:
        raise LambdaError(f"half of a surrogate pair at character {error.start}") from None
