"""Conditions on stored rules: attributes, tests of their values, and how these are joined (rest-api.md 4.5).

Attributes have the names under which Kibana stores them. Those that hold several values (tags, actions, members of
params) fit if any one of them does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

AttributeKind: TypeAlias = Literal["keyword", "text", "boolean", "number", "date", "severity", "json"]

ATTRIBUTES: Final[Mapping[str, AttributeKind]] = {
    "id": "keyword",
    "name": "text",
    "name.keyword": "keyword",
    "tags": "keyword",
    "enabled": "boolean",
    "alertTypeId": "keyword",
    "consumer": "keyword",
    "schedule.interval": "keyword",
    "throttle": "keyword",
    "notifyWhen": "keyword",
    "muteAll": "boolean",
    "mutedInstanceIds": "keyword",
    "createdAt": "date",
    "createdBy": "keyword",
    "updatedAt": "date",
    "updatedBy": "keyword",
    "apiKeyOwner": "keyword",
    "apiKeyCreatedByUser": "boolean",
    "scheduledTaskId": "keyword",
    "revision": "number",
    "running": "boolean",
    "executionStatus.status": "keyword",
    "executionStatus.lastExecutionDate": "date",
    "executionStatus.lastDuration": "number",
    "lastRun.outcome": "keyword",
    "lastRun.outcomeOrder": "number",
    "lastRun.alertsCount.active": "number",
    "nextRun": "date",
    "alertDelay.active": "number",
    "monitoring.run.lastRun.timestamp": "date",
    "monitoring.run.lastRun.metrics.duration": "number",
    "monitoring.run.calculatedMetrics.successRatio": "number",
    "monitoring.run.calculatedMetrics.p50": "number",
    "monitoring.run.calculatedMetrics.p95": "number",
    "monitoring.run.calculatedMetrics.p99": "number",
    "params": "json",
    "params.risk_score": "number",
    "params.severity": "severity",
    "actions": "json",
    "actions.group": "keyword",
    "actions.actionTypeId": "keyword",
    "actions.id": "keyword",
    "actions.uuid": "keyword",
    "actions.params": "json",
}
"""What there is, and what its values are. ``text`` is read word by word, ``keyword`` as a whole."""

SEVERITIES: Final[Mapping[str, int]] = {"low": 20, "medium": 40, "high": 60, "critical": 80}
"""The values of ``params.severity`` with their ranks."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of `ATTRIBUTES`; in one of JSON the members on a path, and all below them."""

    name: str
    path: tuple[str, ...] = ()

    @property
    def kind(self) -> AttributeKind:
        return ATTRIBUTES[self.name]


@dataclass(frozen=True, slots=True)
class IsAnything:
    """There is a value."""


@dataclass(frozen=True, slots=True)
class IsAnyOf:
    """Equal to one of these: texts; or truth values, or numbers, where the attribute has such."""

    values: tuple[str | bool | int | float, ...]


@dataclass(frozen=True, slots=True)
class IsWithin:
    """Between bounds, None: without one. Texts by code point, dates in epoch ms, severities by rank."""

    low: str | int | float | None = None
    high: str | int | float | None = None
    is_low_open: bool = False
    is_high_open: bool = False


@dataclass(frozen=True, slots=True)
class HasForm:
    """A whole value, in text a word, of this pattern: ``*``, ``?`` and ``\\`` are special."""

    pattern: str


@dataclass(frozen=True, slots=True)
class StartsWith:
    """A whole value, in text a word, that begins so."""

    prefix: str


@dataclass(frozen=True, slots=True)
class IsSimilarTo:
    """A whole value, in text a word, that at most so many characters make different."""

    word: str
    edits: int


@dataclass(frozen=True, slots=True)
class HasWords:
    """Text that has any or all of these words, or has them one after the other (``slop``: with so many between)."""

    words: tuple[str, ...]
    how: Literal["any", "all", "phrase"]
    slop: int = 0


ValueTest: TypeAlias = IsAnything | IsAnyOf | IsWithin | HasForm | StartsWith | IsSimilarTo | HasWords


@dataclass(frozen=True, slots=True)
class Has:
    """An attribute has a value that passes the test."""

    attribute: Attribute
    test: ValueTest


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of these holds; of none: always."""

    parts: "tuple[RuleCondition, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of these holds; of none: never."""

    parts: "tuple[RuleCondition, ...]"


@dataclass(frozen=True, slots=True)
class NotSo:
    """This does not hold."""

    part: "RuleCondition"


@dataclass(frozen=True, slots=True)
class OfOneAction:
    """One and the same action fulfils all of this, which tests attributes of actions only."""

    part: "RuleCondition"


RuleCondition: TypeAlias = Has | AllOf | AnyOf | NotSo | OfOneAction


def all_of(parts: Iterable[RuleCondition]) -> RuleCondition:
    """`AllOf`, but no more nested than it must be."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, AllOf) else (part,))]
    return flat[0] if len(flat) == 1 else AllOf(tuple(flat))


def any_of(parts: Iterable[RuleCondition]) -> RuleCondition:
    """`AnyOf`, but no more nested than it must be; values of one attribute are one test."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, AnyOf) else (part,))]
    values: dict[Attribute, list[str | bool | int | float]] = {}
    others: list[RuleCondition] = []
    for part in flat:
        if isinstance(part, Has) and isinstance(part.test, IsAnyOf):
            values.setdefault(part.attribute, []).extend(part.test.values)
        else:
            others.append(part)
    joined = [Has(attribute, IsAnyOf(tuple(wanted))) for attribute, wanted in values.items()]
    whole = (*joined, *others)
    return whole[0] if len(whole) == 1 else AnyOf(whole)


def not_so(part: RuleCondition) -> RuleCondition:
    """`NotSo`, but never twice."""
    return part.part if isinstance(part, NotSo) else NotSo(part)


def depth_of(condition: RuleCondition) -> int:
    """How deeply a condition is nested; a single test is one deep."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return 1 + max(map(depth_of, parts), default=0)
        case NotSo(part) | OfOneAction(part):
            return 1 + depth_of(part)
        case Has():
            return 1
