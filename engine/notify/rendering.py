"""Rendered params of candidates; the variables of an alert are prepared once, however many actions watch it."""

from engine.model.alert import Alert
from engine.model.instant import to_ms
from engine.model.jsonvalue import JsonObject
from engine.notify.actions import CompiledAction
from engine.notify.decision import AnyCandidate, Candidate, DecisionInput
from engine.notify.summary import Summary, SummaryPart, summary_bounds
from engine.ports.rule_type import page_path
from engine.template.summary_variables import SummarizedAlerts, summary_variables
from engine.template.values import Variables, prepare_variables
from engine.template.variables import RuleVariables, alert_variables, rule_variables
from engine.timing.durations import is_duration, parse_duration


class Rendering:
    """Renders for one run and collects the texts of template errors, each one once an action."""

    def __init__(self, situation: DecisionInput) -> None:
        self._situation = situation
        self._variables: dict[tuple[str, str, bool], Variables] = {}
        self._errors: dict[str, None] = {}

    @property
    def errors(self) -> tuple[str, ...]:
        """What went wrong so far; the rendered params hold an error text in its place (templates.md 5.1)."""
        return tuple(self._errors)

    def params_of(self, candidate: AnyCandidate) -> JsonObject:
        """The candidate's params, rendered and with what its connector type injects."""
        action = candidate.action
        rendered = action.params.render(self.variables_of(candidate), max_chars=self._situation.max_rendered_chars)
        for error in rendered.errors:
            self._errors[f"action [{action.uuid}]: {error}"] = None
        if action.inject is None:
            return rendered.params
        return action.inject(rendered.params, self._rule_variables_of(action))

    def variables_of(self, candidate: AnyCandidate) -> Variables:
        """What the candidate's templates see. The alert's document is for the actions that ask for it alone (8.4)."""
        action = candidate.action
        if not isinstance(candidate, Candidate):
            return self._variables_of_summary(action, candidate.summary)
        key = (candidate.alert.uuid, action.group, action.uses_alert_data)
        if key not in self._variables:
            self._variables[key] = self._variables_of_alert(action, candidate.alert)
        return self._variables[key]

    def _variables_of_alert(self, action: CompiledAction, alert: Alert) -> Variables:
        return prepare_variables(
            alert_variables(
                self._situation.rule_variables,
                alert=alert,
                group_id=action.group,
                group_name=action.group_name,
                at=self._situation.at,
                document=self._as_found(self._situation.document_of(alert)) if action.uses_alert_data else None,
            )
        )

    def _variables_of_summary(self, action: CompiledAction, summary: Summary) -> Variables:
        return prepare_variables(
            summary_variables(
                self._rule_variables_of(action),
                new=self._told(summary.new),
                ongoing=self._told(summary.ongoing),
                recovered=self._told(summary.recovered),
                at=self._situation.at,
            )
        )

    def _rule_variables_of(self, action: CompiledAction) -> RuleVariables:
        """Those of the rule; for a summary the page, if the type has one of its own, shows the time summed up (14)."""
        situation, rule = self._situation, self._situation.rule
        base = situation.rule_variables.fixed.get("kibanaBaseUrl")
        if base is None or not is_duration(rule.interval):
            return situation.rule_variables
        shown = summary_bounds(
            action,
            interval=parse_duration(rule.interval),
            previous_started_at=situation.previous_started_at,
            now=situation.at,
        )
        if shown is None:
            return situation.rule_variables
        begin, end = shown
        path = page_path(situation.rule_type, rule.id, rule.params, (to_ms(begin), to_ms(end)))
        if path is None:
            return situation.rule_variables
        return rule_variables(rule, public_base_url=base, relative_path=path)

    def _told(self, part: SummaryPart) -> SummarizedAlerts:
        return SummarizedAlerts(part.count, [self._as_found(document) for document in part.documents])

    def _as_found(self, document: JsonObject) -> JsonObject:
        """The document as a search for it would give it, with its id and index."""
        index = f".alerts-{self._situation.rule.rule_type_id.lstrip('.')}.alerts-{self._situation.rule.space}"
        return {"_id": document.get("kibana.alert.uuid"), "_index": index, **document}
