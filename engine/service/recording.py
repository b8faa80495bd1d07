"""From what an evaluation came to, to the record that the store commits: alerts, decisions, outcome, schedule."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.model.jsonvalue import JsonObject
from engine.model.outcome import ExecutionStatus, Gap, LastRunMetrics, RuleStatus, Schedule
from engine.model.settings import EngineSettings, SpaceSettings
from engine.model.trace import RuleIdentity, RunTrace
from engine.notify.decide import ConnectorAvailability, DecisionInput, decide
from engine.notify.dispatch import Dispatched, dispatch
from engine.ports.clock import Ids
from engine.ports.registry import Registry
from engine.ports.search import SearchFigures
from engine.ports.store import Claim, RunRecord, VersionedState
from engine.run.advance import advance
from engine.run.flapping import effective_settings
from engine.run.gaps import find_gap
from engine.run.monitoring import entry_of
from engine.run.schedule import Failure, next_schedule
from engine.run.state import next_state
from engine.run.status import FailedRun, FinishedRun, counts_of, execution_status, last_run, timed_out
from engine.run.trace import trace_of, trace_of_failure
from engine.run.transition import Transition
from engine.run.untracking import without_alerts
from engine.service.compiler import CompiledRule, Unrunnable
from engine.service.connectors import ConnectorDirectory
from engine.service.evaluation import Evaluated, Failed

_MS = timedelta(milliseconds=1)
_NO_DELAY = timedelta(0)


@dataclass(frozen=True, slots=True)
class RunInputs:
    """What a run was started with; ``started_at`` is its one instant."""

    claim: Claim
    started_at: datetime
    execution_uuid: str
    space: SpaceSettings
    queue_room: int
    max_alerts: int

    @property
    def query_delay(self) -> timedelta:
        return timedelta(seconds=self.space.query_delay_s)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A run's record with what it was made of."""

    record: RunRecord
    transition: Transition
    dispatched: Dispatched


class Recorder:
    """Makes records of runs. Everything it calls is pure; ids and instants are handed in."""

    def __init__(
        self,
        settings: EngineSettings,
        registry: Registry,
        connectors: ConnectorDirectory,
        new_id: Ids,
        *,
        is_dry: bool,
    ) -> None:
        self._settings, self._registry, self._connectors = settings, registry, connectors
        self._new_id, self._is_dry = new_id, is_dry

    def evaluated(
        self, rule: CompiledRule, inputs: RunInputs, result: Evaluated, ended_at: datetime, *, is_late: bool = False
    ) -> Recorded:
        """The record of an evaluation that finished. ``is_late``: after the time-out, so without state and status."""
        transition = self._advance(rule, inputs, result)
        dispatched = self._notify(rule, inputs, transition)
        evaluation = result.evaluation
        end = FinishedRun(
            counts_of(transition),
            is_limit_reached=result.is_limit_reached,
            actions_cut=dispatched.actions_cut,
            rule_errors=evaluation.errors if evaluation else (),
            rule_warnings=[*(evaluation.warnings if evaluation else ()), *dispatched.warnings],
            outcome_message=_outcome_message(result, dispatched),
        )
        duration_ms = (ended_at - inputs.started_at) // _MS
        status = execution_status(end, at=inputs.started_at, duration_ms=duration_ms)
        gap = self._gap(rule, inputs)
        run = last_run(end)
        trace = trace_of(
            transition,
            subject=rule.subject,
            scheduled_at=inputs.claim.planned,
            ended_at=ended_at,
            status=status,
            last_run=run,
            actions=dispatched.mentions,
            metrics=_metrics(inputs, result.figures, ended_at, dispatched),
            gap=gap,
        )
        previous = inputs.claim.state
        # A run cut short at the alert limit did not say what its next state is: it keeps the one it had (step 10).
        type_state = evaluation.state if evaluation else previous.type_state
        record = RunRecord(
            claim=inputs.claim,
            status=RuleStatus(status, run, _last_run_metrics(inputs, result.figures, duration_ms, transition, gap)),
            schedule=self._schedule(rule.interval, inputs, ended_at, None),
            trace=trace,
            monitoring=entry_of(status, duration_ms),
            state=next_state(
                transition,
                previous,
                type_state=type_state,
                summary_actions=previous.summary_actions,
                subject=rule.subject,
            ),
            new_documents=transition.new_documents,
            closed_documents=transition.closed_documents,
            refreshed_rule_fields=transition.refreshed_rule_fields,
            ledger=dispatched.ledger,
            notifications=dispatched.notifications,
        )
        if is_late:
            record.state, record.monitoring, record.is_status_kept = None, None, True
        return Recorded(record, transition, dispatched)

    def failed(self, rule: CompiledRule, inputs: RunInputs, failed: Failed, ended_at: datetime) -> RunRecord:
        """The record of a run that failed: state and documents stay as they were."""
        end = FailedRun(failed.reason, failed.message)
        schedule = self._schedule(rule.interval, inputs, ended_at, failed.failure_class)
        return self._failure(rule.identity, inputs, end, failed.figures, ended_at, schedule)

    def refused(self, rule: Unrunnable, inputs: RunInputs, ended_at: datetime) -> RunRecord:
        """The record of a rule that cannot run at all."""
        failure: Failure | None = "disabled" if rule.reason == "disabled" else None
        interval = rule.interval or timedelta(minutes=1)
        schedule = self._schedule(interval, inputs, ended_at, failure)
        end = FailedRun(rule.reason, rule.message)
        return self._failure(rule.identity, inputs, end, SearchFigures(), ended_at, schedule)

    def timed_out(
        self, rule: CompiledRule, inputs: RunInputs, figures: SearchFigures, ended_at: datetime
    ) -> RunRecord:
        """The record of a run whose time limit has passed (rule-run.md 8)."""
        end = timed_out(rule.rule.name, rule.timeout)
        schedule = self._schedule(rule.interval, inputs, ended_at, "timeout")
        return self._failure(rule.identity, inputs, end, figures, ended_at, schedule, timed_out_at=ended_at)

    @staticmethod
    def without_untracked(recorded: Recorded, stored: VersionedState) -> Recorded:
        """The same record without the alerts that are not tracked any more in the state as stored now."""
        record = recorded.record
        known = {alert.uuid for alert in record.claim.state.active.values()}
        gone = known - {alert.uuid for alert in stored.state.active.values()}
        gone_ids = {alert.id for alert in recorded.transition.tracked.values() if alert.uuid in gone}
        gone_ids |= {alert.id for alert in recorded.transition.recovered if alert.uuid in gone}
        transition = without_alerts(recorded.transition, gone)
        kept = [sent for sent in record.notifications if sent.alert_uuid not in gone]
        state = record.state
        slimmer = replace(
            record,
            claim=replace(record.claim, state=stored.state, state_version=stored.version),
            state=None if state is None else replace(state, active=transition.tracked),
            new_documents=transition.new_documents,
            closed_documents=transition.closed_documents,
            notifications=kept,
            ledger=[
                replace(entry, alert_ids=tuple(name for name in entry.alert_ids if name not in gone_ids))
                for entry in record.ledger
                if not entry.alert_ids or set(entry.alert_ids) - gone_ids
            ],
            trace=_trace_without(record, gone, {sent.id for sent in kept}),
        )
        return Recorded(slimmer, transition, recorded.dispatched)

    # parts

    def _advance(self, rule: CompiledRule, inputs: RunInputs, result: Evaluated) -> Transition:
        evaluation = result.evaluation
        return advance(
            inputs.claim.state,
            result.reports,
            subject=rule.subject,
            at=inputs.started_at,
            execution_uuid=inputs.execution_uuid,
            flapping=effective_settings(inputs.space.flapping, rule.rule.flapping),
            max_alerts=inputs.max_alerts,
            is_limit_reached=result.is_limit_reached,
            recover=evaluation.recover if evaluation else None,
            hold_recoveries=evaluation.hold_recoveries if evaluation else False,
            new_id=self._new_id,
        )

    def _notify(self, rule: CompiledRule, inputs: RunInputs, transition: Transition) -> Dispatched:
        situation = DecisionInput(
            rule=rule.rule,
            rule_type=rule.subject.rule_type,
            actions=rule.actions,
            transition=transition,
            at=inputs.started_at,
            execution_uuid=inputs.execution_uuid,
            connectors=self._availability(rule),
            rule_variables=rule.variables,
            is_dry=self._is_dry,
            max_actions=self._settings.max_actions,
            max_actions_by_connector_type=self._settings.max_actions_by_connector_type,
            queue_room=inputs.queue_room,
            max_rendered_chars=self._settings.max_rendered_chars,
        )
        return dispatch(situation, decide(situation), self._new_id)

    def _availability(self, rule: CompiledRule) -> Mapping[str, ConnectorAvailability]:
        found: dict[str, ConnectorAvailability] = {}
        for action in rule.actions:
            connector = self._connectors.get(rule.rule.space, action.connector_id)
            if connector is not None:
                found[action.connector_id] = ConnectorAvailability(
                    connector.connector_type_id,
                    is_enabled=self._registry.connector_type(connector.connector_type_id) is not None,
                    is_missing_secrets=connector.is_missing_secrets,
                )
        return found

    def _gap(self, rule: CompiledRule, inputs: RunInputs) -> Gap | None:
        return find_gap(
            window=rule.evaluator.window,
            interval=rule.interval,
            previous_started_at=inputs.claim.state.previous_started_at,
            started_at=inputs.started_at,
            query_delay=inputs.query_delay if rule.evaluator.is_window_delayed else _NO_DELAY,
        )

    @staticmethod
    def _schedule(interval: timedelta, inputs: RunInputs, ended_at: datetime, failure: Failure | None) -> Schedule:
        return next_schedule(
            inputs.claim.schedule,
            interval=interval,
            planned=inputs.claim.planned,
            started_at=inputs.started_at,
            ended_at=ended_at,
            failure=failure,
        )

    def _failure(
        self,
        identity: RuleIdentity,
        inputs: RunInputs,
        end: FailedRun,
        figures: SearchFigures,
        ended_at: datetime,
        schedule: Schedule,
        timed_out_at: datetime | None = None,
    ) -> RunRecord:
        duration_ms = (ended_at - inputs.started_at) // _MS
        status: ExecutionStatus = execution_status(end, at=inputs.started_at, duration_ms=duration_ms)
        trace = trace_of_failure(
            identity,
            execution_uuid=inputs.execution_uuid,
            scheduled_at=inputs.claim.planned,
            started_at=inputs.started_at,
            ended_at=ended_at,
            status=status,
            metrics=_metrics(inputs, figures, ended_at, None),
            timed_out_at=timed_out_at,
        )
        metrics = _last_run_metrics(inputs, figures, duration_ms, None, None)
        return RunRecord(
            claim=inputs.claim,
            status=RuleStatus(status, last_run(end), metrics),
            schedule=schedule,
            trace=trace,
            monitoring=entry_of(status, duration_ms),
        )


def _outcome_message(result: Evaluated, dispatched: Dispatched) -> str | None:
    own = result.evaluation.outcome_message if result.evaluation else None
    return own or (dispatched.warnings[-1] if dispatched.warnings else None)


def _metrics(
    inputs: RunInputs, figures: SearchFigures, ended_at: datetime, dispatched: Dispatched | None
) -> JsonObject:
    total = (ended_at - inputs.started_at) // _MS
    return {
        "number_of_triggered_actions": dispatched.triggered if dispatched else 0,
        "number_of_generated_actions": dispatched.generated if dispatched else 0,
        "number_of_searches": figures.searches,
        "es_search_duration_ms": round(figures.es_duration_ms),
        "total_search_duration_ms": round(figures.duration_ms),
        "claim_to_start_duration_ms": max(0, (inputs.started_at - inputs.claim.planned) // _MS),
        "rule_type_run_duration_ms": total,
        "total_run_duration_ms": total,
    }


def _last_run_metrics(
    inputs: RunInputs, figures: SearchFigures, duration_ms: int, transition: Transition | None, gap: Gap | None
) -> LastRunMetrics:
    return LastRunMetrics(
        timestamp=inputs.started_at,
        duration_ms=duration_ms,
        total_search_duration_ms=round(figures.duration_ms),
        total_alerts_detected=len(transition.active) if transition else None,
        total_alerts_created=len(transition.new) if transition else None,
        gap=gap,
    )


def _trace_without(record: RunRecord, uuids: set[str], notification_ids: set[str]) -> RunTrace:
    trace = record.trace
    if not isinstance(trace, RunTrace):
        raise TypeError("a run leaves a run trace")
    return replace(
        trace,
        recovered=tuple(seen for seen in trace.recovered if seen.uuid not in uuids),
        new=tuple(seen for seen in trace.new if seen.uuid not in uuids),
        active=tuple(seen for seen in trace.active if seen.uuid not in uuids),
        actions=tuple(seen for seen in trace.actions if seen.notification_id in notification_ids),
    )
