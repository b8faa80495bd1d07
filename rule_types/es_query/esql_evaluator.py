"""One run of an ``.es-query`` rule with an ES|QL query (rule-type-es-query.md 6.5, 9)."""

import json
from datetime import timedelta

from engine.model.errors import RunError, SearchError
from engine.model.jsonvalue import JsonObject
from engine.ports.rule_type import Evaluation, EvaluationContext
from engine.ports.search import EsqlRequest
from engine.query.esql import EsqlText
from rule_types.answer import object_at, whole_answer
from rule_types.es_query.esql_results import EsqlResults, EsqlRows, one_result, read_rows, results_by_id
from rule_types.es_query.evaluator import remembered
from rule_types.es_query.latest_timestamp import latest_timestamp
from rule_types.es_query.params import EsqlParams
from rule_types.es_query.result_rows import ROW_FIELDS, RowBudget
from rule_types.es_query.results import ALL_DOCUMENTS
from rule_types.es_query.said import Said
from rule_types.es_query.wording import EsqlWording
from rule_types.partial_results import PARTIAL
from rule_types.time_window import TimeWindow, window_before

RANGE_FORMAT = "strict_date_optional_time"


class EsqlEvaluator:
    """A rule compiled from its params. Holds no state of runs."""

    is_window_delayed = True

    def __init__(self, params: EsqlParams) -> None:
        assert params.time_field is not None, "checked with the params"
        self._time_field = params.time_field
        self._query = EsqlText(params.esql_query.esql)
        self._is_by_row = params.group_by == "row"
        self._keeps_rows = params.include_esql_results is True
        self._takes_times = any(self._query.uses_parameter(name) for name in ("_tstart", "_tend"))
        self._wording = EsqlWording(params)
        self._window = params.window

    @property
    def window(self) -> timedelta:
        return self._window

    async def evaluate(self, context: EvaluationContext) -> Evaluation:
        """Ask, and report what came back. Raises RunError for a query that cannot be, and for a malformed answer."""
        alert_limit = context.reports.ask_limit()
        window = window_before(context.at, self._window, context.query_delay)
        answer = await self._ask(context, self._request(window, alert_limit))
        rows = read_rows(answer, alert_limit)
        found = self._read(rows, alert_limit)

        partial = _partial_warnings(answer)
        said = Said(self._wording, context, is_grouped=self._is_by_row, threshold=0)
        seen_until = remembered(latest_timestamp(context.state))
        alert_state = {**seen_until, "dateStart": window.start, "dateEnd": window.end}
        budget = RowBudget() if self._keeps_rows else None
        unmet: dict[str, float] = {}
        context.reports.declare_limit_reached(self._is_by_row and len(rows.rows) >= alert_limit)
        for result in found.results[:alert_limit]:
            if not result.observed:
                unmet[ALL_DOCUMENTS] = 0
                continue
            stored = None if budget is None else budget.spend(result.hits)
            context.reports.add(said.report(result, alert_state, stored, dropped=ROW_FIELDS))
        warnings = partial + _repetition_warnings(found.repeated)
        return Evaluation(
            state=seen_until,
            warnings=warnings,
            outcome_message=warnings[-1] if warnings else None,
            recover=lambda candidate: said.recovery(candidate, unmet),
            hold_recoveries=bool(partial) and context.no_recovery_on_partial_results,
        )

    def _request(self, window: TimeWindow, alert_limit: int) -> EsqlRequest:
        """The user's text as it is; the limit goes onto a line of its own, where no comment can swallow it."""
        in_window = {"lte": window.end, "gt": window.start, "format": RANGE_FORMAT}
        times = ({"_tstart": window.start}, {"_tend": window.end}) if self._takes_times else ()
        return EsqlRequest(
            f"{self._query.text}\n| LIMIT {alert_limit}",
            {"bool": {"filter": [{"range": {self._time_field: in_window}}]}},
            self._query.indices,
            self._query.index_span,
            times,
        )

    async def _ask(self, context: EvaluationContext, request: EsqlRequest) -> JsonObject:
        try:
            return whole_answer(await context.search.esql(request))
        except SearchError as error:
            if "verification_exception" in f"{error} {error.body}":
                raise RunError("execute", str(error), user_caused=True) from error
            raise

    def _read(self, rows: EsqlRows, alert_limit: int) -> EsqlResults:
        return results_by_id(rows, self._query) if self._is_by_row else one_result(rows, alert_limit)


def _partial_warnings(answer: JsonObject) -> list[str]:
    """A text when the answer does not cover all data, with every failure that clusters tell."""
    if answer.get("is_partial") is not True:
        return []
    details = object_at(object_at(answer, "_clusters"), "details")
    failures = [
        failure
        for cluster in details.values()
        if isinstance(cluster, dict) and isinstance(cluster.get("failures"), list)
        for failure in cluster["failures"]
    ]
    return [f"{PARTIAL} {json.dumps(failures)}" if failures else PARTIAL]


def _repetition_warnings(alert_ids: list[str]) -> list[str]:
    if not alert_ids:
        return []
    return [f"several rows share one alert id and were merged into one alert: {', '.join(alert_ids)}"]
