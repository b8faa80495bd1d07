"""What ``.es-query`` tells people about an alert (rule-type-es-query.md 7.3, 8, 9.4)."""

from collections.abc import Sequence
from typing import Protocol

from rule_types.alert_fields import Statement
from rule_types.es_query.params import EsQueryParams
from rule_types.texts import number_text


class Wording(Protocol):
    """The texts of a rule's alerts. ``group`` None = the rule does not group."""

    def active(self, rule_name: str, observed: float, group: str | None) -> Statement:
        """About an alert whose condition is met."""
        ...

    def recovered(self, rule_name: str, observed: float, group: str | None) -> Statement:
        """About an alert that is over."""
        ...


def of_indices(index: Sequence[str]) -> str:
    """Where a query in DSL looks, in words."""
    return f"{'index' if len(index) == 1 else 'indices'} {', '.join(index)}"


class SearchWording:
    """The texts of a search; ``where`` says in words what is searched."""

    def __init__(self, params: EsQueryParams, where: str) -> None:
        self._condition = params.condition
        self._window = f"{params.time_window_size}{params.time_window_unit}"
        is_count = params.agg_type == "count"
        what = "number" if is_count else f"{params.agg_type}({params.agg_field})"
        self._observed = f"{what} of matching documents"
        self._where = where

    def active(self, rule_name: str, observed: float, group: str | None) -> Statement:
        """See the protocol."""
        return self._statement(_title(rule_name, group), f"rule '{rule_name}' is active", observed, group, False)

    def recovered(self, rule_name: str, observed: float, group: str | None) -> Statement:
        """See the protocol."""
        title = f"rule '{rule_name}' recovered"
        return self._statement(title, title, observed, group, True)

    def _statement(self, title: str, lead: str, observed: float, group: str | None, is_recovered: bool) -> Statement:
        for_group = _for_group(group)
        comparison = self._condition.words(is_negated=is_recovered)
        value = number_text(observed)
        return Statement(
            title=title,
            message=f"{lead}{for_group}: {value} in the last {self._window} of {self._where} {comparison}",
            conditions=f"{self._observed}{for_group} {comparison}",
            value=value,
        )


class EsqlWording:
    """The texts of an ES|QL query, which holds the condition itself."""

    def __init__(self, params: EsQueryParams) -> None:
        self._window = f"{params.time_window_size}{params.time_window_unit}"

    def active(self, rule_name: str, observed: float, group: str | None) -> Statement:
        """See the protocol."""
        conditions = f"query matched documents{_for_group(group)}"
        return self._statement(_title(rule_name, group), f"rule '{rule_name}' is active", observed, group, conditions)

    def recovered(self, rule_name: str, observed: float, group: str | None) -> Statement:
        """See the protocol."""
        title = f"rule '{rule_name}' recovered"
        return self._statement(title, title, observed, group, f"query did not match documents{_for_group(group)}")

    def _statement(self, title: str, lead: str, observed: float, group: str | None, conditions: str) -> Statement:
        value = number_text(observed)
        message = f"{lead}{_for_group(group)}: {value} in the last {self._window}, {conditions}"
        return Statement(title=title, message=message, conditions=conditions, value=value)


def _title(rule_name: str, group: str | None) -> str:
    for_group = "" if group is None else f" for group {group}"
    return f"rule '{rule_name}' matched its query{for_group}"


def _for_group(group: str | None) -> str:
    return "" if group is None else f' for group "{group}"'
