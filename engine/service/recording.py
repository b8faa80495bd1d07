"""Records of runs, as the store commits them: outcome, trace, schedule, and what became of the alerts."""

from dataclasses import replace
from datetime import datetime, timedelta

from engine.model.outcome import Gap, RuleStatus, Schedule
from engine.model.trace import RuleIdentity
from engine.ports.search import SearchFigures
from engine.ports.store import RunRecord
from engine.run.gaps import find_gap
from engine.run.monitoring import entry_of
from engine.run.schedule import Failure, next_schedule
from engine.run.state import next_state
from engine.run.status import FailedRun, FinishedRun, counts_of, execution_status, last_run, timed_out
from engine.run.trace import trace_of, trace_of_failure
from engine.service.compiler import CompiledRule, Unrunnable
from engine.service.evaluation import Failed
from engine.service.figures import duration_ms, event_metrics, last_run_metrics
from engine.service.processing import Processed
from engine.service.runs import RunInputs

_NO_DELAY = timedelta(0)
_INTERVAL_OF_UNREADABLE = timedelta(minutes=1)


def record_processed(rule: CompiledRule, inputs: RunInputs, processed: Processed, ended_at: datetime) -> RunRecord:
    """The record of a run that was evaluated and whose alerts were processed."""
    evaluated, transition, dispatched = processed.evaluated, processed.transition, processed.dispatched
    end = _end_of(processed)
    took_ms = duration_ms(inputs, ended_at)
    status = execution_status(end, at=inputs.started_at, duration_ms=took_ms)
    run, gap = last_run(end), _gap(rule, inputs)
    previous = inputs.claim.state
    return RunRecord(
        claim=inputs.claim,
        status=RuleStatus(status, run, last_run_metrics(inputs, evaluated.figures, ended_at, transition, gap)),
        schedule=_schedule(rule.interval, inputs, ended_at, None),
        trace=trace_of(
            transition,
            subject=rule.subject,
            scheduled_at=inputs.claim.planned,
            ended_at=ended_at,
            status=status,
            last_run=run,
            windows=inputs.running_windows(rule.subject.rule_type.category) or (),
            actions=dispatched.mentions,
            metrics=event_metrics(inputs, evaluated.figures, ended_at, dispatched),
            gap=gap,
        ),
        monitoring=entry_of(status, took_ms),
        state=next_state(
            transition,
            # A run cut short at the alert limit did not say what its next state is: it keeps the one it had (step 10).
            type_state=evaluated.evaluation.state if evaluated.evaluation else previous.type_state,
            summary_actions=dispatched.summary_actions,
            subject=rule.subject,
        ),
        new_documents=transition.new_documents,
        closed_documents=transition.closed_documents,
        refreshed_rule_fields=transition.refreshed_rule_fields,
        ledger=dispatched.ledger,
        notifications=dispatched.notifications,
    )


def record_late(rule: CompiledRule, inputs: RunInputs, processed: Processed, ended_at: datetime) -> RunRecord:
    """What an evaluation publishes that finished after its time-out: documents, events, actions (rule-run.md 8).

    State, status, monitoring and schedule are those of the time-out already.
    """
    record = record_processed(rule, inputs, processed, ended_at)
    documents = {alert.uuid: alert.document for alert in processed.transition.new}
    return replace(
        record,
        trace=replace(record.trace, is_late=True),
        state=None,
        monitoring=None,
        is_status_kept=True,
        # No run state will hold these documents, so they carry their changing part themselves.
        new_documents=[replace(new, document=documents.get(new.uuid)) for new in record.new_documents],
        refreshed_rule_fields=None,
    )


def record_failed(rule: CompiledRule, inputs: RunInputs, failed: Failed, ended_at: datetime) -> RunRecord:
    """The record of a run that failed: state and documents stay as they were."""
    schedule = _schedule(rule.interval, inputs, ended_at, failed.failure_class)
    end = FailedRun(failed.reason, failed.message)
    record = _record_failure(rule.identity, inputs, end, failed.figures, ended_at, schedule)
    if failed.failure_class == "backend_unreachable":
        record.trace.metrics["is_backend_unreachable"] = 1
    return record


def record_refused(rule: Unrunnable, inputs: RunInputs, ended_at: datetime) -> RunRecord:
    """The record of a rule that cannot run at all; one that is disabled is not scheduled again."""
    schedule = _schedule(
        rule.interval or _INTERVAL_OF_UNREADABLE,
        inputs,
        ended_at,
        "disabled" if rule.reason == "disabled" else None,
    )
    end = FailedRun(rule.reason, rule.message)
    return _record_failure(rule.identity, inputs, end, SearchFigures(), ended_at, schedule)


def record_timed_out(rule: CompiledRule, inputs: RunInputs, searches: SearchFigures, ended_at: datetime) -> RunRecord:
    """The record of a run whose time limit has passed (rule-run.md 8)."""
    schedule = _schedule(rule.interval, inputs, ended_at, "timeout")
    end = timed_out(rule.rule.name, rule.timeout)
    record = _record_failure(rule.identity, inputs, end, searches, ended_at, schedule)
    return replace(record, trace=replace(record.trace, timed_out_at=ended_at))


def _record_failure(
    identity: RuleIdentity,
    inputs: RunInputs,
    end: FailedRun,
    searches: SearchFigures,
    ended_at: datetime,
    schedule: Schedule,
) -> RunRecord:
    took_ms = duration_ms(inputs, ended_at)
    status = execution_status(end, at=inputs.started_at, duration_ms=took_ms)
    trace = trace_of_failure(
        identity,
        execution_uuid=inputs.execution_uuid,
        scheduled_at=inputs.claim.planned,
        started_at=inputs.started_at,
        ended_at=ended_at,
        status=status,
        metrics=event_metrics(inputs, searches, ended_at),
    )
    return RunRecord(
        claim=inputs.claim,
        status=RuleStatus(status, last_run(end), last_run_metrics(inputs, searches, ended_at)),
        schedule=schedule,
        trace=trace,
        monitoring=entry_of(status, took_ms),
    )


def _end_of(processed: Processed) -> FinishedRun:
    evaluation, dispatched = processed.evaluated.evaluation, processed.dispatched
    own_message = evaluation.outcome_message if evaluation else None
    return FinishedRun(
        counts_of(processed.transition),
        is_limit_reached=processed.evaluated.is_limit_reached,
        actions_cut=dispatched.actions_cut,
        rule_errors=evaluation.errors if evaluation else (),
        rule_warnings=[*(evaluation.warnings if evaluation else ()), *dispatched.warnings],
        outcome_message=own_message or (dispatched.warnings[-1] if dispatched.warnings else None),
    )


def _gap(rule: CompiledRule, inputs: RunInputs) -> Gap | None:
    return find_gap(
        window=rule.evaluator.window,
        interval=rule.interval,
        previous_started_at=inputs.claim.state.previous_started_at,
        started_at=inputs.started_at,
        query_delay=inputs.query_delay if rule.evaluator.is_window_delayed else _NO_DELAY,
    )


def _schedule(interval: timedelta, inputs: RunInputs, ended_at: datetime, failure: Failure | None) -> Schedule:
    return next_schedule(
        inputs.claim.schedule,
        interval=interval,
        planned=inputs.claim.planned,
        started_at=inputs.started_at,
        ended_at=ended_at,
        failure=failure,
    )
