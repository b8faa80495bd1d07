"""One run of an ``.index-threshold`` rule (rule-type-index-threshold.md 3 to 6)."""

from datetime import timedelta

from engine.model.errors import SearchError
from engine.model.jsonvalue import JsonObject
from engine.ports.rule_type import Evaluation, EvaluationContext, Recovery, RecoveryCandidate, Report
from engine.ports.search import SearchPort, SearchRequest
from rule_types.alert_fields import Statement, alert_fields, stored_grouping
from rule_types.answer import whole_answer
from rule_types.grouping import nest_value, split_path
from rule_types.index_threshold.params import IndexThresholdParams
from rule_types.index_threshold.request import RequestSkeleton
from rule_types.index_threshold.rows import Row, Rows, read_grouped, read_ungrouped
from rule_types.index_threshold.wording import RunWording, Wording
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
        self._is_grouped = params.term_field is not None
        self._term_path = split_path(params.term_field or "")
        self._is_count = params.agg_type == "count"
        self._condition = params.condition
        self._filter = params.compile_filter()
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
        only = None if self._filter is None else await self._filter.query(context.search)
        answer = await search_or_nothing(context.search, self._request.run_request(window, alert_limit, only))

        partial = partial_result_warnings(answer)
        found = self._read(answer, alert_limit)
        unmet: dict[str, float] = {}
        said = _Said(
            self._wording.of_run(context.rule_name, window.end),
            date=window.end,
            link=context.rule_url or "",
            threshold=self._condition.only_threshold,
        )
        for row in found.rows:
            if self._is_grouped or self._condition.is_met(row.value):
                context.reports.add(said.report(row, self._grouping_of(row)))
            else:
                unmet[row.group] = row.value
        context.reports.declare_limit_reached(found.is_limit_reached)
        return Evaluation(
            warnings=partial,
            outcome_message=partial[-1] if partial else None,
            recover=lambda candidate: said.recovery(candidate, unmet.get(candidate.id)),
            hold_recoveries=bool(partial) and context.no_recovery_on_partial_results,
        )

    def _read(self, answer: JsonObject, alert_limit: int) -> Rows:
        if not self._is_grouped:
            return read_ungrouped(answer, is_count=self._is_count)
        return read_grouped(answer, alert_limit, is_count=self._is_count)

    def _grouping_of(self, row: Row) -> JsonObject | None:
        """The row's key under its field; None without groups, and for a key that says nothing."""
        if not self._is_grouped or not row.key:
            return None
        return nest_value(self._term_path, row.key[0] if isinstance(row.key, list) else row.key)


async def search_or_nothing(search: SearchPort, request: SearchRequest) -> JsonObject:
    """The answer; an empty one when the index does not exist (section 4)."""
    try:
        return whole_answer(await search.search(request))
    except SearchError as error:
        if error.status == _NOT_FOUND:
            return {}
        raise


class _Said:
    """What one run says about its alerts, to templates and on documents."""

    def __init__(self, wording: RunWording, *, date: str, link: str, threshold: float | None) -> None:
        self._wording, self._date, self._link, self._threshold = wording, date, link, threshold

    def report(self, row: Row, grouping: JsonObject | None) -> Report:
        statement = self._wording.active(row.group, number_text(row.value))
        shown = self._shown(statement, row.group, row.value, grouping)
        return Report(row.group, ACTION_GROUP, shown, self._fields(statement, grouping))

    def recovery(self, candidate: RecoveryCandidate, value: float | None) -> Recovery:
        """Only an ungrouped alert's value can be known: unmet groups never come back from the search."""
        text = UNKNOWN_VALUE if value is None else number_text(value)
        statement = self._wording.recovered(candidate.id, text)
        shown_value = text if value is None else value
        shown = self._shown(statement, candidate.id, shown_value, stored_grouping(candidate.document))
        return Recovery(shown, self._fields(statement, None))

    def _shown(self, statement: Statement, group: str, value: float | str, grouping: JsonObject | None) -> JsonObject:
        shown: JsonObject = {
            "group": group,
            "date": self._date,
            "value": value,
            "conditions": statement.conditions,
            "title": statement.title,
            "message": statement.message,
            "link": self._link,
        }
        if grouping is not None:
            shown["grouping"] = grouping
        return shown

    def _fields(self, statement: Statement, grouping: JsonObject | None) -> JsonObject:
        return alert_fields(statement, link=self._link, threshold=self._threshold, grouping=grouping)
