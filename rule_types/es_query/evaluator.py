"""One run of an ``.es-query`` rule with a query in Elasticsearch's DSL (rule-type-es-query.md 4 to 8)."""

from dataclasses import dataclass, field
from datetime import timedelta

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.ports.rule_type import Evaluation, EvaluationContext, Recovery, RecoveryCandidate, Report
from rule_types.alert_fields import Statement, alert_fields, stored_grouping
from rule_types.answer import whole_answer
from rule_types.es_query.latest_timestamp import STATE_KEY, latest_timestamp, newest_sort_value
from rule_types.es_query.params import DslParams
from rule_types.es_query.request import RequestSkeleton
from rule_types.es_query.results import ALL_DOCUMENTS, Result, Results, read_grouped, read_ungrouped
from rule_types.es_query.source_fields import grouping_fields, source_fields, stored_source_fields
from rule_types.es_query.wording import Wording
from rule_types.grouping import nest
from rule_types.partial_results import partial_result_warnings
from rule_types.time_window import window_before

ACTION_GROUP = "query matched"
UNGROUPED_ALERT = "query matched"


@dataclass(slots=True)
class _Judged:
    """The results by group: met ones in answer order, the values of unmet ones, groups met more than once."""

    met: dict[str, Result] = field(default_factory=dict)
    unmet: dict[str, float] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)


class DslEvaluator:
    """A rule compiled from its params. Holds no state of runs."""

    is_window_delayed = True

    def __init__(self, params: DslParams) -> None:
        self._fields = params.group_fields
        self._has_metric = params.agg_type != "count"
        self._condition = params.condition
        self._request = RequestSkeleton(params)
        self._wording = Wording(params)
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
        request = self._request.request(window, seen_until if self._leaves_out_seen else None, alert_limit)
        answer = whole_answer(await context.search.search(request))

        partial = partial_result_warnings(answer)
        found = self._read(answer, alert_limit)
        judged = self._judge(found)
        alert_state = {**_remembered(seen_until), "dateStart": window.start, "dateEnd": window.end}
        for result in judged.met.values():
            context.reports.add(self._report(context, result, alert_state))
        context.reports.declare_limit_reached(found.is_limit_reached)

        if judged.met and not self._fields:
            seen_until = newest_sort_value(judged.met[ALL_DOCUMENTS].hits) or seen_until
        warnings = partial + _repetition_warnings(judged.repeated)
        return Evaluation(
            state=_remembered(seen_until),
            warnings=warnings,
            outcome_message=warnings[-1] if warnings else None,
            recover=lambda candidate: self._recovery(context, candidate, judged.unmet),
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

    def _report(self, context: EvaluationContext, result: Result, state: JsonObject) -> Report:
        group = result.group if self._fields else None
        statement = self._wording.active(context.rule_name, result.observed, group)
        grouping = None if result.grouping is None else nest(result.grouping)
        copied = source_fields(result.hits)
        shown = _shown(context, statement, result.observed, grouping) | {
            "hits": list(result.hits),
            "sourceFields": copied,
        }
        payload = {
            **self._fields_of(context, statement, grouping),
            **grouping_fields(result.grouping or {}),
            **copied,
        }
        return Report(UNGROUPED_ALERT if group is None else group, ACTION_GROUP, shown, payload, state)

    def _recovery(self, context: EvaluationContext, candidate: RecoveryCandidate, unmet: dict[str, float]) -> Recovery:
        """``value`` stays 0 as users of Kibana know it; ``observedValue`` tells the truth (section 8)."""
        value = unmet.get(candidate.id, 0)
        observed = unmet.get(ALL_DOCUMENTS if candidate.id == UNGROUPED_ALERT else candidate.id)
        statement = self._wording.recovered(context.rule_name, value, candidate.id if self._fields else None)
        shown = _shown(context, statement, value, stored_grouping(candidate.document)) | {
            "observedValue": observed,
            "hits": [],
            "sourceFields": stored_source_fields(candidate.document),
        }
        return Recovery(shown, self._fields_of(context, statement, None))

    def _fields_of(self, context: EvaluationContext, statement: Statement, grouping: JsonObject | None) -> JsonObject:
        threshold = self._condition.only_threshold
        return alert_fields(statement, link=context.rule_url or "", threshold=threshold, grouping=grouping)


def _shown(context: EvaluationContext, statement: Statement, value: float, grouping: JsonObject | None) -> JsonObject:
    """The context members that active and recovered alerts share."""
    shown: JsonObject = {
        "title": statement.title,
        "message": statement.message,
        "conditions": statement.conditions,
        "date": iso(context.at),
        "value": value,
        "link": context.rule_url or "",
    }
    return shown if grouping is None else {**shown, "grouping": grouping}


def _remembered(seen_until: str | None) -> JsonObject:
    return {} if seen_until is None else {STATE_KEY: seen_until}


def _repetition_warnings(groups: list[str]) -> list[str]:
    if not groups:
        return []
    return [f"several groups share one alert id, the first of each is reported: {', '.join(groups)}"]
