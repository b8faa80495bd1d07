"""The end of a run: its record is made and committed, whatever the run came to."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from engine.model.errors import RunError
from engine.ports.clock import Clock
from engine.ports.search import SearchFigures
from engine.ports.store import CommitOutcome, RunRecord, Store, VersionedState
from engine.run.schedule import missed_slots
from engine.run.transition import Transition
from engine.service import recording
from engine.service.compiler import CompiledRule, Unrunnable
from engine.service.evaluation import Evaluated, Failed
from engine.service.group_commit import GroupCommit
from engine.service.processing import AlertProcessor, Processed, without_untracked
from engine.service.run_log import log_processed, log_run
from engine.service.runs import RunInputs, RunReport

_log = logging.getLogger("tocsin.rules")

_MOST_STATE_RELOADS = 3

_NOT_STORABLE = {
    CommitOutcome.REFUSED: "what the run found could not be stored (the log of the store says why)",
    CommitOutcome.STATE_CHANGED: "users changed the alerts of the rule again and again while the run was being stored",
}

_RecordOf = Callable[[CompiledRule, RunInputs, Processed, datetime], RunRecord]


class Conclusion:
    """Ends runs. Raises StoreUnavailable when nothing can be stored at all."""

    def __init__(self, store: Store, processor: AlertProcessor, clock: Clock) -> None:
        self._store, self._processor, self._clock = store, processor, clock
        self._committer = GroupCommit(store)

    async def conclude(self, rule: CompiledRule, inputs: RunInputs, result: Evaluated | Failed) -> RunReport:
        """End a run whose evaluation has ended within its time."""
        processed = result if isinstance(result, Failed) else self._process(rule, inputs, result)
        if isinstance(processed, Failed):
            return await self._fail(rule, inputs, processed)
        report = await self._commit_processed(rule, inputs, processed, recording.record_processed)
        if report.outcome in _NOT_STORABLE:
            return await self._fail(rule, inputs, Failed("unknown", _NOT_STORABLE[report.outcome], result.figures))
        return _logged(report, rule)

    async def refuse(self, rule: Unrunnable, inputs: RunInputs) -> RunReport:
        """End the run of a rule that cannot run at all."""
        return _logged(await self._commit(inputs, recording.record_refused(rule, inputs, self._clock.now())), rule)

    async def time_out(self, rule: CompiledRule, inputs: RunInputs, searches: SearchFigures, at: datetime) -> RunReport:
        """End a run that exceeded its time limit at that instant."""
        return _logged(await self._commit(inputs, recording.record_timed_out(rule, inputs, searches, at)), rule)

    async def publish_late(self, rule: CompiledRule, inputs: RunInputs, result: Evaluated | Failed) -> None:
        """Publish what an evaluation found that finished after its time-out; one that failed found nothing."""
        processed = None if isinstance(result, Failed) else self._process(rule, inputs, result)
        if isinstance(processed, Processed):
            await self._commit_processed(rule, inputs, processed, recording.record_late)

    def _process(self, rule: CompiledRule, inputs: RunInputs, result: Evaluated) -> Processed | Failed:
        try:
            processed = self._processor.process(rule, inputs, result)
        except RunError as error:
            return Failed(error.reason, str(error), result.figures)
        except Exception as error:  # noqa: BLE001 - the engine's own failure, and of this run alone
            _log.exception("processing the alerts of rule [%s] failed", rule.rule.id)
            return Failed("unknown", str(error), result.figures)
        log_processed(rule.rule.id, processed, inputs.max_alerts)
        return processed

    async def _fail(self, rule: CompiledRule, inputs: RunInputs, failed: Failed) -> RunReport:
        record = recording.record_failed(rule, inputs, failed, self._clock.now())
        return _logged(await self._commit(inputs, record), rule)

    async def _commit_processed(
        self, rule: CompiledRule, inputs: RunInputs, processed: Processed, record_of: _RecordOf
    ) -> RunReport:
        """Commit; alerts that users untracked meanwhile are left out, for they were first (rule-run.md 13)."""
        ended_at = self._clock.now()
        for _ in range(1 + _MOST_STATE_RELOADS):
            record = record_of(rule, inputs, processed, ended_at)
            report = await self._commit(inputs, record, processed.transition)
            if report.outcome is not CommitOutcome.STATE_CHANGED:
                break
            stored = await self._store.load_state(inputs.claim.key)
            if stored is None:
                return replace(report, outcome=CommitOutcome.GONE)
            gone = _active_uuids(inputs) - {alert.uuid for alert in stored.state.active.values()}
            processed = without_untracked(processed, gone)
            processed = await self._with_fitting_type_state(rule, inputs, processed, stored)
            claim = replace(inputs.claim, state=stored.state, state_version=stored.version)
            inputs = replace(inputs, claim=claim)
        return report

    async def _with_fitting_type_state(
        self, rule: CompiledRule, inputs: RunInputs, processed: Processed, stored: VersionedState
    ) -> Processed:
        """The same, but with the rule type state as stored if a user cleared it, or changed the params, meanwhile."""
        evaluation = processed.evaluated.evaluation
        if evaluation is None:
            return processed
        was_cleared = stored.state.type_state != inputs.claim.state.type_state
        if not was_cleared and await self._keeps_type_state(rule, inputs):
            return processed
        fitting = replace(evaluation, state=stored.state.type_state)
        return replace(processed, evaluated=replace(processed.evaluated, evaluation=fitting))

    async def _keeps_type_state(self, rule: CompiledRule, inputs: RunInputs) -> bool:
        current = (await self._store.load_rules([inputs.claim.key])).get(inputs.claim.key)
        if current is None or current.rule.params == rule.rule.params:
            return True
        return rule.subject.rule_type.keeps_state(rule.rule.params, current.rule.params)

    async def _commit(self, inputs: RunInputs, record: RunRecord, transition: Transition | None = None) -> RunReport:
        return RunReport(inputs.claim, record, await self._committer.commit(record), transition)


def _active_uuids(inputs: RunInputs) -> set[str]:
    return {alert.uuid for alert in inputs.claim.state.active.values()}


def _logged(report: RunReport, rule: CompiledRule | Unrunnable) -> RunReport:
    missed = 0 if rule.interval is None else _missed(report.record, rule.interval)
    log_run(report.record, report.outcome, missed)
    return replace(report, missed=missed) if missed else report


def _missed(record: RunRecord, interval: timedelta) -> int:
    claim = record.claim
    return missed_slots(claim.schedule, interval=interval, planned=claim.planned, ended_at=record.trace.ended_at)
