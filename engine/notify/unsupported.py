"""What rules may carry that actions cannot honour yet: refused by name, never ignored (DECISIONS 4)."""

from collections.abc import Iterator

from engine.model.errors import InvalidInput, Problem
from engine.model.rule import Rule


def refuse_unsupported(rule: Rule) -> None:
    """Raises InvalidInput naming each member of the rule that this version would have to ignore."""
    problems = tuple(_unsupported_members(rule))
    if problems:
        raise InvalidInput(problems)


def _unsupported_members(rule: Rule) -> Iterator[Problem]:
    for position, action in enumerate(rule.actions):
        path = f"actions.{position}"
        if action.frequency is not None and action.frequency.summary:
            yield Problem(f"{path}.frequency.summary", "summary actions are not supported yet", "set it to false")
        if action.alerts_filter is not None:
            yield Problem(f"{path}.alerts_filter", "filtering alerts is not supported yet", "remove it")
        if action.use_alert_data_for_template:
            what = "alert data in templates is not supported yet"
            yield Problem(f"{path}.use_alert_data_for_template", what, "set it to false")
