"""``FormatNumber`` (templates.md 6.4), where the behaviour cases do not look."""

import pytest

NBSP, NARROW = "\xa0", "\u202f"


@pytest.mark.parametrize(
    ("number", "options", "text"),
    [
        # signs
        ("5", "signDisplay: always", "+5"),
        ("-5", "signDisplay: always", "-5"),
        ("-5", "signDisplay: never", "5"),
        ("-5", "signDisplay: exceptZero", "-5"),
        ("5", "signDisplay: exceptZero", "+5"),
        ("-0.1", "signDisplay: exceptZero, maximumFractionDigits: 0", "0"),
        ("-0.1", "signDisplay: negative, maximumFractionDigits: 0", "0"),
        ("-5", "signDisplay: negative", "-5"),
        ("5", "signDisplay: negative", "5"),
        ("-0", "", "-0"),
        ("-Infinity", "", "-∞"),
        ("Infinity", "signDisplay: exceptZero", "+∞"),
        ("5", "signDisplay: always, style: currency, currency: USD, currencySign: accounting", "+$5.00"),
        ("-5", "style: currency, currency: USD, currencySign: accounting", "($5.00)"),
        # digits
        ("1.005", "maximumFractionDigits: 2", "1.01"),
        ("2.5", "maximumFractionDigits: 0", "3"),
        ("1.5", "minimumFractionDigits: 2", "1.50"),
        ("1.23456", "minimumFractionDigits: 5", "1.23456"),
        ("0.256", "style: percent, minimumFractionDigits: 1", "25.6%"),
        ("123456", "maximumSignificantDigits: 4", "123,500"),
        ("0", "minimumSignificantDigits: 3", "0.00"),
        ("9.996", "minimumSignificantDigits: 3, maximumSignificantDigits: 3", "10.0"),
        ("1", "minimumSignificantDigits: 3", "1.00"),
        ("1.23456", "maximumSignificantDigits: 3, maximumFractionDigits: 0", "1.23"),
        ("1", "minimumIntegerDigits: 7", "0,000,001"),
        ("12", "minimumIntegerDigits: 3.9", "012"),
        ("1.5", "style: currency, currency: eur", "€1.50"),
        ("1.5", "style: currency, currency: EUR, maximumFractionDigits: 0", "€2"),
        ("1234.5", "style: currency, currency: JPY", "¥1,235"),
        ("1.2345", "style: currency, currency: KWD, currencyDisplay: code", f"KWD{NBSP}1.235"),
        # groups
        ("1234", "useGrouping: true", "1,234"),
        ("1234", "useGrouping: always", "1,234"),
        ("1234", "useGrouping: auto", "1,234"),
        ("1234", "useGrouping: min2", "1234"),
        ("12345", "useGrouping: min2", "12,345"),
        ("1234", "useGrouping: false", "1234"),
        ("1234", "useGrouping: 0", "1234"),
        # notations
        ("1234567", "notation: scientific", "1.235E6"),
        ("0.00012", "notation: scientific", "1.2E-4"),
        ("9999.9", "notation: scientific, maximumFractionDigits: 0", "1E4"),
        ("0", "notation: engineering", "0E0"),
        ("999999.9", "notation: engineering, maximumFractionDigits: 0", "1E6"),
        ("12345", "notation: engineering", "12.345E3"),
        ("1.5", "style: currency, currency: EUR, notation: scientific", "€1.5E0"),
        ("999", "notation: compact", "999"),
        ("1234", "notation: compact", "1.2K"),
        ("999999", "notation: compact", "1M"),
        ("12345", "notation: compact", "12K"),
        ("12345", "notation: compact, minimumFractionDigits: 1", "12.3K"),
        ("1500000", "notation: compact, compactDisplay: long", "1.5 million"),
        ("1e15", "notation: compact", "1000T"),
        ("1e16", "notation: compact", "10,000T"),
        ("0.123", "notation: compact", "0.12"),
        ("0", "notation: compact", "0"),
        ("1234", "notation: compact, style: currency, currency: USD", "$1.2K"),
        ("12.34", "notation: compact, style: percent", "1.2K%"),
        # names
        ("1", "style: currency, currency: EUR, currencyDisplay: name", "1.00 euros"),
        ("1", "style: currency, currency: EUR, currencyDisplay: name, maximumFractionDigits: 0", "1 euro"),
        ("5", "style: currency, currency: CAD, currencyDisplay: narrowSymbol", "$5.00"),
        ("5", "style: currency, currency: CAD", "CA$5.00"),
        ("5", "style: currency, currency: XYZ", f"XYZ{NBSP}5.00"),
        ("5", "style: currency, currency: XYZ, currencyDisplay: name", "5.00 XYZ"),
        ("1", "style: unit, unit: liter, unitDisplay: long", "1 liter"),
        ("16", "style: unit, unit: liter, unitDisplay: long", "16 liters"),
        ("Infinity", "style: unit, unit: liter, unitDisplay: long", "∞ liters"),
        ("5", "style: unit, unit: kilometer-per-hour", "5 km/h"),
        ("5", "style: unit, unit: kilobyte-per-minute", "5 kB/min"),
        ("5", "style: unit, unit: liter-per-day, unitDisplay: long", "5 liters per day"),
        ("1", "style: unit, unit: petabyte, unitDisplay: narrow", "1PB"),
        # what is read of the parts
        ("12abc", "", "12"),
        ("1e3", "", "1,000"),
        (".5", "", "0.5"),
        ("1,234", "", "1"),
        ("0x10", "", "0"),
        ("+7.", "", "7"),
        ("1", " , style : percent : more , rogue: 1", "100%"),
        ("1", "minimumFractionDigits: 2x", "1.00"),
        ("5", "numberingSystem: FULLWIDE", "５"),
        ("5", "numberingSystem: hanidec", "五"),
        ("5", "numberingSystem: rogue", "5"),
    ],
)
def test_a_number(call, number: str, options: str, text: str) -> None:
    assert call("FormatNumber", f"{number};;{options}") == text


@pytest.mark.parametrize(
    ("locale", "number", "options", "text"),
    [
        ("de-DE", "-1234567.891", "", "-1.234.567,891"),
        ("fr-FR", "1234.5", "style: currency, currency: EUR", f"1{NARROW}234,50{NBSP}€"),
        ("en-IN", "-1234567.891", "", "-12,34,567.891"),
        ("es-ES", "1234", "", "1234"),
        ("es-ES", "12345", "", "12.345"),
        ("es-ES", "1234", "useGrouping: always", "1.234"),
        ("es-MX", "1234", "", "1,234"),
        ("pt-BR", "1234", "", "1.234"),
        ("pt-PT", "1234", "", "1234"),
        ("sv-SE", "-5", "", "−5"),
        ("sv-SE", "5", "signDisplay: always", "+5"),
        ("de-DE", "5", "style: unit, unit: kilometer-per-hour, unitDisplay: long", "5 Kilometer pro Stunde"),
        ("de-DE", "1500000", "notation: compact, compactDisplay: long", "1,5 Millionen"),
        ("de-DE", "1000000", "notation: compact, compactDisplay: long", "1 Million"),
        ("ar-EG", "12.5", "", "١٢٫٥"),
        ("de-DE", "1", "style: currency, currency: EUR, currencyDisplay: name", "1,00 Euro"),
        ("ar-EG-u-nu-latn", "12.5", "", "12.5"),
        ("en-US-u-nu-thai", "12.5", "", "๑๒.๕"),
        ("en-US-u-ca-gregory-nu-thai", "12.5", "numberingSystem: latn", "12.5"),
        ("zz, de-DE, fr-FR", "1.5", "", "1,5"),
        ("zz", "1.5", "", "1.5"),
        ("de-ZZ", "1.5", "", "1,5"),
        (" , ", "1.5", "", "1.5"),
        ("DE-de", "1.5", "", "1,5"),
    ],
)
def test_a_number_in_a_locale(call, locale: str, number: str, options: str, text: str) -> None:
    assert call("FormatNumber", f"{number};{locale};{options}") == text


def _bad(name: str, remedy: str) -> str:
    return f"bad value of the option [{name}]: {remedy}"


_GROUPING = _bad("useGrouping", "use true, false, always, auto or min2")
_CURRENCY = _bad("currency", "the style currency needs a code of three letters, such as EUR")
_UNIT = _bad("unit", "the style unit needs a unit that ECMAScript sanctions, such as megabyte or kilometer-per-hour")
_SYSTEM = _bad("numberingSystem", "use a name such as latn")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1", "two semicolons are needed: number; locales; options"),
        ("1;en-US", "two semicolons are needed: number; locales; options"),
        ("abc;;", "the text before the first semicolon does not begin with a number"),
        (";;", "the text before the first semicolon does not begin with a number"),
        ("1;xx_YY;", "locale 1 is no language tag: write one such as en-US"),
        ("1;en-US, e;", "locale 2 is no language tag: write one such as en-US"),
        ("1;" + "en," * 21 + ";", "more than 20 locales"),
        ("1;;style", "an option without a colon: write key: value"),
        ("1;;style: money", _bad("style", "use one of decimal, percent, currency, unit")),
        ("1;;style: 1", _bad("style", "use one of decimal, percent, currency, unit")),
        ("1;;notation: short", _bad("notation", "use one of standard, scientific, engineering, compact")),
        ("1;;signDisplay: true", _bad("signDisplay", "use one of auto, always, never, exceptZero, negative")),
        ("1;;useGrouping: never", _GROUPING),
        ("1;;useGrouping: 1", _GROUPING),
        ("1;;style: currency", _CURRENCY),
        ("1;;currency: EURO", _CURRENCY),
        ("1;;currency: 978", _CURRENCY),
        ("1;;style: unit", _UNIT),
        ("1;;unit: parsec", _UNIT),
        ("1;;unit: liter-per-parsec", _UNIT),
        ("1;;unit: liter-per-", _UNIT),
        ("1;;numberingSystem: x", _SYSTEM),
        ("1;;numberingSystem: 123", _SYSTEM),
        ("1;;minimumIntegerDigits: 0", _bad("minimumIntegerDigits", "use a number from 1 to 21")),
        ("1;;minimumIntegerDigits: 22", _bad("minimumIntegerDigits", "use a number from 1 to 21")),
        ("1;;minimumFractionDigits: -1", _bad("minimumFractionDigits", "use a number from 0 to 100")),
        ("1;;maximumFractionDigits: 101", _bad("maximumFractionDigits", "use a number from 0 to 100")),
        ("1;;maximumFractionDigits: many", _bad("maximumFractionDigits", "use a number from 0 to 100")),
        ("1;;minimumSignificantDigits: 0", _bad("minimumSignificantDigits", "use a number from 1 to 21")),
        (
            "1;;minimumSignificantDigits: 3, maximumSignificantDigits: 2",
            _bad("maximumSignificantDigits", "use a number from 3 to 21"),
        ),
        (
            "1;;minimumFractionDigits: 3, maximumFractionDigits: 2",
            _bad("minimumFractionDigits", "it is greater than maximumFractionDigits"),
        ),
        ("1;;" + " " * 9_997 + "x", "the text is longer than 10000 characters"),
    ],
)
def test_what_is_no_number_or_option_is_told(refusal, text: str, reason: str) -> None:
    assert refusal("FormatNumber", text) == reason


def test_a_fourth_part_is_ignored(call) -> None:
    assert call("FormatNumber", "1; en-US; style: percent; rogue") == "100%"


def test_twenty_locales_are_allowed(call) -> None:
    assert call("FormatNumber", "1.5;" + "zz," * 19 + "de;") == "1,5"
