"""Rendered params of candidates; the variables of an alert are prepared once, however many actions watch it."""

from engine.model.jsonvalue import JsonObject
from engine.notify.decision import Candidate, DecisionInput
from engine.template.values import Variables, prepare_variables
from engine.template.variables import alert_variables


class Rendering:
    """Renders for one run and collects the texts of template errors, each one once an action."""

    def __init__(self, situation: DecisionInput) -> None:
        self._situation = situation
        self._variables: dict[tuple[str, str], Variables] = {}
        self._errors: dict[str, None] = {}

    @property
    def errors(self) -> tuple[str, ...]:
        """What went wrong so far; the rendered params hold an error text in its place (templates.md 5.1)."""
        return tuple(self._errors)

    def params_of(self, candidate: Candidate) -> JsonObject:
        """The candidate's params, rendered and with what its connector type injects."""
        action = candidate.action
        rendered = action.params.render(self.variables_of(candidate), max_chars=self._situation.max_rendered_chars)
        for error in rendered.errors:
            self._errors[f"action [{action.uuid}]: {error}"] = None
        if action.inject is None:
            return rendered.params
        return action.inject(rendered.params, self._situation.rule_variables)

    def variables_of(self, candidate: Candidate) -> Variables:
        action, alert = candidate
        key = (alert.uuid, action.group)
        if key not in self._variables:
            self._variables[key] = prepare_variables(
                alert_variables(
                    self._situation.rule_variables,
                    alert=alert,
                    group_id=action.group,
                    group_name=action.group_name,
                    at=self._situation.at,
                )
            )
        return self._variables[key]
