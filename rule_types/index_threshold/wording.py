"""What ``.index-threshold`` tells people about an alert (rule-type-index-threshold.md 6)."""

from rule_types.alert_fields import Statement
from rule_types.index_threshold.params import IndexThresholdParams


class Wording:
    """The texts of a rule's alerts."""

    def __init__(self, params: IndexThresholdParams) -> None:
        self.window = f"{params.time_window_size}{params.time_window_unit}"
        aggregation = f"{params.agg_type}({params.agg_field})" if params.agg_field else params.agg_type
        self.met = f"{aggregation} {params.condition.words()}"
        self.unmet = f"{aggregation} {params.condition.words(is_negated=True)}"

    def of_run(self, rule_name: str, date: str) -> "RunWording":
        """The texts of one run; ``date`` is the end of its window."""
        return RunWording(self, rule_name, date)


class RunWording:
    """The texts of one run's alerts, made ready as far as all alerts share them. ``value`` is a number as text."""

    def __init__(self, wording: Wording, rule_name: str, date: str) -> None:
        self._rule = f"rule '{rule_name}'"
        self._active, self._recovered = f"{self._rule} is active", f"{self._rule} recovered"
        self._met, self._unmet = wording.met, wording.unmet
        self._met_tail = f"- conditions: {wording.met} over {wording.window}\n- timestamp: {date}"
        self._unmet_tail = f"- conditions: {wording.unmet} over {wording.window}\n- timestamp: {date}"

    def active(self, group: str, value: str) -> Statement:
        """About an alert whose condition is met."""
        return Statement(
            f"{self._rule}: group {group} met the threshold",
            f"{self._active} for group {group}:\n\n- value: {value}\n{self._met_tail}",
            self._met,
            value,
        )

    def recovered(self, group: str, value: str) -> Statement:
        """About an alert that is over; ``value`` may be ``unknown``."""
        return Statement(
            f"{self._rule}: group {group} recovered",
            f"{self._recovered} for group {group}:\n\n- value: {value}\n{self._unmet_tail}",
            self._unmet,
            value,
        )
