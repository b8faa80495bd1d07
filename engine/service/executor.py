"""The executor: a batch of claimed rules from compiled rule to commit.

Every use of the engine - one shot, library, daemon - runs rules through this and nothing else. A failing or slow rule
delays no other in the batch: each run is a task of its own and is committed when it is finished.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.model.settings import EngineSettings, SpaceSettings
from engine.ports.clock import Clock, Ids
from engine.ports.registry import Registry
from engine.ports.rule_type import EvaluationContext, Reports
from engine.ports.search import SearchPort
from engine.ports.store import Claim, CommitOutcome, RunRecord, Store
from engine.run.alert_limit import effective_limit
from engine.run.transition import Transition
from engine.service.compiler import CompiledRule, RuleCompiler, Unrunnable
from engine.service.connectors import ConnectorDirectory
from engine.service.evaluation import Evaluated, Failed, MeteredSearch, evaluate
from engine.service.group_commit import GroupCommit
from engine.service.recording import Recorded, Recorder, RunInputs

_log = logging.getLogger("tocsin.rules")

_MOST_STATE_RELOADS = 3


@dataclass(frozen=True, slots=True)
class RunReport:
    """What one claimed run came to. ``record`` is what was committed; ``transition`` None for failed runs."""

    claim: Claim
    record: RunRecord
    outcome: CommitOutcome
    transition: Transition | None = None


@dataclass(slots=True)
class _Run:
    """A run under way."""

    claim: Claim
    compiled: CompiledRule
    inputs: RunInputs
    finished: "asyncio.Future[RunReport]"
    search: MeteredSearch
    timed_out_at: datetime | None = None


class Executor:
    """Runs batches of claimed rules. ``is_dry``: notifications are recorded but never sent (DECISIONS 6)."""

    def __init__(
        self,
        *,
        store: Store,
        search: SearchPort,
        registry: Registry,
        connectors: ConnectorDirectory,
        clock: Clock,
        new_id: Ids,
        settings: EngineSettings,
        is_dry: bool = False,
    ) -> None:
        self._store, self._search, self._clock, self._new_id = store, search, clock, new_id
        self._settings, self._connectors, self._registry = settings, connectors, registry
        self._compiler = RuleCompiler(store, registry, settings)
        self._committer = GroupCommit(store)
        self._recorder = Recorder(settings, registry, connectors, new_id, is_dry=is_dry)
        self._running: set[asyncio.Task[None]] = set()
        self._late: set[asyncio.Task[None]] = set()

    async def run(self, claims: Sequence[Claim]) -> list[RunReport]:
        """Run every claimed rule once and commit it; reports in the order of the claims."""
        return list(await asyncio.gather(*await self.start(claims)))

    async def start(self, claims: Sequence[Claim]) -> "list[asyncio.Future[RunReport]]":
        """Start the runs; each future is done when its run is committed, and cancelling it gives the run up."""
        if not claims:
            return []
        compiled = await self._compiler.compile(claims)
        spaces = {space: await self._store.space_settings(space) for space in {claim.key.space for claim in claims}}
        queue_room = self._settings.max_queued_actions - await self._store.pending_notifications()
        return [
            self._start(claim, rule, spaces[claim.key.space], queue_room)
            for claim, rule in zip(claims, compiled, strict=True)
        ]

    async def drain(self, longest_s: float = 5.0) -> None:
        """Wait for evaluations that outlived their time limit and are still to be published, but not for ever."""
        if self._late:
            await asyncio.wait(set(self._late), timeout=longest_s)

    def _start(
        self, claim: Claim, rule: CompiledRule | Unrunnable, space: SpaceSettings, queue_room: int
    ) -> "asyncio.Future[RunReport]":
        inputs = RunInputs(
            claim=claim,
            started_at=self._clock.now(),
            execution_uuid=self._new_id(),
            space=space,
            queue_room=queue_room,
            max_alerts=effective_limit(self._settings.max_alerts),
        )
        if isinstance(rule, Unrunnable):
            record = self._recorder.refused(rule, inputs, ended_at=inputs.started_at)
            return asyncio.ensure_future(self._commit(claim, record))
        finished: asyncio.Future[RunReport] = asyncio.get_running_loop().create_future()
        run = _Run(claim, rule, inputs, finished, MeteredSearch(self._search, self._clock, rule.timeout))
        task = asyncio.create_task(self._run(run))
        self._running.add(task)
        timer = self._clock.call_later(rule.timeout.total_seconds(), lambda: self._time_out(run, task))

        def end(_: object) -> None:
            self._running.discard(task)
            timer.cancel()

        task.add_done_callback(end)
        # Whoever gives up the batch gives up its evaluations.
        finished.add_done_callback(lambda future: future.cancelled() and task.cancel())
        return finished

    async def _run(self, run: _Run) -> None:
        """Evaluate, then commit what came of it - unless the time limit has passed meanwhile."""
        try:
            result = await evaluate(
                run.compiled.evaluator,
                self._context_of(run),
                max_alerts=run.inputs.max_alerts,
                search=run.search,
            )
            if run.timed_out_at is not None:
                await self._publish_late(run, result)
                return
            run.finished.set_result(await self._conclude(run, result))
        except asyncio.CancelledError:
            if run.timed_out_at is None:
                run.finished.cancel()
                raise
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the run
            _log.exception("run failed after evaluation", extra={"rule_id": run.claim.key.id})
            if not run.finished.done():
                run.finished.set_exception(error)

    def _context_of(self, run: _Run) -> Callable[[Reports, SearchPort], EvaluationContext]:
        rule, inputs = run.compiled.rule, run.inputs
        state = run.claim.state

        def build(reports: Reports, search: SearchPort) -> EvaluationContext:
            return EvaluationContext(
                rule_id=rule.id,
                rule_name=rule.name,
                space=rule.space,
                at=inputs.started_at,
                previous_started_at=state.previous_started_at,
                state=state.type_state,
                query_delay=inputs.query_delay,
                reports=reports,
                search=search,
                rule_url=run.compiled.url,
                no_recovery_on_partial_results=rule.rule_type_id in self._settings.no_recovery_on_partial_results,
            )

        return build

    async def _conclude(self, run: _Run, result: Evaluated | Failed) -> RunReport:
        if isinstance(result, Failed):
            return await self._commit(run.claim, self._recorder.failed(run.compiled, run.inputs, result, self._now()))
        try:
            recorded = self._recorder.evaluated(run.compiled, run.inputs, result, self._now())
        except Exception as error:  # noqa: BLE001 - the engine's own failure, and of this run alone
            _log.exception("processing the alerts of a run failed", extra={"rule_id": run.claim.key.id})
            failed = Failed("unknown", str(error), result.figures)
            return await self._commit(run.claim, self._recorder.failed(run.compiled, run.inputs, failed, self._now()))
        return await self._commit_evaluated(run, result, recorded)

    async def _commit_evaluated(self, run: _Run, result: Evaluated, recorded: Recorded) -> RunReport:
        """Commit; alerts that a user untracked meanwhile are left out (rule-run.md 13)."""
        claim = run.claim
        for _ in range(_MOST_STATE_RELOADS):
            outcome = await self._committer.commit(recorded.record)
            if outcome is CommitOutcome.REFUSED:
                failed = Failed("unknown", "the result of the run could not be stored", result.figures)
                return await self._commit(claim, self._recorder.failed(run.compiled, run.inputs, failed, self._now()))
            if outcome is not CommitOutcome.STATE_CHANGED:
                return RunReport(claim, recorded.record, outcome, recorded.transition)
            stored = await self._store.load_state(claim.key)
            if stored is None:
                return RunReport(claim, recorded.record, CommitOutcome.GONE, recorded.transition)
            recorded = self._recorder.without_untracked(recorded, stored)
        return RunReport(claim, recorded.record, CommitOutcome.STATE_CHANGED, recorded.transition)

    async def _commit(self, claim: Claim, record: RunRecord) -> RunReport:
        return RunReport(claim, record, await self._committer.commit(record))

    def _time_out(self, run: _Run, task: "asyncio.Task[None]") -> None:
        """The time limit has passed: the run ends now, whatever its evaluation does about being cancelled."""
        if run.finished.done() or task.done():
            return
        run.timed_out_at = self._clock.now()
        record = self._recorder.timed_out(run.compiled, run.inputs, run.search.figures, run.timed_out_at)

        async def finish() -> None:
            try:
                run.finished.set_result(await self._commit(run.claim, record))
            except Exception as error:  # noqa: BLE001 - handed to whoever waits for the run
                run.finished.set_exception(error)

        ending = asyncio.create_task(finish())
        for unfinished in (ending, task) if self._publishes_late(run) else (ending,):
            self._late.add(unfinished)
            unfinished.add_done_callback(self._late.discard)
        task.cancel()

    def _publishes_late(self, run: _Run) -> bool:
        """Both switches must be on for a time-out to suppress what the run found (rule-run.md 8)."""
        rule_type = run.compiled.subject.rule_type
        return not (self._settings.cancel_alerts_on_rule_timeout and rule_type.cancel_alerts_on_timeout)

    async def _publish_late(self, run: _Run, result: Evaluated | Failed) -> None:
        """What arrives after the time-out: discarded, or published without any state."""
        if isinstance(result, Failed) or not self._publishes_late(run):
            return
        recorded = self._recorder.evaluated(run.compiled, run.inputs, result, self._now(), is_late=True)
        await run.finished
        await self._committer.commit(recorded.record)

    def _now(self) -> datetime:
        return self._clock.now()


