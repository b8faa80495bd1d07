"""The functions of ``EvalMath`` on numbers and arrays of numbers (templates.md 6.1)."""

import math
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

from engine.template.lambdas.contract import LambdaError

Operand: TypeAlias = "float | list[float]"
Result: TypeAlias = "float | bool | list[float] | list[list[float]]"
Function: TypeAlias = Callable[..., Result]

_NAN: Final = math.nan


class Arity:
    """How many arguments a function takes; more than ``most`` are ignored, as JavaScript does."""

    def __init__(self, least: int, most: int | None) -> None:
        self.least, self.most = least, most


def _each(function: Callable[..., float], *operands: Operand) -> float | list[float]:
    """The function of scalars; with arrays among them, per index, scalars repeated."""
    lengths = {len(operand) for operand in operands if isinstance(operand, list)}
    if not lengths:
        return function(*operands)
    if len(lengths) > 1:
        raise LambdaError("arrays of different lengths")
    length = lengths.pop()
    columns = [operand if isinstance(operand, list) else [operand] * length for operand in operands]
    return [function(*row) for row in zip(*columns, strict=True)]


def _per_element(function: Callable[..., float]) -> Function:
    return lambda *operands: _each(function, *operands)


def _over_all(function: Callable[[Sequence[float]], float]) -> Function:
    """A function of many: over the elements of a single array, over scalars, or per index of arrays."""

    def apply(*operands: Operand) -> float | list[float]:
        if len(operands) == 1 and isinstance(operands[0], list):
            return function(operands[0])
        return _each(lambda *row: function(row), *operands)

    return apply


def _quiet(function: Callable[..., float]) -> Callable[..., float]:
    """The function as JavaScript's: NaN where it is not defined, infinite where it overflows."""

    def apply(*numbers: float) -> float:
        try:
            return function(*numbers)
        except ValueError:
            return _NAN
        except OverflowError:
            return math.inf

    return apply


def _cube_root(number: float) -> float:
    """The cube root; of a cube of a whole number exactly this, which math.cbrt may miss by the last bit."""
    root = math.cbrt(number)
    nearest = float(round(root)) if math.isfinite(root) else root
    return nearest if nearest * nearest * nearest == number else root


def _sqrt(number: float) -> float:
    if number < 0:
        raise LambdaError("the square root of a negative number")
    return math.sqrt(number)


def _whole(function: Callable[[float], int]) -> Callable[[float], float]:
    return lambda number: float(function(number)) if math.isfinite(number) else number


def _power(base: float, exponent: float) -> float:
    if math.isnan(exponent) or (abs(base) == 1 and math.isinf(exponent)):
        return _NAN
    is_odd = exponent % 2 == 1 if math.isfinite(exponent) else False
    is_negative = is_odd and math.copysign(1, base) < 0
    if base == 0 and exponent < 0:
        return -math.inf if is_negative else math.inf
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -math.inf if is_negative else math.inf
    except ValueError:
        return _NAN


def _round(number: float, digits: float = 0.0) -> float:
    """Half up, toward plus infinity."""
    factor = _power(10.0, digits)
    scaled = number * factor
    if not math.isfinite(scaled):
        return scaled / factor if math.isfinite(factor) and factor else _NAN
    below = math.floor(scaled)
    return (below + (scaled - below >= 0.5)) / factor if factor else _NAN


def _log(number: float, base: float = math.e) -> float:
    if base <= 0:
        raise LambdaError("the base of a logarithm must be greater than 0")
    if number < 0:
        raise LambdaError("the logarithm of a negative number")
    if number == 0:
        return math.inf if base < 1 else -math.inf
    above = math.log(number)
    if base == math.e:
        return above
    below = math.log(base)
    if below == 0:
        return math.copysign(math.inf, above) if above else _NAN
    return above / below


def _divide(number: float, divisor: float) -> float:
    if divisor == 0:
        raise LambdaError("division by 0")
    return number / divisor


def _remainder(number: float, divisor: float) -> float:
    if divisor == 0:
        raise LambdaError("division by 0")
    return _NAN if math.isinf(number) else math.fmod(number, divisor)


def _clamp(number: float, least: float, most: float) -> float:
    if least > most:
        raise LambdaError("the least value is greater than the greatest")
    return min(max(number, least), most)


def _mean(numbers: Sequence[float]) -> float:
    return math.fsum(numbers) / len(numbers) if numbers and all(map(math.isfinite, numbers)) else _NAN


def _plain_sum(numbers: Sequence[float]) -> float:
    total = 0.0
    for number in numbers:
        total += number
    return total


def _median(numbers: Sequence[float]) -> float:
    ordered = sorted(numbers)
    if not ordered:
        return _NAN
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _mode(*operands: Operand) -> Result:
    """All values that are as frequent as the most frequent one, ascending; a single scalar as it is."""
    if len(operands) == 1:
        return _most_frequent(operands[0]) if isinstance(operands[0], list) else operands[0]
    lists = [operand for operand in operands if isinstance(operand, list)]
    if not lists:
        return _most_frequent([operand for operand in operands if not isinstance(operand, list)])
    if len({len(each) for each in lists}) > 1:
        raise LambdaError("arrays of different lengths")
    rows = range(len(lists[0]))
    return [_most_frequent([each[row] if isinstance(each, list) else each for each in operands]) for row in rows]


def _most_frequent(numbers: Sequence[float]) -> list[float]:
    counts = Counter(numbers)
    most = max(counts.values(), default=0)
    return sorted(number for number, count in counts.items() if count == most)


def _sum(*operands: Operand) -> float:
    return _plain_sum([_plain_sum(each) if isinstance(each, list) else each for each in operands])


def _greatest(numbers: Sequence[float]) -> float:
    return max(numbers, default=-math.inf)


def _smallest(numbers: Sequence[float]) -> float:
    return min(numbers, default=math.inf)


def _random(*bounds: Operand) -> float:
    scalars = [bound for bound in bounds if not isinstance(bound, list)]
    if len(scalars) < len(bounds):
        raise LambdaError("random takes no arrays")
    least, most = ((0.0, 1.0), (0.0, *scalars), tuple(scalars))[len(scalars)]
    if least > most:
        raise LambdaError("the least value is greater than the greatest")
    return least + (most - least) * random.random()  # noqa: S311 - nothing secret comes of it


def _holds(comparison: Callable[[float, float], bool]) -> Function:
    """A comparison that holds if it holds for all elements."""

    def apply(left: Operand, right: Operand) -> bool:
        outcome = _each(comparison, left, right)
        return all(outcome) if isinstance(outcome, list) else bool(outcome)

    return apply


_ONE: Final = Arity(1, 1)
_TWO: Final = Arity(2, 2)
_ONE_OR_TWO: Final = Arity(1, 2)
_MANY: Final = Arity(1, None)

FUNCTIONS: Final[Mapping[str, tuple[Arity, Function]]] = MappingProxyType(
    {
        "abs": (_ONE, _per_element(abs)),
        "ceil": (_ONE, _per_element(_whole(math.ceil))),
        "floor": (_ONE, _per_element(_whole(math.floor))),
        "fix": (_ONE, _per_element(_whole(math.trunc))),
        "sqrt": (_ONE, _per_element(_sqrt)),
        "cbrt": (_ONE, _per_element(_cube_root)),
        "square": (_ONE, _per_element(lambda number: number * number)),
        "cube": (_ONE, _per_element(lambda number: number * number * number)),
        "exp": (_ONE, _per_element(_quiet(math.exp))),
        "sin": (_ONE, _per_element(_quiet(math.sin))),
        "cos": (_ONE, _per_element(_quiet(math.cos))),
        "tan": (_ONE, _per_element(_quiet(math.tan))),
        "degtorad": (_ONE, _per_element(lambda degrees: degrees * math.pi / 180)),
        "radtodeg": (_ONE, _per_element(lambda radians: radians * 180 / math.pi)),
        "round": (_ONE_OR_TWO, _per_element(_round)),
        "pow": (_TWO, _per_element(_power)),
        "log": (_ONE_OR_TWO, _per_element(_log)),
        "mod": (_TWO, _per_element(_remainder)),
        "divide": (_TWO, _per_element(_divide)),
        "subtract": (_TWO, _per_element(lambda left, right: left - right)),
        "multiply": (_TWO, _per_element(lambda left, right: left * right)),
        "add": (_MANY, _over_all(_plain_sum)),
        "max": (_MANY, _over_all(_greatest)),
        "min": (_MANY, _over_all(_smallest)),
        "mean": (_MANY, _over_all(_mean)),
        "median": (_MANY, _over_all(_median)),
        "range": (_MANY, _over_all(lambda numbers: _greatest(numbers) - _smallest(numbers))),
        "mode": (_MANY, _mode),
        "sum": (Arity(0, None), _sum),
        "clamp": (Arity(3, 3), _per_element(_clamp)),
        "pi": (Arity(0, 0), lambda: math.pi),
        "random": (Arity(0, 2), _random),
        "eq": (_TWO, _holds(lambda left, right: left == right)),
        "gt": (_TWO, _holds(lambda left, right: left > right)),
        "gte": (_TWO, _holds(lambda left, right: left >= right)),
        "lt": (_TWO, _holds(lambda left, right: left < right)),
        "lte": (_TWO, _holds(lambda left, right: left <= right)),
    }
)
"""The functions that want numbers by name; operators and comparisons are among them."""
