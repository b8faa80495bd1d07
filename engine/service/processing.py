"""From the reports of an evaluation to what they mean: alerts tracked, actions decided, notifications rendered.

Happens once a run, since deciding marks in the alerts what they have notified for.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from engine.model.errors import RunError
from engine.model.rule import Rule
from engine.model.settings import EngineSettings
from engine.notify.decide import ConnectorAvailability, DecisionInput, decide
from engine.notify.dispatch import Dispatched, dispatch
from engine.operations.connector_types import is_executable
from engine.ports.clock import Ids
from engine.ports.registry import Registry
from engine.ports.rule_type import Recovery, RecoveryCandidate
from engine.run.advance import advance
from engine.run.flapping import effective_settings
from engine.run.mute_ends import ended_mutes, without_mutes
from engine.run.transition import Transition
from engine.run.untracking import without_alerts
from engine.service.compiler import CompiledRule
from engine.service.evaluation import Evaluated
from engine.service.runs import RunInputs


@dataclass(frozen=True, slots=True)
class Processed:
    """An evaluation with what it did to the rule's alerts and what it queued."""

    evaluated: Evaluated
    transition: Transition
    dispatched: Dispatched


class AlertProcessor:
    """Processes the alerts of runs (rule-run.md 4, steps 9 to 17). ``is_dry``: notifications will never be sent."""

    def __init__(
        self,
        settings: EngineSettings,
        registry: Registry,
        new_id: Ids,
        *,
        is_dry: bool,
    ) -> None:
        self._settings, self._registry = settings, registry
        self._new_id, self._is_dry = new_id, is_dry

    def process(self, rule: CompiledRule, inputs: RunInputs, evaluated: Evaluated) -> Processed:
        """Track the alerts and decide the actions. Raises RunError for what the rule type did wrong."""
        transition = self._advance(rule, inputs, evaluated)
        return Processed(evaluated, transition, self._notify(rule, inputs, transition))

    def _advance(self, rule: CompiledRule, inputs: RunInputs, evaluated: Evaluated) -> Transition:
        evaluation = evaluated.evaluation
        recover = evaluation.recover if evaluation else None
        return advance(
            inputs.claim.state,
            evaluated.reports,
            subject=rule.subject,
            at=inputs.started_at,
            execution_uuid=inputs.execution_uuid,
            flapping=effective_settings(inputs.space.flapping, rule.rule.flapping),
            max_alerts=inputs.max_alerts,
            is_limit_reached=evaluated.is_limit_reached,
            recover=None if recover is None else _as_rule_types_doing(recover),
            hold_recoveries=evaluation.hold_recoveries if evaluation else False,
            windows=inputs.running_windows(rule.subject.rule_type.category),
            new_id=self._new_id,
        )

    def _notify(self, rule: CompiledRule, inputs: RunInputs, transition: Transition) -> Dispatched:
        situation = DecisionInput(
            rule=_without_ended_mutes(rule.rule, inputs, transition),
            rule_type=rule.subject.rule_type,
            actions=rule.actions,
            transition=transition,
            at=inputs.started_at,
            execution_uuid=inputs.execution_uuid,
            connectors=self._availability(rule, inputs),
            rule_fields=rule.subject.rule_fields,
            closed_documents=inputs.closed_documents,
            summary_actions=inputs.claim.state.summary_actions,
            previous_started_at=inputs.claim.state.previous_started_at,
            max_documents=inputs.max_alerts,
            rule_variables=rule.variables,
            snooze=rule.snoozes.verdict_at(inputs.started_at),
            is_dry=self._is_dry,
            max_actions=self._settings.max_actions,
            max_actions_by_connector_type=self._settings.max_actions_by_connector_type,
            queue_room=inputs.queue_room,
            max_rendered_chars=self._settings.max_rendered_chars,
        )
        return dispatch(situation, decide(situation), self._new_id)

    def _availability(self, rule: CompiledRule, inputs: RunInputs) -> Mapping[str, ConnectorAvailability]:
        found: dict[str, ConnectorAvailability] = {}
        for action in rule.actions:
            connector = inputs.connectors.get(action.connector_id)
            if connector is not None:
                found[action.connector_id] = ConnectorAvailability(
                    connector.connector_type_id,
                    is_enabled=self._registry.connector_type(connector.connector_type_id) is not None
                    and is_executable(connector, self._settings),
                    is_missing_secrets=connector.is_missing_secrets,
                    is_system_action=connector.is_system_action,
                    is_granted=inputs.may_use_connectors,
                )
        return found


def _without_ended_mutes(rule: Rule, inputs: RunInputs, transition: Transition) -> Rule:
    """The rule as its actions see it: what happened to an alert in this run ends its mute in this run.

    The alert's own document says so from the next run on.
    """
    if not rule.alert_snoozes:
        return rule
    now = (*transition.active, *transition.recovered)
    return without_mutes(rule, ended_mutes(rule, inputs.claim.state.active, now))


def without_untracked(processed: Processed, uuids: Collection[str]) -> Processed:
    """The same without alerts that a user untracked meanwhile: they leave no document, event, action or decision."""
    transition, dispatched = processed.transition, processed.dispatched
    untracked_ids = {
        alert.id
        for alerts in (transition.tracked.values(), transition.recovered)
        for alert in alerts
        if alert.uuid in uuids
    }
    kept = [sent for sent in dispatched.notifications if sent.alert_uuid not in uuids]
    kept_ids = {sent.id for sent in kept}
    return Processed(
        processed.evaluated,
        without_alerts(transition, uuids),
        replace(
            dispatched,
            notifications=kept,
            mentions=[mention for mention in dispatched.mentions if mention.notification_id in kept_ids],
            triggered=len(kept),
            ledger=[
                replace(entry, alert_ids=tuple(name for name in entry.alert_ids if name not in untracked_ids))
                for entry in dispatched.ledger
                if not entry.alert_ids or not untracked_ids.issuperset(entry.alert_ids)
            ],
        ),
    )


def _as_rule_types_doing(
    recover: Callable[[RecoveryCandidate], Recovery],
) -> Callable[[RecoveryCandidate], Recovery]:
    """The same function, its exceptions told apart from the engine's own: recovering belongs to the evaluation."""

    def guarded(candidate: RecoveryCandidate) -> Recovery:
        try:
            return recover(candidate)
        except RunError:
            raise
        except Exception as error:
            raise RunError("execute", str(error)) from error

    return guarded
