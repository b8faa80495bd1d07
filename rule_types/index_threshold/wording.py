"""What ``.index-threshold`` tells people about an alert (rule-type-index-threshold.md 6)."""

from rule_types.alert_fields import Statement
from rule_types.index_threshold.params import IndexThresholdParams


class Wording:
    """The texts of a rule's alerts. ``value`` is the number as text or ``unknown``."""

    def __init__(self, params: IndexThresholdParams) -> None:
        self._window = f"{params.time_window_size}{params.time_window_unit}"
        aggregation = f"{params.agg_type}({params.agg_field})" if params.agg_field else params.agg_type
        self._met = f"{aggregation} {params.condition.words()}"
        self._unmet = f"{aggregation} {params.condition.words(is_negated=True)}"

    def active(self, rule_name: str, group: str, value: str, date: str) -> Statement:
        """About an alert whose condition is met."""
        title = f"rule '{rule_name}': group {group} met the threshold"
        message = self._message(f"rule '{rule_name}' is active for group {group}", value, self._met, date)
        return Statement(title, message, self._met, value)

    def recovered(self, rule_name: str, group: str, value: str, date: str) -> Statement:
        """About an alert that is over."""
        title = f"rule '{rule_name}': group {group} recovered"
        message = self._message(f"rule '{rule_name}' recovered for group {group}", value, self._unmet, date)
        return Statement(title, message, self._unmet, value)

    def _message(self, lead: str, value: str, conditions: str, date: str) -> str:
        return f"{lead}:\n\n- value: {value}\n- conditions: {conditions} over {self._window}\n- timestamp: {date}"
