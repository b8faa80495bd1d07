"""The options of ``FormatNumber``: names, values and defaults of ``Intl.NumberFormat`` (templates.md 6.4)."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from engine.template.lambdas.contract import LambdaError
from engine.template.lambdas.digits import CompactPrecision, FractionPrecision, Precision, SignificantPrecision
from engine.template.tokens import WHITE_SPACE

OptionValue: TypeAlias = "float | bool | str"

NUMBER: Final = re.compile(r"[+-]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
"""The numeric start of a text, as JavaScript's ``parseFloat`` takes it."""

_WORDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "style": ("decimal", "percent", "currency", "unit"),
        "currencyDisplay": ("symbol", "narrowSymbol", "code", "name"),
        "currencySign": ("standard", "accounting"),
        "unitDisplay": ("short", "long", "narrow"),
        "notation": ("standard", "scientific", "engineering", "compact"),
        "compactDisplay": ("short", "long"),
        "signDisplay": ("auto", "always", "never", "exceptZero", "negative"),
    }
)
"""Options with a fixed set of words; the first one is the default."""

_GROUPINGS: Final[Mapping[OptionValue, str]] = MappingProxyType(
    {True: "always", False: "", "always": "always", "auto": "auto", "min2": "min2"}
)
_CURRENCY: Final = re.compile(r"[A-Za-z]{3}")
_SYSTEM: Final = re.compile(r"[A-Za-z0-9]{3,8}(?:-[A-Za-z0-9]{3,8})*")
_SIMPLE_UNITS: Final = frozenset(
    unit
    for units in (
        "acre bit byte celsius centimeter day degree fahrenheit fluid-ounce foot gallon gigabit gigabyte gram hectare",
        "hour inch kilobit kilobyte kilogram kilometer liter megabit megabyte meter microsecond mile mile-scandinavian",
        "milliliter millimeter millisecond minute month nanosecond ounce percent petabyte pound second stone terabit",
        "terabyte week yard year",
    )
    for unit in units.split()
)


@dataclass(frozen=True, slots=True)
class NumberOptions:
    """Checked options. ``grouping``: ``always``, ``auto``, ``min2`` or, for none, empty. ``unit``: its numerator and
    the unit that this is per, if any. ``precision`` None: as the notation and style want it.
    """

    style: str
    currency: str
    currency_display: str
    currency_sign: str
    unit: tuple[str, str | None]
    unit_display: str
    notation: str
    compact_display: str
    sign_display: str
    grouping: str
    least_integer_digits: int
    precision: Precision
    numbering_system: str | None


def read_options(text: str, currency_digits: "Mapping[str, int]") -> NumberOptions:
    """The options in ``key: value, key: value``. ``currency_digits``: fraction digits of the currencies that have not
    two. Raises LambdaError.
    """
    given = _split(text)
    words = {name: _one_of(given, name, known) for name, known in _WORDS.items()}
    currency = _currency(given, words["style"])
    digits = currency_digits.get(currency, 2) if words["style"] == "currency" else None
    return NumberOptions(
        style=words["style"],
        currency=currency,
        currency_display=words["currencyDisplay"],
        currency_sign=words["currencySign"],
        unit=_unit(given, words["style"]),
        unit_display=words["unitDisplay"],
        notation=words["notation"],
        compact_display=words["compactDisplay"],
        sign_display=words["signDisplay"],
        grouping=_grouping(given, words["notation"]),
        least_integer_digits=_whole(given, "minimumIntegerDigits", 1, 21) or 1,
        precision=_precision(given, words["style"], words["notation"], digits),
        numbering_system=_numbering_system(given),
    )


def _split(text: str) -> dict[str, OptionValue]:
    options: dict[str, OptionValue] = {}
    for entry in text.split(","):
        parts = [part.strip(WHITE_SPACE) for part in entry.split(":")]
        if parts == [""]:
            continue
        if len(parts) < 2:
            raise LambdaError("an option without a colon: write key: value")
        options[parts[0]] = _value(parts[1])
    return options


def _value(text: str) -> OptionValue:
    number = NUMBER.match(text)
    if number is not None:
        return float(number[0])
    return {"true": True, "false": False}.get(text, text)


def _bad(name: str, remedy: str) -> LambdaError:
    return LambdaError(f"bad value of the option [{name}]: {remedy}")


def _one_of(given: Mapping[str, OptionValue], name: str, known: tuple[str, ...]) -> str:
    value = given.get(name, known[0])
    if not isinstance(value, str) or value not in known:
        raise _bad(name, f"use one of {', '.join(known)}")
    return value


def _grouping(given: Mapping[str, OptionValue], notation: str) -> str:
    if "useGrouping" not in given:
        return "min2" if notation == "compact" else "auto"
    value = given["useGrouping"]
    if value in ("true", "false") or (not isinstance(value, float) and value not in _GROUPINGS):
        raise _bad("useGrouping", "use true, false, always, auto or min2")
    if isinstance(value, float):
        if value:
            raise _bad("useGrouping", "use true, false, always, auto or min2")
        return ""
    return _GROUPINGS[value]


def _currency(given: Mapping[str, OptionValue], style: str) -> str:
    value = given.get("currency")
    if value is None and style != "currency":
        return ""
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise _bad("currency", "the style currency needs a code of three letters, such as EUR")
    return value.upper()


def _unit(given: Mapping[str, OptionValue], style: str) -> tuple[str, str | None]:
    value = given.get("unit")
    if value is None and style != "unit":
        return "", None
    if isinstance(value, str):
        numerator, per, denominator = value.partition("-per-")
        if numerator in _SIMPLE_UNITS and (not per or denominator in _SIMPLE_UNITS):
            return numerator, denominator or None
    raise _bad("unit", "the style unit needs a unit that ECMAScript sanctions, such as megabyte or kilometer-per-hour")


def _numbering_system(given: Mapping[str, OptionValue]) -> str | None:
    value = given.get("numberingSystem")
    if value is not None and not (isinstance(value, str) and _SYSTEM.fullmatch(value)):
        raise _bad("numberingSystem", "use a name such as latn")
    return None if value is None else str(value).lower()


def _whole(given: Mapping[str, OptionValue], name: str, least: int, most: int) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, str) or not least <= value <= most:
        raise _bad(name, f"use a number from {least} to {most}")
    return math.floor(value)


def _precision(given: Mapping[str, OptionValue], style: str, notation: str, currency_digits: int | None) -> Precision:
    """Significant digits go before fraction digits, whatever is given of them before the defaults."""
    least_fraction = _whole(given, "minimumFractionDigits", 0, 100)
    most_fraction = _whole(given, "maximumFractionDigits", 0, 100)
    least_significant = _whole(given, "minimumSignificantDigits", 1, 21)
    most_significant = _whole(given, "maximumSignificantDigits", least_significant or 1, 21)
    if least_significant is not None or most_significant is not None:
        return SignificantPrecision(least_significant or 1, most_significant or 21)
    if notation == "compact" and least_fraction is None and most_fraction is None:
        return CompactPrecision()
    if currency_digits is not None and notation == "standard":
        least_default, most_default = currency_digits, currency_digits
    else:
        least_default, most_default = 0, (0 if style == "percent" or notation == "compact" else 3)
    if least_fraction is None:
        least_fraction = min(least_default, most_default if most_fraction is None else most_fraction)
    if most_fraction is None:
        most_fraction = max(most_default, least_fraction)
    if least_fraction > most_fraction:
        raise _bad("minimumFractionDigits", "it is greater than maximumFractionDigits")
    return FractionPrecision(least_fraction, most_fraction)
