"""One evaluation of a rule under its time limit: the rule type searches and reports, nothing else happens here."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeVar

from engine.model.errors import RunError, SearchUnavailable, WriteBlocked
from engine.model.jsonvalue import JsonObject
from engine.ports.clock import Clock
from engine.ports.rule_type import AlertLimitReached, Evaluation, EvaluationContext, Evaluator, Report
from engine.ports.search import BulkRequest, EsqlRequest, FieldCapsRequest, SearchFigures, SearchPort, SearchRequest
from engine.service.search_reports import (
    OTHER_BACKEND,
    SearchOutcome,
    SearchReport,
    outcome_of_answer,
    outcome_of_error,
)

_log = logging.getLogger("tocsin.rules")
_T = TypeVar("_T")

LONGEST_SEARCH_S = 300.0
"""No single search runs longer, whatever the rule's time limit (rule-run.md 8)."""

FailureClass = Literal["backend_unreachable", "write_blocked", "timeout"]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The rule type finished. ``is_cut_short``: it raised after the alert limit; ``evaluation`` is then None."""

    reports: tuple[Report, ...]
    evaluation: Evaluation | None
    is_limit_reached: bool
    figures: SearchFigures

    @property
    def is_cut_short(self) -> bool:
        return self.evaluation is None


@dataclass(frozen=True, slots=True)
class Failed:
    """The run fails: error reason and text of rule-run.md 9.1; ``failure_class`` decides about the next run (12)."""

    reason: str
    message: str
    figures: SearchFigures
    failure_class: FailureClass | None = None


class MeteredSearch:
    """The search port as one run sees it: counted, and each search bounded in time.

    A run's own time limit ends its searches too, so they are bounded here only where that limit is the longer one.
    ``tell`` is given the report of each search, with the name of its backend, which ``name_backend`` knows.
    """

    def __init__(
        self,
        search: SearchPort,
        clock: Clock,
        timeout: timedelta,
        tell: Callable[[SearchReport], None] = lambda report: None,
        name_backend: Callable[[tuple[str, ...]], str] = lambda index: OTHER_BACKEND,
    ) -> None:
        self._search, self._clock, self._tell, self._name_backend = search, clock, tell, name_backend
        self._longest = LONGEST_SEARCH_S if timeout.total_seconds() > LONGEST_SEARCH_S else None
        self.figures = SearchFigures()

    async def search(self, request: SearchRequest) -> JsonObject:
        return await self._measured(request.index, self._search.search(request))

    async def esql(self, request: EsqlRequest) -> JsonObject:
        return await self._measured(request.index, self._search.esql(request))

    async def _measured(self, index: tuple[str, ...], call: Awaitable[JsonObject]) -> JsonObject:
        began = self._clock.monotonic()
        outcome: SearchOutcome = "success"
        try:
            answer = await self._bounded(call)
            outcome = outcome_of_answer(answer)
        except BaseException as error:
            outcome = outcome_of_error(error)
            raise
        finally:
            took_s = self._clock.monotonic() - began
            self.figures.searches += 1
            self.figures.duration_ms += took_s * 1000
            self._tell(SearchReport(self._name_backend(index), outcome, took_s))
        took = answer.get("took")
        self.figures.es_duration_ms += took if isinstance(took, int) else 0
        return answer

    async def field_caps(self, request: FieldCapsRequest) -> JsonObject:
        return await self._bounded(self._search.field_caps(request))

    async def ensure_index(self, index: str, mappings: JsonObject) -> bool:
        return await self._bounded(self._search.ensure_index(index, mappings))

    async def bulk(self, request: BulkRequest) -> JsonObject:
        return await self._bounded(self._search.bulk(request))

    async def close(self) -> None:
        """The run does not own the backend: nothing to release."""

    async def _bounded(self, call: Awaitable[_T]) -> _T:
        if self._longest is None:
            return await call
        try:
            async with asyncio.timeout(self._longest):
                return await call
        except TimeoutError:
            raise RunError("execute", f"a search took longer than {self._longest:g} s and was given up") from None


async def evaluate(evaluator: Evaluator, context: EvaluationContext, figures: SearchFigures) -> Evaluated | Failed:
    """Let the rule type work and classify what it comes to (rule-run.md 4, steps 8-10).

    ``figures`` are those of the context's search. Raises only CancelledError, when the task is cancelled.
    """
    reports = context.reports
    evaluation: Evaluation | None = None
    try:
        evaluation = await evaluator.evaluate(context)
    except AlertLimitReached:
        pass
    except asyncio.CancelledError:
        if _is_being_cancelled():
            raise
        return Failed("execute", "the evaluation was broken off by something that it waited for", figures)
    except Exception as error:  # noqa: BLE001 - whatever a rule type raises is that rule's failure and nobody else's
        if not reports.is_limit_reached:
            _log.debug("rule [%s]: the rule type raised", context.rule_id, exc_info=True)
            return _failure(error, figures)
    if reports.is_declaration_missing:
        message = "the rule type asked for the alert limit but did not say whether it was reached"
        return Failed("execute", message, figures)
    return Evaluated(reports.all(), evaluation, reports.is_limit_reached, figures)


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _failure(error: Exception, figures: SearchFigures) -> Failed:
    match error:
        case RunError():
            return Failed(error.reason, str(error), figures)
        case SearchUnavailable():
            return Failed("execute", str(error), figures, "backend_unreachable")
        case WriteBlocked():
            return Failed("execute", str(error), figures, "write_blocked")
        case _:
            return Failed("execute", str(error), figures)
