"""The rule type ``.index-threshold`` as the engine sees it (rule-type-index-threshold.md 1)."""

from collections.abc import Mapping
from types import MappingProxyType

from engine.model.jsonvalue import JsonObject
from engine.ports.rule_type import RECOVERED, ActionGroup, Evaluator
from rule_types.index_threshold.evaluator import ACTION_GROUP, IndexThresholdEvaluator
from rule_types.index_threshold.params import DEFAULTED_FIELDS, parse_index_threshold_params, refuse_row_grouping
from rule_types.params import stored_form


class IndexThresholdRuleType:
    """Alerts when a count or metric over a time window, whole or per group, meets a condition."""

    id = ".index-threshold"
    name = "Index threshold"
    action_groups: tuple[ActionGroup, ...] = (ActionGroup(ACTION_GROUP, "Threshold met"),)
    default_action_group = ACTION_GROUP
    recovery_group = RECOVERED
    producer = "stackAlerts"
    category = "management"
    minimum_license = "basic"
    auto_recovers = True
    sets_recovery_context = True
    timeout: str | None = None
    cancel_alerts_on_timeout = True
    context_variables: Mapping[str, str] = MappingProxyType(
        {
            "message": "Group, value, conditions and time in one text.",
            "title": "A title for the alert.",
            "group": "The group, or `all documents` without grouping.",
            "date": "The end of the time window.",
            "value": "The number that met the condition.",
            "conditions": "The condition in words.",
        }
    )
    param_variables: Mapping[str, str] = MappingProxyType(
        {
            "threshold": "The one or two numbers compared with.",
            "thresholdComparator": "How to compare.",
            "index": "The indices searched.",
            "timeField": "The field that dates a document.",
            "aggType": "What is computed.",
            "aggField": "The field it is computed of.",
            "groupBy": "Whether documents are grouped.",
            "termField": "The field to group by.",
            "filterKuery": "A filter in KQL.",
            "termSize": "How many groups are looked at.",
            "timeWindowSize": "Length of the time window.",
            "timeWindowUnit": "Unit of that length.",
        }
    )

    def validate(self, params: JsonObject) -> JsonObject:
        """The params as stored. Raises InvalidInput, the first fault first (section 2)."""
        parsed = parse_index_threshold_params(params)
        refuse_row_grouping(parsed)
        return stored_form(params, parsed, DEFAULTED_FIELDS)

    def compile(self, params: JsonObject) -> Evaluator:
        """Compile params, which are checked again; ``groupBy: row`` of an existing rule means ``all``."""
        return IndexThresholdEvaluator(parse_index_threshold_params(params))

    def warnings(self, params: JsonObject) -> list[str]:
        """Always none."""
        return []

    def keeps_state(self, old_params: JsonObject, new_params: JsonObject) -> bool:
        """Always: the type has no state."""
        return True
