"""Comparing an observed number with thresholds: in the engine, as a bucket script, and in words.

rule-type-es-query.md 6.1 and 7.2. Both sides are compared as doubles, as Elasticsearch's script does, so that engine
and script cannot disagree.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from rule_types.texts import number_text

ComparatorName = Literal[">", "<", ">=", "<=", "between", "notBetween"]
RANGE_COMPARATORS = frozenset({"between", "notBetween"})

_LONG_RANGE = range(-(2**63), 2**63)
_VARIABLE = "params.compareValue"
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_WORDS: Mapping[str, tuple[str, str]] = {
    "<": ("is less than", "is not less than"),
    "<=": ("is less than or equal to", "is not less than or equal to"),
    ">": ("is greater than", "is not greater than"),
    ">=": ("is greater than or equal to", "is not greater than or equal to"),
    "between": ("is between", "is not between"),
    "notBetween": ("is not between", "is between"),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparator with its one or two thresholds; a single-value comparator looks at the first one only."""

    comparator: ComparatorName
    thresholds: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.comparator not in get_args(ComparatorName):
            raise ValueError(f"unknown comparator {self.comparator!r}")
        if len(self.thresholds) < (2 if self.comparator in RANGE_COMPARATORS else 1):
            raise ValueError(f"comparator {self.comparator!r} lacks a threshold")

    def is_met(self, value: float) -> bool:
        """Whether the value meets the condition: ``between`` includes both ends, ``notBetween`` excludes them."""
        number, first = float(value), float(self.thresholds[0])
        if self.comparator == "between":
            return first <= number <= float(self.thresholds[1])
        if self.comparator == "notBetween":
            return number < first or number > float(self.thresholds[1])
        return _OPERATORS[self.comparator](number, first)

    def script(self) -> str:
        """The condition as the script of a ``bucket_selector`` whose path is called ``compareValue``."""
        first = _literal(self.thresholds[0])
        if self.comparator == "between":
            return f"{_VARIABLE} >= {first} && {_VARIABLE} <= {_literal(self.thresholds[1])}"
        if self.comparator == "notBetween":
            return f"{_VARIABLE} < {first} || {_VARIABLE} > {_literal(self.thresholds[1])}"
        return f"{_VARIABLE} {self.comparator} {first}"

    def words(self, *, is_negated: bool = False) -> str:
        """Verb, comparator and all thresholds: ``is greater than 80``, ``is not between 1 and 9``."""
        return f"{_WORDS[self.comparator][is_negated]} {_joined(self.thresholds)}"

    @property
    def only_threshold(self) -> float | None:
        """The threshold when exactly one was given (``kibana.alert.evaluation.threshold``)."""
        return self.thresholds[0] if len(self.thresholds) == 1 else None


def _joined(thresholds: Sequence[float]) -> str:
    return " and ".join(number_text(threshold) for threshold in thresholds)


def _literal(threshold: float) -> str:
    """A number in the script language: whole numbers as longs while they fit, everything else as decimals."""
    text = number_text(threshold)
    if not text.lstrip("-").isdigit():
        return text
    return f"{text}L" if int(text) in _LONG_RANGE else f"{text}.0"
