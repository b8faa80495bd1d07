"""What one run of an ``.es-query`` rule says about its alerts: to templates, and on documents (7.3, 8)."""

from collections.abc import Collection, Mapping

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.ports.rule_type import EvaluationContext, Recovery, RecoveryCandidate, Report
from rule_types.alert_fields import Statement, alert_fields, stored_grouping
from rule_types.es_query.results import ALL_DOCUMENTS, Result
from rule_types.es_query.source_fields import grouping_fields, source_fields, stored_source_fields
from rule_types.es_query.wording import Wording
from rule_types.grouping import nest

ACTION_GROUP = "query matched"
UNGROUPED_ALERT = "query matched"


class Said:
    """Reports and recoveries of one run. ``threshold``: the only one that the rule has, None with two."""

    def __init__(
        self, wording: Wording, context: EvaluationContext, *, is_grouped: bool, threshold: float | None
    ) -> None:
        self._wording, self._is_grouped, self._threshold = wording, is_grouped, threshold
        self._rule_name, self._date, self._link = context.rule_name, iso(context.at), context.rule_url or ""

    def report(
        self,
        result: Result,
        state: JsonObject,
        fields: Mapping[str, object] | None = None,
        dropped: Collection[str] = (),
    ) -> Report:
        """A met result as an alert with its state; its document gets the ``fields`` and loses the ``dropped`` ones."""
        group = result.group if self._is_grouped else None
        statement = self._wording.active(self._rule_name, result.observed, group)
        grouping = None if result.grouping is None else nest(result.grouping)
        copied = source_fields(result.hits)
        shown = self._shown(statement, result.observed, grouping) | {
            "hits": list(result.hits),
            "sourceFields": copied,
        }
        payload = {
            **self._fields(statement, grouping),
            **grouping_fields(result.grouping or {}),
            **copied,
            **(fields or {}),
        }
        return Report(UNGROUPED_ALERT if group is None else group, ACTION_GROUP, shown, payload, state, dropped)

    def recovery(self, candidate: RecoveryCandidate, unmet: Mapping[str, float]) -> Recovery:
        """``value`` stays 0 as users of Kibana know it; ``observedValue`` tells the truth (section 8).

        ``unmet``: the observed values of groups that did not meet the condition.
        """
        value = unmet.get(candidate.id, 0)
        observed = unmet.get(ALL_DOCUMENTS if candidate.id == UNGROUPED_ALERT else candidate.id)
        statement = self._wording.recovered(self._rule_name, value, candidate.id if self._is_grouped else None)
        shown = self._shown(statement, value, stored_grouping(candidate.document)) | {
            "observedValue": observed,
            "hits": [],
            "sourceFields": stored_source_fields(candidate.document),
        }
        return Recovery(shown, self._fields(statement, None))

    def _fields(self, statement: Statement, grouping: JsonObject | None) -> JsonObject:
        return alert_fields(statement, link=self._link, threshold=self._threshold, grouping=grouping)

    def _shown(self, statement: Statement, value: float, grouping: JsonObject | None) -> JsonObject:
        """The context members that active and recovered alerts share."""
        shown: JsonObject = {
            "title": statement.title,
            "message": statement.message,
            "conditions": statement.conditions,
            "date": self._date,
            "value": value,
            "link": self._link,
        }
        return shown if grouping is None else {**shown, "grouping": grouping}
