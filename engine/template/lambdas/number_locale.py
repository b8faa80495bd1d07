"""Locales of ``FormatNumber``: the first supported one of BCP 47 tags, with its digits and symbols from CLDR."""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from engine.template.lambdas.contract import LambdaError
from engine.template.tokens import WHITE_SPACE

if TYPE_CHECKING:
    from babel import Locale

DEFAULT_TAG: Final = "en-US"
MAX_TAGS: Final = 20

_TAG: Final = re.compile(
    r"(?P<names>(?:[A-Za-z]{2,3}|[A-Za-z]{5,8})(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?)"
    r"(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
    r"(?P<extensions>(?:-[0-9A-WY-Za-wy-z](?:-[A-Za-z0-9]{2,8})+)*)(?:-[xX](?:-[A-Za-z0-9]{1,8})+)?"
)
_NUMBERING_EXTENSION: Final = re.compile(r"-u(?:-[A-Za-z0-9]{2,8})*?-nu-(?P<system>[A-Za-z0-9]{3,8})")

# CLDR's minimumGroupingDigits, which babel's data lacks: where it is 2, four digits are not grouped.
_GROUP_FROM_FIVE: Final = frozenset({"bg", "es", "et", "hu", "it", "ka", "lv", "pl", "pt_PT"})
_GROUP_FROM_FOUR: Final = frozenset({"es_MX", "es_US", "es_PR", "es_GT", "es_HN", "es_NI", "es_PA", "es_SV", "it_CH"})

_ZEROS: Final[Mapping[str, str]] = MappingProxyType(
    {
        entry.partition("=")[0]: entry.partition("=")[2]
        for entries in (
            "latn=0 fullwide=０ arab=٠ arabext=۰ beng=০ deva=० gujr=૦ guru=੦ khmr=០ knda=೦ laoo=໐ mlym=൦ mong=᠐ mymr=၀",
            "orya=୦ tamldec=௦ telu=౦ thai=๐ tibt=༠",
        )
        for entry in entries.split()
    }
)
"""Numbering systems and their digit 0, which the other digits follow."""

_OTHER_DIGITS: Final = MappingProxyType({"hanidec": "〇一二三四五六七八九"})


class NumberLocale:
    """What numbers look like in a locale. ``data`` is babel's locale."""

    def __init__(self, data: "Locale", numbering_system: str | None) -> None:
        self.data = data
        self._system = _known_system(numbering_system) or _known_system(data.default_numbering_system) or "latn"

    def symbol(self, name: str, default: str) -> str:
        """A symbol by CLDR's name, as ``decimal`` or ``minusSign``."""
        symbols = self.data.number_symbols
        of_system = symbols[self._system] if self._system in symbols else symbols["latn"]
        return str(of_system.get(name, default))

    def write_digits(self, digits: str) -> str:
        """ASCII digits as those of the numbering system."""
        if self._system == "latn":
            return digits
        zero = _ZEROS.get(self._system)
        written = _OTHER_DIGITS.get(self._system) or "".join(chr(ord(zero or "0") + digit) for digit in range(10))
        return digits.translate(str.maketrans("0123456789", written))

    def least_group(self, grouping: str) -> int:
        """How many digits must stand before the last group for it to be set apart."""
        if grouping == "always":
            return 1
        name = str(self.data)
        of_locale = 2 if name in _GROUP_FROM_FIVE or self.data.language in _GROUP_FROM_FIVE - {"pt_PT"} else 1
        if name in _GROUP_FROM_FOUR:
            of_locale = 1
        return max(of_locale, 2 if grouping == "min2" else 1)

    def plural_of(self, digits: str) -> str:
        """CLDR's plural category of a number as it is shown."""
        from decimal import Decimal

        return self.data.plural_form(Decimal(digits))


def locale_named(tags: str, numbering_system: str | None) -> NumberLocale:
    """The locale of the first supported tag, else of `DEFAULT_TAG`. Raises LambdaError for one that is no tag."""
    named = [tag for tag in (part.strip(WHITE_SPACE) for part in tags.split(",")) if tag] or [DEFAULT_TAG]
    if len(named) > MAX_TAGS:
        raise LambdaError(f"more than {MAX_TAGS} locales")
    matches = [_TAG.fullmatch(tag) for tag in named]
    for position, match in enumerate(matches):
        if match is None:
            raise LambdaError(f"locale {position + 1} is no language tag: write one such as en-US")
    for match in matches:
        data = _supported(match["names"]) if match else None
        if match and data is not None:
            extension = _NUMBERING_EXTENSION.search(match["extensions"].lower())
            return NumberLocale(data, numbering_system or (extension["system"] if extension else None))
    return NumberLocale(_default(), numbering_system)


@lru_cache(maxsize=256)
def _supported(names: str) -> "Locale | None":
    from babel import Locale, UnknownLocaleError

    parts = names.split("-")
    while parts:
        try:
            return Locale.parse("_".join(parts))
        except (UnknownLocaleError, ValueError):
            parts.pop()
    return None


def _default() -> "Locale":
    data = _supported(DEFAULT_TAG)
    if data is None:
        raise LambdaError("the data of locales is missing: install babel again")
    return data


def _known_system(name: str | None) -> str | None:
    return name if name in _ZEROS or name in _OTHER_DIGITS else None
