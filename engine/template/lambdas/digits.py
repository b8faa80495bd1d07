"""How many digits of a number are shown; half is rounded away from zero (templates.md 6.4)."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Protocol

# The largest double has 309 digits before the point, and up to 100 may be asked for after it.
_CONTEXT = Context(prec=1000, rounding=ROUND_HALF_UP)


class Precision(Protocol):
    """Rounds a number that is not negative."""

    def digits_of(self, number: Decimal) -> str:
        """The rounded number in plain digits: ``1234`` or ``0.50``."""
        ...


@dataclass(frozen=True, slots=True)
class FractionPrecision:
    """At least and at most so many digits after the point."""

    least: int
    most: int

    def digits_of(self, number: Decimal) -> str:
        rounded = number.quantize(Decimal(1).scaleb(-self.most), context=_CONTEXT)
        return _without_zeros(f"{rounded:f}", self.least)


@dataclass(frozen=True, slots=True)
class SignificantPrecision:
    """At least and at most so many digits from the first that is not 0."""

    least: int
    most: int

    def digits_of(self, number: Decimal) -> str:
        if not number:
            return _without_zeros("0", self.least - 1)
        step = Decimal(1).scaleb(number.adjusted() - self.most + 1)
        rounded = number.quantize(step, context=_CONTEXT)
        return _without_zeros(f"{rounded:f}", max(self.least - 1 - rounded.adjusted(), 0))


@dataclass(frozen=True, slots=True)
class CompactPrecision:
    """A whole number, or two significant digits where that is more."""

    def digits_of(self, number: Decimal) -> str:
        if number and number.adjusted() < 1:
            return SignificantPrecision(1, 2).digits_of(number)
        return FractionPrecision(0, 0).digits_of(number)


def _without_zeros(digits: str, least_fraction: int) -> str:
    """The digits with as few zeros at the end of the fraction as at least that many digits of it allow."""
    whole, _, fraction = digits.partition(".")
    fraction = fraction[:least_fraction] + fraction[least_fraction:].rstrip("0")
    fraction = fraction.ljust(least_fraction, "0")
    return f"{whole}.{fraction}" if fraction else whole
