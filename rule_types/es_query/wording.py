"""What ``.es-query`` tells people about an alert (rule-type-es-query.md 7.3, 8)."""

from rule_types.alert_fields import Statement
from rule_types.es_query.params import DslParams
from rule_types.texts import number_text


class Wording:
    """The texts of a rule's alerts. ``group`` None = the rule does not group."""

    def __init__(self, params: DslParams) -> None:
        self._condition = params.condition
        self._window = f"{params.time_window_size}{params.time_window_unit}"
        is_count = params.agg_type == "count"
        what = "number" if is_count else f"{params.agg_type}({params.agg_field})"
        self._observed = f"{what} of matching documents"
        self._where = f"{'index' if len(params.index) == 1 else 'indices'} {', '.join(params.index)}"

    def active(self, rule_name: str, observed: float, group: str | None) -> Statement:
        """About an alert whose condition is met."""
        for_group = "" if group is None else f" for group {group}"
        title = f"rule '{rule_name}' matched its query{for_group}"
        return self._statement(title, f"rule '{rule_name}' is active", observed, group, is_recovered=False)

    def recovered(self, rule_name: str, observed: float, group: str | None) -> Statement:
        """About an alert that is over."""
        title = f"rule '{rule_name}' recovered"
        return self._statement(title, title, observed, group, is_recovered=True)

    def _statement(self, title: str, lead: str, observed: float, group: str | None, *, is_recovered: bool) -> Statement:
        for_group = "" if group is None else f' for group "{group}"'
        comparison = self._condition.words(is_negated=is_recovered)
        value = number_text(observed)
        return Statement(
            title=title,
            message=f"{lead}{for_group}: {value} in the last {self._window} of {self._where} {comparison}",
            conditions=f"{self._observed}{for_group} {comparison}",
            value=value,
        )
