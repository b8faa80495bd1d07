"""One run of an ``.es-query`` rule that searches: in DSL, or over a data view (rule-type-es-query.md 4 to 8)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from engine.model.jsonvalue import JsonObject
from engine.ports.rule_type import Evaluation, EvaluationContext
from engine.ports.search import SearchRequest
from rule_types.answer import whole_answer
from rule_types.es_query.latest_timestamp import STATE_KEY, latest_timestamp, newest_sort_value
from rule_types.es_query.params import EsQueryParams
from rule_types.es_query.results import ALL_DOCUMENTS, Result, Results, read_grouped, read_ungrouped
from rule_types.es_query.said import Said
from rule_types.es_query.wording import Wording
from rule_types.partial_results import partial_result_warnings
from rule_types.time_window import TimeWindow, window_before


@dataclass(frozen=True, slots=True)
class Asked:
    """The search of one run, how its outcome is told, and what was left out of it for a reason."""

    request: SearchRequest
    wording: Wording
    warnings: Sequence[str] = ()


class Searching(Protocol):
    """How a search type comes to its search."""

    async def ask(
        self, context: EvaluationContext, window: TimeWindow, seen_until: str | None, alert_limit: int
    ) -> Asked:
        """The search for a window, without documents up to ``seen_until``. Raises RunError."""
        ...


@dataclass(slots=True)
class _Judged:
    """The results by group: met ones in answer order, the values of unmet ones, groups met more than once."""

    met: dict[str, Result] = field(default_factory=dict)
    unmet: dict[str, float] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)


class SearchEvaluator:
    """A rule compiled from its params. Holds no state of runs."""

    is_window_delayed = True

    def __init__(self, params: EsQueryParams, searching: Searching) -> None:
        self._fields = params.group_fields
        self._has_metric = params.agg_type != "count"
        self._condition = params.condition
        self._searching = searching
        self._window = params.window
        self._leaves_out_seen = params.exclude_hits_from_previous_run and not self._fields

    @property
    def window(self) -> timedelta:
        return self._window

    async def evaluate(self, context: EvaluationContext) -> Evaluation:
        """Search, report what met the condition, remember what did not. Raises RunError for a malformed answer."""
        alert_limit = context.reports.ask_limit()
        window = window_before(context.at, self._window, context.query_delay)
        seen_until = latest_timestamp(context.state)
        asked = await self._searching.ask(context, window, seen_until if self._leaves_out_seen else None, alert_limit)
        answer = whole_answer(await context.search.search(asked.request))

        partial = partial_result_warnings(answer)
        found = self._read(answer, alert_limit)
        judged = self._judge(found)
        said = Said(asked.wording, context, is_grouped=bool(self._fields), threshold=self._condition.only_threshold)
        alert_state = {**remembered(seen_until), "dateStart": window.start, "dateEnd": window.end}
        for result in judged.met.values():
            context.reports.add(said.report(result, alert_state))
        context.reports.declare_limit_reached(found.is_limit_reached)

        if judged.met and not self._fields:
            seen_until = newest_sort_value(judged.met[ALL_DOCUMENTS].hits) or seen_until
        warnings = [*asked.warnings, *partial, *_repetition_warnings(judged.repeated)]
        return Evaluation(
            state=remembered(seen_until),
            warnings=warnings,
            outcome_message=warnings[-1] if warnings else None,
            recover=lambda candidate: said.recovery(candidate, judged.unmet),
            hold_recoveries=bool(partial) and context.no_recovery_on_partial_results,
        )

    def _read(self, answer: JsonObject, alert_limit: int) -> Results:
        if self._fields:
            return read_grouped(answer, self._fields, alert_limit)
        return read_ungrouped(answer, has_metric=self._has_metric)

    def _judge(self, found: Results) -> _Judged:
        """Groups were judged by the search itself and are not compared again (7.2)."""
        judged = _Judged()
        for result in found.results:
            if not (self._fields or self._condition.is_met(result.observed)):
                judged.unmet[result.group] = result.observed
            elif result.group in judged.met:
                judged.repeated.append(result.group)
            else:
                judged.met[result.group] = result
        return judged


def remembered(seen_until: str | None) -> JsonObject:
    """The rule type state, or the alert's part of it."""
    return {} if seen_until is None else {STATE_KEY: seen_until}


def _repetition_warnings(groups: list[str]) -> list[str]:
    if not groups:
        return []
    return [f"several groups share one alert id, the first of each is reported: {', '.join(groups)}"]
