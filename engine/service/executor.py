"""The executor: a batch of claimed rules from compiled rule to commit.

Every use of the engine - one shot, library, daemon - runs rules through this and nothing else. A failing or slow rule
delays no other in the batch: each run is a task of its own and is committed when it is finished.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.model.errors import StoreUnavailable
from engine.model.jsonvalue import JsonObject
from engine.model.settings import EngineSettings
from engine.notify.summary import summaries_look_back_to
from engine.ports.clock import Clock, Ids, Timer
from engine.ports.connectors import ConnectorDirectory
from engine.ports.registry import Registry
from engine.ports.rule_type import EvaluationContext, Reports
from engine.ports.search import SearchFigures, SearchPort
from engine.ports.store import Claim, RuleKey, Store
from engine.run.alert_limit import effective_limit
from engine.service.clocks import SystemClock
from engine.service.compiler import CompiledRule, RuleCompiler, Unrunnable
from engine.service.conclusion import Conclusion
from engine.service.data_views import DataViewDirectory
from engine.service.evaluation import Evaluated, Failed, MeteredSearch, evaluate
from engine.service.lease_renewal import LeaseRenewal
from engine.service.observers import Observers
from engine.service.owners import UNBOUND, OwnerRights
from engine.service.processing import AlertProcessor
from engine.service.runs import RunInputs, RunReport
from engine.service.search_reports import names_of
from engine.service.snoozes import remove_expired
from engine.service.windows import WindowDirectory

_log = logging.getLogger("tocsin.rules")

RunFuture = asyncio.Future[RunReport]
"""A run under way: done when it is committed. Only `Executor.give_up` ends it before."""


@dataclass(eq=False, slots=True)
class _Run:
    inputs: RunInputs
    finished: RunFuture
    search: MeteredSearch | None = None
    task: "asyncio.Task[None] | None" = None
    limits: Sequence[Timer] = ()
    has_timed_out: bool = False


class Executor:
    """Runs batches of claimed rules. ``is_dry``: notifications are recorded but never sent (DECISIONS 6).

    ``owners`` judges rules by the rights of their owners; None: security is off. ``observers`` are told of each run.
    """

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
        owners: OwnerRights | None = None,
        observers: Observers | None = None,
    ) -> None:
        self._store, self._search, self._clock, self._new_id, self._settings = store, search, clock, new_id, settings
        self._max_alerts = effective_limit(settings.max_alerts)
        self._windows = WindowDirectory(store)
        self._data_views = DataViewDirectory(store)
        self._compiler = RuleCompiler(store, registry, settings)
        self._connectors, self._owners = connectors, owners
        self._observers, self._name_backend = observers or Observers(), names_of(search)
        processor = AlertProcessor(settings, registry, new_id, is_dry=is_dry)
        self._conclusion = Conclusion(store, processor, clock)
        self._underway: dict[RunFuture, _Run] = {}
        self._stranded: list[Claim] = []
        self._leases = LeaseRenewal(store, clock, settings.lease_s, self._claims_underway)
        self._abandoned: set[asyncio.Task[None]] = set()
        self._late: set[asyncio.Task[None]] = set()

    async def run(self, claims: Sequence[Claim]) -> list[RunReport]:
        """Run every claimed rule once and commit it; reports in the order of the claims.

        Raises StoreUnavailable if some run could not be committed, but not before all have ended.
        """
        runs = await self.start(claims)
        try:
            if runs:
                await asyncio.wait(runs)
        except asyncio.CancelledError:
            await self.give_up(runs)
            raise
        return results_of(runs)

    def lease_end(self, at: datetime) -> datetime:
        """Until when a lease holds that is taken now, for a tick that began at ``at``."""
        return max(at, self._clock.now()) + timedelta(seconds=self._settings.lease_s)

    async def start(self, claims: Sequence[Claim]) -> list[RunFuture]:
        """Start the runs, one for each claim. Raises StoreUnavailable; the rules are handed back then."""
        if not claims:
            return []
        try:
            rules = await self._compiler.compile(claims)
            await self._remove_expired_snoozes(claims, rules)
            spaces = {space: await self._store.space_settings(space) for space in {claim.key.space for claim in claims}}
            windows = {space: await self._windows.load(space, self._clock.now()) for space in spaces}
            connectors = {space: await self._connectors.in_space(space) for space in spaces}
            queue_room = self._settings.max_queued_actions - await self._store.pending_notifications()
            # The instant of these runs, so that what their summaries look back at is what was asked for.
            started_at = self._clock.now()
            closed = await self._closed_documents(claims, rules, started_at)
            standings = [UNBOUND] * len(claims)
            if self._owners is not None:
                rules, standings = await self._owners.judge(rules, started_at)
        except BaseException:
            await self._hand_back(claims)
            raise
        self._leases.watch()
        return [
            self._start(
                rule,
                RunInputs(
                    claim=claim,
                    started_at=started_at,
                    execution_uuid=self._new_id(),
                    space=spaces[claim.key.space],
                    queue_room=queue_room,
                    max_alerts=self._max_alerts,
                    closed_documents=closed.get(claim.key, ()),
                    windows=windows[claim.key.space],
                    connectors=connectors[claim.key.space],
                    may_use_connectors=standing.may_use_connectors,
                ),
            )
            for claim, rule, standing in zip(claims, rules, standings, strict=True)
        ]

    async def give_up(self, runs: Iterable[RunFuture]) -> None:
        """End runs without any result and hand their rules back unrun; what was committed before stays so."""
        given_up = [self._underway[finished] for finished in runs if finished in self._underway]
        for run in given_up:
            run.finished.cancel()
            self._abandon(run)
        await self._hand_back([run.inputs.claim for run in given_up])

    async def drain(self, longest_s: float = 5.0) -> None:
        """Wait for evaluations that outlived their time limit and are still to be published, but not for ever."""
        if self._late:
            await asyncio.wait(set(self._late), timeout=longest_s)

    async def free_stranded(self) -> None:
        """Hand back what a failing store neither took the run of nor took back: else the rules wait for their leases.

        Raises StoreUnavailable while the store still fails.
        """
        if self._stranded:
            stranded, self._stranded = self._stranded, []
            try:
                await self._store.release(stranded)
            except BaseException:
                self._stranded += stranded
                raise

    async def _hand_back(self, claims: Sequence[Claim]) -> None:
        try:
            await self._store.release(claims)
        except StoreUnavailable as error:
            self._stranded += claims
            _log.warning("%d rules could not be handed back yet: %s", len(claims), error)

    async def _remove_expired_snoozes(
        self, claims: Sequence[Claim], rules: Sequence[CompiledRule | Unrunnable]
    ) -> None:
        pairs = zip(rules, claims, strict=True)
        snoozing = [
            (rule.snoozes, claim.version, claim.state.active) for rule, claim in pairs if isinstance(rule, CompiledRule)
        ]
        await remove_expired(self._store, snoozing, self._clock.now())

    async def _closed_documents(
        self, claims: Sequence[Claim], rules: Sequence[CompiledRule | Unrunnable], at: datetime
    ) -> Mapping[RuleKey, Sequence[JsonObject]]:
        """The documents that summaries of the rules look back at: one question a batch, none where nobody asks."""
        since: dict[RuleKey, datetime] = {}
        for rule, claim in zip(rules, claims, strict=True):
            if isinstance(rule, CompiledRule):
                begin = summaries_look_back_to(rule.actions, claim.state.summary_actions, at)
                if begin is not None:
                    since[claim.key] = begin
        return await self._store.ended_documents(since) if since else {}

    def _claims_underway(self) -> list[Claim]:
        return [run.inputs.claim for run in self._underway.values()]

    def _start(self, rule: CompiledRule | Unrunnable, inputs: RunInputs) -> RunFuture:
        run = _Run(inputs, asyncio.get_running_loop().create_future())
        if isinstance(rule, Unrunnable):
            run.task = asyncio.create_task(_settle(run.finished, self._conclusion.refuse(rule, inputs)))
        else:
            run.task = asyncio.create_task(self._run(run, rule))
            run.limits = self._limit(rule.timeout, lambda: self._time_out(run, rule))
        self._underway[run.finished] = run
        run.finished.add_done_callback(self._end)
        return run.finished

    def _end(self, finished: RunFuture) -> None:
        run = self._underway.pop(finished)
        _lift(run.limits)
        if finished.cancelled():
            return
        error = finished.exception()
        if error is None:
            self._observers.run_ended(finished.result())
        elif isinstance(error, StoreUnavailable):
            self._stranded.append(run.inputs.claim)

    def _limit(self, timeout: timedelta, call: Callable[[], None]) -> Sequence[Timer]:
        """Make the call when the time has passed, on the clock or, where that is told the time, in truth."""
        limit = self._clock.call_later(timeout.total_seconds(), call)
        if isinstance(self._clock, SystemClock):
            return (limit,)
        # A clock that stands still while a search hangs would let it hang for ever.
        return limit, asyncio.get_running_loop().call_later(timeout.total_seconds(), call)

    def _abandon(self, run: _Run) -> None:
        """Let go of an evaluation, whatever it does about being cancelled."""
        if run.task is not None and not run.task.done():
            self._abandoned.add(run.task)
            run.task.add_done_callback(self._abandoned.discard)
            run.task.cancel()

    async def _run(self, run: _Run, rule: CompiledRule) -> None:
        """Evaluate, then commit what came of it - unless the time limit has passed, or the run was given up."""
        search = run.search = MeteredSearch(
            self._search, self._clock, rule.timeout, self._observers.searched, self._name_backend
        )
        try:
            result = await evaluate(rule.evaluator, self._context(rule, run.inputs, search), search.figures)
        except asyncio.CancelledError:
            if not run.has_timed_out:
                run.finished.cancel()
            raise
        if run.has_timed_out:
            await self._publish_late(run, rule, result)
        elif not run.finished.done():
            _lift(run.limits)
            await _settle(run.finished, self._conclusion.conclude(rule, run.inputs, result))

    def _context(self, rule: CompiledRule, inputs: RunInputs, search: MeteredSearch) -> EvaluationContext:
        definition, state = rule.rule, inputs.claim.state
        return EvaluationContext(
            rule_id=definition.id,
            rule_name=definition.name,
            space=definition.space,
            at=inputs.started_at,
            previous_started_at=state.previous_started_at,
            state=state.type_state,
            query_delay=inputs.query_delay,
            reports=Reports(inputs.max_alerts),
            search=search,
            rule_url=rule.url,
            no_recovery_on_partial_results=definition.rule_type_id in self._settings.no_recovery_on_partial_results,
            data_views=self._data_views,
            query=self._settings.query,
        )

    def _time_out(self, run: _Run, rule: CompiledRule) -> None:
        """The time limit has passed: the run ends now, even if its evaluation goes on."""
        if run.finished.done() or run.has_timed_out:
            return
        run.has_timed_out = True
        searches = run.search.figures if run.search else SearchFigures()
        ending = asyncio.create_task(
            _settle(run.finished, self._conclusion.time_out(rule, run.inputs, searches, self._clock.now()))
        )
        self._keep_for_drain(ending)
        if run.task is not None and self._publishes_late(rule):
            self._keep_for_drain(run.task)
        self._abandon(run)

    def _keep_for_drain(self, task: "asyncio.Task[None]") -> None:
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    def _publishes_late(self, rule: CompiledRule) -> bool:
        """Both switches must be on for a time-out to suppress what the run found (rule-run.md 8)."""
        return not (self._settings.cancel_alerts_on_rule_timeout and rule.subject.rule_type.cancel_alerts_on_timeout)

    async def _publish_late(self, run: _Run, rule: CompiledRule, result: Evaluated | Failed) -> None:
        """What arrives after the time-out: discarded, or published once the time-out itself is stored."""
        if not self._publishes_late(rule):
            return
        try:
            await run.finished
            await self._conclusion.publish_late(rule, run.inputs, result)
        except StoreUnavailable as error:
            _log.warning("late alerts of rule [%s] could not be stored: %s", rule.rule.id, error)


def _lift(limits: Iterable[Timer]) -> None:
    for limit in limits:
        limit.cancel()


def results_of(runs: Iterable[RunFuture]) -> list[RunReport]:
    """The reports of ended runs. Raises the error of the first that has none, those of the others are dropped."""
    errors = [error for error in (run.exception() for run in runs) if error is not None]
    if errors:
        raise errors[0]
    return [run.result() for run in runs]


async def _settle(finished: RunFuture, ending: Coroutine[object, object, RunReport]) -> None:
    """Hand the run's report, or what kept it from being committed, to whoever waits for it."""
    try:
        report = await ending
        if not finished.done():
            finished.set_result(report)
    except Exception as error:  # noqa: BLE001 - handed on
        if not finished.done():
            finished.set_exception(error)
    finally:
        finished.cancel()
