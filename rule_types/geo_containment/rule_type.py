"""The rule type ``.geo-containment`` as the engine sees it (rule-type-geo-containment.md 1)."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from engine.model.jsonvalue import JsonObject
from engine.ports.rule_type import ActionGroup, Evaluator
from rule_types.geo_containment.evaluator import GeoContainmentEvaluator
from rule_types.geo_containment.params import parse_geo_containment_params
from rule_types.geo_containment.said import ACTION_GROUP


class GeoContainmentRuleType:
    """Alerts while the last known location of a tracked entity lies in a boundary.

    ``boundaries_max_age``: how long boundaries that were found are used without looking for new ones; None = until the
    rule asks for others.
    """

    id = ".geo-containment"
    name = "Tracking containment"
    action_groups: tuple[ActionGroup, ...] = (ActionGroup(ACTION_GROUP, "Tracking containment met"),)
    default_action_group = ACTION_GROUP
    recovery_group = ActionGroup("notGeoContained", "No longer contained")
    producer = "stackAlerts"
    category = "management"
    solution = "stack"
    sets_recovery_context = True
    is_exportable = True
    minimum_license = "gold"
    auto_recovers = True
    timeout: str | None = None
    cancel_alerts_on_timeout = True
    context_variables: Mapping[str, str] = MappingProxyType(
        {
            "entityId": "The entity.",
            "entityDateTime": "When the entity was where it is.",
            "entityDocumentId": "The document that says so.",
            "entityLocation": "Where the entity is, as WKT.",
            "detectionDateTime": "The time of the run.",
            "containingBoundaryId": "The document of the boundary that the entity is in.",
            "containingBoundaryName": "The name of that boundary.",
        }
    )
    param_variables: Mapping[str, str] = MappingProxyType({})
    data_view_members = (("indexId",), ("boundaryIndexId",))

    def __init__(self, boundaries_max_age: timedelta | None = None) -> None:
        self._boundaries_max_age = boundaries_max_age

    def validate(self, params: JsonObject) -> JsonObject:
        """The params as they are. Raises InvalidInput with every faulty member (section 2)."""
        parse_geo_containment_params(params)
        return params

    def compile(self, params: JsonObject) -> Evaluator:
        """Compile params, which are checked again. Raises InvalidInput."""
        return GeoContainmentEvaluator(parse_geo_containment_params(params), self._boundaries_max_age)

    def warnings(self, params: JsonObject) -> list[str]:
        """Always none."""
        return []

    def keeps_state(self, old_params: JsonObject, new_params: JsonObject) -> bool:
        """Always: entities stay where they were last seen, whatever the rule asks for now (3.4)."""
        return True
