"""Backfills: runs of a rule over the past (rest-api.md 5).

Only rule types whose alerts do not recover by themselves could be run again over the past without telling of alerts
that are long over; of those that Tocsin has none is such a one. So each item that is asked for is judged, and answered
by the reason why there is no backfill of it; and there are none to be found.
"""

from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, Field, RootModel, model_validator

from engine.model.errors import Forbidden, InvalidInput, NotFound, Problem, TocsinError
from engine.model.instant import parse_iso
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.rule import Rule
from engine.operations.rules import Rules
from engine.operations.validation import parse_model
from engine.operations.values import DATE_TIME, NotNull, Strict, refusal

_OLDEST: Final = timedelta(days=90)
_MOST_ITEMS: Final = 100


def _check_instant(text: str) -> str:
    try:
        parse_iso(text)
    except ValueError:
        raise refusal(f"{text[:40]!r} is no time", "write it like 2026-03-01T12:00:00.000Z") from None
    return text


Instant = Annotated[str, AfterValidator(_check_instant), DATE_TIME]


class RangeBody(Strict):
    """A span of the past."""

    start: Instant
    end: Instant


class BackfillBody(Strict):
    """One rule to be run over the past: ``ranges``, or in the older form ``start`` and perhaps ``end``."""

    rule_id: str
    ranges: Annotated[list[RangeBody] | None, NotNull, Field(min_length=1, max_length=100)] = None
    run_actions: bool = False
    start: Annotated[Instant | None, NotNull] = None
    end: Annotated[Instant | None, NotNull] = None

    @model_validator(mode="after")
    def _has_one_form(self) -> "BackfillBody":
        if (self.ranges is None) == (self.start is None):
            raise refusal("has not either ranges or start", "give ranges: [{start, end}]")
        return self

    def spans(self) -> list[tuple[str, str, str | None]]:
        """Path, start and end of each span; None: the older form without an end."""
        if self.ranges is None:
            return [("", self.start or "", self.end)]
        return [(f"ranges.{index}.", span.start, span.end) for index, span in enumerate(self.ranges)]


class ScheduleBody(RootModel[Annotated[list[BackfillBody], Field(min_length=1, max_length=_MOST_ITEMS)]]):
    """What is asked for: 1 to 100 items."""


class Backfills:
    """The operations on backfills, judged by the rights of whoever ``rules`` are under; may raise StoreUnavailable."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    async def schedule(self, body: JsonValue, *, at: datetime, space: str) -> list[JsonObject]:
        """The answer to each item, in order. Raises InvalidInput when any span is not a past one of up to 90 days."""
        items = parse_model(ScheduleBody, body).root
        problems = [problem for index, item in enumerate(items) for problem in _span_problems(item, index, at)]
        if problems:
            raise InvalidInput(problems)
        return [await self._answer(item, space) for item in items]

    async def _answer(self, item: BackfillBody, space: str) -> JsonObject:
        try:
            rule = (await self._rules.get(item.rule_id, space=space)).rule
        except (NotFound, Forbidden) as error:
            return _refused(error, {"id": item.rule_id})
        named: JsonObject = {"id": rule.id, "name": rule.name}
        return _refused(InvalidInput([Problem("", _reason(rule))]), named)


def _span_problems(item: BackfillBody, index: int, at: datetime) -> list[Problem]:
    problems = []
    for path, start_text, end_text in item.spans():
        place = f"{index}.{path}"
        start, end = parse_iso(start_text), None if end_text is None else parse_iso(end_text)
        if start < at - _OLDEST:
            problems.append(Problem(f"{place}start", "is more than 90 days ago", "start later"))
        if start > at:
            problems.append(Problem(f"{place}start", "is in the future", "backfills are for the past"))
        if end is not None and end > at:
            problems.append(Problem(f"{place}end", "is in the future", "backfills are for the past"))
        if end is not None and end <= start:
            problems.append(Problem(f"{place}end", "is not after start", "end later"))
    return problems


def _reason(rule: Rule) -> str:
    if not rule.enabled:
        return f"rule [{rule.id}] is disabled"
    return f"rule type [{rule.rule_type_id}] does not support backfills"


def _refused(error: TocsinError, rule: JsonObject) -> JsonObject:
    shown: JsonObject = {"message": str(error), "rule": rule}
    if error.http_status != InvalidInput.http_status:
        shown["status"] = error.http_status
    return {"error": shown}
