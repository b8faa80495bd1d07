"""``FormatNumber``: ``number ; locales ; options``, as ``Intl.NumberFormat`` writes numbers (templates.md 6.4).

The patterns and names are those of CLDR, which the library babel carries; putting them together is ours, since babel
knows neither signs, significant digits nor units as ECMAScript does.
"""

import math
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from engine.template.lambdas.contract import LambdaError, LambdaInput
from engine.template.lambdas.number_locale import NumberLocale, locale_named
from engine.template.lambdas.number_names import currency_symbol, find_unit_pattern, name_currency
from engine.template.lambdas.number_options import NUMBER, NumberOptions, read_options
from engine.template.tokens import WHITE_SPACE

if TYPE_CHECKING:
    from babel.numbers import NumberPattern

MAX_CHARS: Final = 10_000
_STEPS: Final = 1000
"""What one number costs, whatever it is: about a hundred microseconds."""

_NO_BREAK_SPACE: Final = "\xa0"


def format_number(given: LambdaInput) -> str:
    """The number, written as the first supported locale (default en-US) and the options want it."""
    if len(given.text) > MAX_CHARS:
        raise LambdaError(f"the text is longer than {MAX_CHARS} characters")
    given.charge(_STEPS + len(given.text))
    parts = [part.strip(WHITE_SPACE) for part in given.text.split(";")]
    if len(parts) < 3:
        raise LambdaError("two semicolons are needed: number; locales; options")
    options = read_options(parts[2], _currency_digits())
    locale = locale_named(parts[1], options.numbering_system)
    start = NUMBER.match(parts[0])
    if start is None:
        raise LambdaError("the text before the first semicolon does not begin with a number")
    return _Writing(locale, options).write(float(start[0].replace("Infinity", "inf")))


@lru_cache(maxsize=1)
def _currency_digits() -> dict[str, int]:
    """The fraction digits of the currencies that have not two."""
    from babel.core import get_global

    return {code: int(digits) for code, (digits, *_) in get_global("currency_fractions").items() if code != "DEFAULT"}


@dataclass(frozen=True, slots=True)
class _Shown:
    """Rounded ``digits`` in ASCII with a point, the ``pattern`` around them, and what follows them (an exponent).

    ``value``: the digits of the whole number that they stand for, which decides on the plural.
    """

    digits: str
    pattern: "NumberPattern"
    value: str
    exponent: str = ""


class _Writing:
    def __init__(self, locale: NumberLocale, options: NumberOptions) -> None:
        self._locale, self._options = locale, options

    def write(self, number: float) -> str:
        """The number in its style."""
        options = self._options
        signed = self._signed(number)
        if options.style == "unit":
            pattern = find_unit_pattern(self._locale, *options.unit, options.unit_display, self._plural(number))
            return pattern.replace("{0}", signed)
        if options.style == "currency" and options.currency_display == "name":
            return name_currency(self._locale, options.currency, signed, self._plural(number))
        return signed

    def _plural(self, number: float) -> str:
        return "other" if math.isinf(number) else self._locale.plural_of(self._show(number).value)

    def _signed(self, number: float) -> str:
        """The number with its sign and what its pattern puts around it: a currency or per cent sign, a word."""
        is_negative = math.copysign(1, number) < 0
        if math.isinf(number):
            pattern, body, is_zero = self._pattern(), self._locale.symbol("infinity", "∞"), False
        else:
            shown = self._show(number)
            pattern, is_zero = shown.pattern, not Decimal(shown.digits)
            body = self._grouped(shown.digits) + shown.exponent
        prefix, suffix = _affixes(pattern, self._sign(is_negative=is_negative, is_zero=is_zero))
        return self._put_around(prefix, body, suffix)

    def _sign(self, *, is_negative: bool, is_zero: bool) -> str:
        match self._options.sign_display:
            case "never":
                return ""
            case "always":
                return "-" if is_negative else "+"
            case "exceptZero":
                return "" if is_zero else "-" if is_negative else "+"
            case "negative":
                return "-" if is_negative and not is_zero else ""
        return "-" if is_negative else ""

    def _pattern(self) -> "NumberPattern":
        data, options = self._locale.data, self._options
        pattern: NumberPattern = data.decimal_formats[None]
        if options.style == "percent":
            pattern = data.percent_formats[None]
        elif options.style == "currency" and options.currency_display != "name":
            pattern = data.currency_formats[options.currency_sign]
        return pattern

    def _show(self, number: float) -> _Shown:
        value = Decimal(repr(abs(number)))
        if self._options.style == "percent":
            value *= 100
        match self._options.notation:
            case "compact":
                return self._show_compact(value)
            case "scientific":
                return self._show_with_exponent(value, 1)
            case "engineering":
                return self._show_with_exponent(value, 3)
        digits = self._options.precision.digits_of(value)
        return _Shown(digits, self._pattern(), digits)

    def _show_with_exponent(self, value: Decimal, step: int) -> _Shown:
        """``1.235E6``: the exponent is a multiple of ``step``."""
        exponent = value.adjusted() // step * step if value else 0
        digits = self._options.precision.digits_of(value.scaleb(-exponent))
        if Decimal(digits) >= 10**step:  # rounded up to one digit more
            exponent += step
            digits = self._options.precision.digits_of(Decimal(digits).scaleb(-step))
        sign = self._locale.symbol("minusSign", "-") if exponent < 0 else ""
        written = f"{self._locale.symbol('exponential', 'E')}{sign}{self._locale.write_digits(str(abs(exponent)))}"
        return _Shown(digits, self._pattern(), digits, written)

    def _show_compact(self, value: Decimal) -> _Shown:
        """``1.2K``: the number in units of its magnitude, and the pattern that names this."""
        magnitude = value.adjusted() if value else 0
        shown = self._show_in_units(value, magnitude)
        if Decimal(shown.value) >= Decimal(10).scaleb(magnitude):  # rounded up to one digit more
            shown = self._show_in_units(value, magnitude + 1)
        return shown

    def _show_in_units(self, value: Decimal, magnitude: int) -> _Shown:
        data, options = self._locale.data, self._options
        is_currency = options.style == "currency" and options.currency_display != "name"
        formats = data.compact_currency_formats if is_currency else data.compact_decimal_formats
        patterns = formats[options.compact_display if options.compact_display in formats else "short"]
        key = str(10 ** min(magnitude, 14)) if magnitude >= 3 else ""
        if key not in patterns["other"] or _is_bare(patterns["other"][key]):
            digits = options.precision.digits_of(value)
            return _Shown(digits, self._pattern(), digits)
        unit = min(magnitude, 14) + 1 - _count_digits(patterns["other"][key])
        digits = options.precision.digits_of(value.scaleb(-unit))
        total = f"{Decimal(digits).scaleb(unit):f}"
        plural = self._locale.plural_of(digits)
        pattern = patterns.get(plural, patterns["other"]).get(key, patterns["other"][key])
        return _Shown(digits, self._around_percent(pattern), total)

    def _around_percent(self, pattern: "NumberPattern") -> "NumberPattern":
        """A compact pattern with the per cent sign around it if the style wants one."""
        if self._options.style != "percent":
            return pattern
        from babel.numbers import parse_pattern

        outer = self._pattern()
        return parse_pattern(f"{outer.prefix[0]}{pattern.prefix[0]}0{pattern.suffix[0]}{outer.suffix[0]}")

    def _grouped(self, digits: str) -> str:
        """The digits with the locale's point and groups."""
        locale, options = self._locale, self._options
        whole, _, fraction = digits.partition(".")
        whole = whole.rjust(options.least_integer_digits, "0")
        first, others = locale.data.decimal_formats[None].grouping
        if options.grouping and len(whole) >= first + locale.least_group(options.grouping):
            groups = [whole[-first:]]
            rest = whole[:-first]
            while rest:
                groups.append(rest[-others:])
                rest = rest[:-others]
            separator = locale.symbol("group", ",")
            whole = separator.join(locale.write_digits(group) for group in reversed(groups))
        else:
            whole = locale.write_digits(whole)
        return f"{whole}{locale.symbol('decimal', '.')}{locale.write_digits(fraction)}" if fraction else whole

    def _put_around(self, prefix: str, body: str, suffix: str) -> str:
        """Signs as the locale writes them; a currency that ends in a letter keeps its distance from the digits."""
        prefix, suffix = self._localized(prefix), self._localized(suffix)
        if "¤" in prefix + suffix:
            symbol = currency_symbol(self._locale, self._options.currency, self._options.currency_display)
            if prefix.endswith("¤") and symbol[-1].isalpha():
                prefix += _NO_BREAK_SPACE
            if suffix.startswith("¤") and symbol[0].isalpha():
                suffix = _NO_BREAK_SPACE + suffix
            prefix, suffix = prefix.replace("¤", symbol), suffix.replace("¤", symbol)
        return prefix + body + suffix

    def _localized(self, affix: str) -> str:
        for sign, name in (("-", "minusSign"), ("+", "plusSign"), ("%", "percentSign")):
            if sign in affix:
                affix = affix.replace(sign, self._locale.symbol(name, sign))
        return affix


def _affixes(pattern: "NumberPattern", sign: str) -> tuple[str, str]:
    """What stands before and after the digits; a plus sign stands where the minus sign would."""
    prefix, suffix = _unquoted(pattern.prefix[0]), _unquoted(pattern.suffix[0])
    if not sign:
        return prefix, suffix
    negative = _unquoted(pattern.prefix[1]), _unquoted(pattern.suffix[1])
    if sign == "-":
        return negative
    if "-" in "".join(negative):
        return negative[0].replace("-", "+"), negative[1].replace("-", "+")
    return "+" + prefix, suffix


def _unquoted(affix: str) -> str:
    return affix.replace("''", "\0").replace("'", "").replace("\0", "'")


def _is_bare(pattern: "NumberPattern") -> bool:
    return not _unquoted(pattern.prefix[0] + pattern.suffix[0]).replace("¤", "").strip(WHITE_SPACE)


def _count_digits(pattern: "NumberPattern") -> int:
    """How many digits a compact pattern has room for: ``000K`` shows 123456 as 123."""
    return str(pattern.pattern).partition(";")[0].count("0")
