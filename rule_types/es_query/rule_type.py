"""The rule type ``.es-query`` as the engine sees it (rule-type-es-query.md 1)."""

import logging
from collections.abc import Mapping
from types import MappingProxyType

from engine.model.jsonvalue import JsonObject
from engine.ports.rule_type import RECOVERED, ActionGroup, Evaluator
from rule_types.es_query.configuration import configuration_warnings
from rule_types.es_query.data_view_searching import DataViewSearching
from rule_types.es_query.esql_evaluator import EsqlEvaluator
from rule_types.es_query.evaluator import SearchEvaluator
from rule_types.es_query.params import (
    DEFAULTED_FIELDS,
    DslParams,
    EsqlParams,
    EsQueryParams,
    SearchSourceParams,
    parse_es_query_params,
)
from rule_types.es_query.request import MAX_HITS_PER_GROUP, DslSearching
from rule_types.es_query.said import ACTION_GROUP
from rule_types.es_query.user_query import parse_user_query
from rule_types.params import stored_form

_LOG = logging.getLogger(__name__)

_STATE_DEPENDS_ON = (
    "searchType",
    "esQuery",
    "index",
    "searchConfiguration",
    "esqlQuery",
    "timeField",
    "groupBy",
    "termField",
)


class EsQueryRuleType:
    """Alerts when the number of documents that a query finds, or a metric over them, meets a condition."""

    id = ".es-query"
    name = "Elasticsearch query"
    action_groups: tuple[ActionGroup, ...] = (ActionGroup(ACTION_GROUP, "Query matched"),)
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
            "message": "What was found, over which window, and the condition, in one text.",
            "title": "A title for the alert.",
            "date": "The time of the run.",
            "value": "The number that met the condition.",
            "hits": "The documents found.",
            "conditions": "The condition in words.",
            "link": "Address of the rule's page, empty without a public base URL.",
            "grouping": "The group's fields and values, nested by their dots.",
        }
    )
    param_variables: Mapping[str, str] = MappingProxyType(
        {
            "size": "How many documents to pass on.",
            "threshold": "The one or two numbers compared with.",
            "thresholdComparator": "How to compare.",
            "searchConfiguration": "The query over a data view.",
            "esQuery": "The query in Elasticsearch's DSL.",
            "index": "The indices searched.",
            "esqlQuery": "The ES|QL query.",
        }
    )
    data_view_members = (("searchConfiguration", "index"),)

    def validate(self, params: JsonObject) -> JsonObject:
        """The params as stored. Raises InvalidInput, the first fault first (section 2.3)."""
        return stored_form(params, parse_es_query_params(params), DEFAULTED_FIELDS)

    def compile(self, params: JsonObject) -> Evaluator:
        """Compile params, which are checked again. Raises InvalidInput."""
        parsed = parse_es_query_params(params)
        for text in _hits_warnings(parsed):
            _LOG.warning("%s: %s", self.id, text)
        if isinstance(parsed, EsqlParams):
            return EsqlEvaluator(parsed)
        if isinstance(parsed, SearchSourceParams):
            return SearchEvaluator(parsed, DataViewSearching(parsed))
        assert isinstance(parsed, DslParams), "there are three search types"
        return SearchEvaluator(parsed, DslSearching(parsed))

    def warnings(self, params: JsonObject) -> list[str]:
        """What valid params ask for and will not get: members of the search body that are not used (section 6.3), and
        a search configuration that every run will fail with (2.4)."""
        parsed = parse_es_query_params(params)
        if isinstance(parsed, SearchSourceParams):
            return configuration_warnings(parsed.search_configuration) + _hits_warnings(parsed)
        if not isinstance(parsed, DslParams):
            return []
        dropped = parse_user_query(parsed.es_query).dropped
        unused = [f"esQuery: these members are not used: {', '.join(dropped)}"] if dropped else []
        return unused + _hits_warnings(parsed)

    def keeps_state(self, old_params: JsonObject, new_params: JsonObject) -> bool:
        """False when query, index, time field or grouping changed: other documents were seen so far (section 5)."""
        return all(old_params.get(name) == new_params.get(name) for name in _STATE_DEPENDS_ON)


def _hits_warnings(params: EsQueryParams) -> list[str]:
    if not isinstance(params, EsqlParams) and params.group_fields and params.size > MAX_HITS_PER_GROUP:
        return [f"size: grouped rules get at most {MAX_HITS_PER_GROUP} hits a group, not {params.size}"]
    return []
