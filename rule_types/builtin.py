"""The rule types that come with Tocsin."""

from datetime import timedelta

from engine.ports.rule_type import RuleType
from rule_types.es_query.rule_type import EsQueryRuleType
from rule_types.geo_containment.rule_type import GeoContainmentRuleType
from rule_types.index_threshold.rule_type import IndexThresholdRuleType


def builtin_rule_types(boundaries_max_age: timedelta | None = None) -> tuple[RuleType, ...]:
    """One of each, ready to be registered. ``boundaries_max_age`` is for ``.geo-containment``."""
    return (EsQueryRuleType(), IndexThresholdRuleType(), GeoContainmentRuleType(boundaries_max_age))
