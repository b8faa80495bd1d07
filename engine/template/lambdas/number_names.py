"""Names and symbols of currencies and units in a locale, from CLDR."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from engine.template.lambdas.number_locale import NumberLocale

# CLDR's narrow symbols, which babel's data lacks, where they differ from the code.
_NARROW_SYMBOLS: Final[Mapping[str, str]] = MappingProxyType(
    {
        code: symbol
        for symbol, codes in (
            ("$", "ARS AUD BBD BMD BND BSD BZD CAD CLP COP CUP DOP FJD GYD HKD JMD KYD LRD MXN NAD NZD SBD SGD SRD"),
            ("$", "TTD USD UYU XCD"),
            ("£", "EGP FKP GBP GIP SHP SSP SYP"),
            ("kr", "DKK ISK NOK SEK"),
            ("Rs", "LKR MUR NPR PKR"),
            ("¥", "CNY JPY"),
            *(("R$", "BRL"), ("₡", "CRC"), ("Kč", "CZK"), ("€", "EUR"), ("Ft", "HUF"), ("Rp", "IDR"), ("₪", "ILS")),
            *(("₹", "INR"), ("៛", "KHR"), ("₩", "KRW"), ("₸", "KZT"), ("₭", "LAK"), ("₮", "MNT"), ("RM", "MYR")),
            *(("₦", "NGN"), ("₱", "PHP"), ("zł", "PLN"), ("₲", "PYG"), ("₽", "RUB"), ("฿", "THB"), ("₺", "TRY")),
            *(("NT$", "TWD"), ("₴", "UAH"), ("₫", "VND"), ("R", "ZAR")),
        )
        for code in codes.split()
    }
)


def currency_symbol(locale: NumberLocale, code: str, display: str) -> str:
    """What stands for a currency beside its amount; the code where there is no symbol."""
    symbols = locale.data.currency_symbols
    if display == "code":
        return code
    if display == "narrowSymbol" and code in _NARROW_SYMBOLS:
        return _NARROW_SYMBOLS[code]
    return str(symbols.get(code, code))


def name_currency(locale: NumberLocale, code: str, amount: str, plural: str) -> str:
    """An amount and the name of its currency: ``1.00 euros``."""
    data = locale.data._data
    names = data["currency_names_plural"].get(code, {})
    name = names.get(plural) or names.get("other") or data["currency_names"].get(code, code)
    patterns = data["currency_unit_patterns"]
    pattern = str(patterns.get(plural) or patterns["other"])
    return pattern.replace("{1}", name).replace("{0}", amount)


def find_unit_pattern(locale: NumberLocale, unit: str, per: str | None, display: str, plural: str) -> str:
    """The pattern of a number of units, ``{0}`` for the number: ``{0} MB``."""
    if per is None:
        return _unit_pattern(locale, unit, display, plural) or f"{{0}} {unit}"
    whole = _unit_pattern(locale, f"{unit}-per-{per}", display, plural)
    if whole is not None:
        return whole
    numerator = _unit_pattern(locale, unit, display, plural) or f"{{0}} {unit}"
    denominator = (_unit_pattern(locale, per, display, "one") or per).replace("{0}", "").strip()
    pattern = _per_pattern(locale, display)
    return pattern.replace("{1}", denominator).replace("{0}", numerator)


def _unit_pattern(locale: NumberLocale, unit: str, display: str, plural: str) -> str | None:
    patterns = locale.data._data["unit_patterns"]
    for key in patterns:
        if key.partition("-")[2] == unit:
            of_length = patterns[key].get(display) or patterns[key].get("short") or {}
            found = of_length.get(plural) or of_length.get("other")
            return None if found is None else str(found)
    return None


def _per_pattern(locale: NumberLocale, display: str) -> str:
    patterns = locale.data._data["compound_unit_patterns"].get("per", {})
    found = (patterns.get(display) or {}).get("compound")
    return str(found or "{0}/{1}")
