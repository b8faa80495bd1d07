"""One run of an ``.index-threshold`` rule (rule-type-index-threshold.md 3 to 6)."""

from datetime import timedelta

from engine.model.errors import SearchError
from engine.model.jsonvalue import JsonObject
from engine.ports.rule_type import Evaluation, EvaluationContext, Recovery, RecoveryCandidate, Report
from engine.ports.search import SearchPort, SearchRequest
from rule_types.alert_fields import Statement, alert_fields, stored_grouping
from rule_types.answer import whole_answer
from rule_types.grouping import group_pairs, nest
from rule_types.index_threshold.params import IndexThresholdParams
from rule_types.index_threshold.request import RequestSkeleton
from rule_types.index_threshold.rows import Row, Rows, read_grouped, read_ungrouped
from rule_types.index_threshold.wording import Wording
from rule_types.partial_results import partial_result_warnings
from rule_types.texts import number_text
from rule_types.time_window import window_before

ACTION_GROUP = "threshold met"
UNKNOWN_VALUE = "unknown"
_NOT_FOUND = 404


class IndexThresholdEvaluator:
    """A rule compiled from its params. Holds no state of runs."""

    is_window_delayed = True

    def __init__(self, params: IndexThresholdParams) -> None:
        self._term_field = params.term_field
        self._is_count = params.agg_type == "count"
        self._condition = params.condition
        self._request = RequestSkeleton(params)
        self._wording = Wording(params)
        self._window = params.window

    @property
    def window(self) -> timedelta:
        return self._window

    async def evaluate(self, context: EvaluationContext) -> Evaluation:
        """Search, report what met the condition, remember what did not. Raises RunError for a malformed answer."""
        alert_limit = context.reports.ask_limit()
        window = window_before(context.at, self._window, context.query_delay)
        answer = await search_or_nothing(context.search, self._request.run_request(window, alert_limit))

        partial = partial_result_warnings(answer)
        found = self._read(answer, alert_limit)
        unmet: dict[str, float] = {}
        for row in found.rows:
            if self._term_field is not None or self._condition.is_met(row.value):
                context.reports.add(self._report(context, row, window.end))
            else:
                unmet[row.group] = row.value
        context.reports.declare_limit_reached(found.is_limit_reached)
        return Evaluation(
            warnings=partial,
            outcome_message=partial[-1] if partial else None,
            recover=lambda candidate: self._recovery(context, candidate, unmet.get(candidate.id), window.end),
            hold_recoveries=bool(partial) and context.no_recovery_on_partial_results,
        )

    def _read(self, answer: JsonObject, alert_limit: int) -> Rows:
        if self._term_field is None:
            return read_ungrouped(answer, is_count=self._is_count)
        return read_grouped(answer, alert_limit, is_count=self._is_count)

    def _report(self, context: EvaluationContext, row: Row, date: str) -> Report:
        statement = self._wording.active(context.rule_name, row.group, number_text(row.value), date)
        pairs = None if self._term_field is None else group_pairs((self._term_field,), row.key)
        grouping = None if pairs is None else nest(pairs)
        shown = _shown(context, statement, row.group, row.value, date, grouping)
        return Report(row.group, ACTION_GROUP, shown, self._fields_of(context, statement, grouping))

    def _recovery(
        self, context: EvaluationContext, candidate: RecoveryCandidate, value: float | None, date: str
    ) -> Recovery:
        """Only an ungrouped alert's value can be known: unmet groups never come back from the search."""
        text = UNKNOWN_VALUE if value is None else number_text(value)
        statement = self._wording.recovered(context.rule_name, candidate.id, text, date)
        shown_value = text if value is None else value
        shown = _shown(context, statement, candidate.id, shown_value, date, stored_grouping(candidate.document))
        return Recovery(shown, self._fields_of(context, statement, None))

    def _fields_of(self, context: EvaluationContext, statement: Statement, grouping: JsonObject | None) -> JsonObject:
        threshold = self._condition.only_threshold
        return alert_fields(statement, link=context.rule_url or "", threshold=threshold, grouping=grouping)


async def search_or_nothing(search: SearchPort, request: SearchRequest) -> JsonObject:
    """The answer; an empty one when the index does not exist (section 4)."""
    try:
        return whole_answer(await search.search(request))
    except SearchError as error:
        if error.status == _NOT_FOUND:
            return {}
        raise


def _shown(
    context: EvaluationContext,
    statement: Statement,
    group: str,
    value: float | str,
    date: str,
    grouping: JsonObject | None,
) -> JsonObject:
    shown: JsonObject = {
        "group": group,
        "date": date,
        "value": value,
        "conditions": statement.conditions,
        "title": statement.title,
        "message": statement.message,
        "link": context.rule_url or "",
    }
    return shown if grouping is None else {**shown, "grouping": grouping}
