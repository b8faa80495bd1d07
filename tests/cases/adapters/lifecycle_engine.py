"""An engine for the alert_lifecycle cases: a rule of one type in a store of its own, and the steps themselves."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from engine.model.instant import iso, parse_iso
from engine.model.jsonvalue import JsonObject
from engine.model.outcome import MonitoringEntry
from engine.model.settings import EngineSettings, FlappingSettings, SpaceSettings
from engine.operations.monitoring import monitoring_to_json
from engine.operations.presentation import rule_to_json
from engine.ports.rule_type import RECOVERED
from engine.ports.store import CommitOutcome, RuleChange, RuleKey, StoredRule
from engine.service.clocks import ManualClock
from engine.service.runs import RunReport
from engine.store.connections import sqlite_url
from engine.timing.durations import parse_duration
from tests.cases.adapters.lifecycle_result import StepResult
from tests.cases.adapters.lifecycle_rule_type import CaseType
from tests.cases.matching import require_known
from tocsin.library import AsyncEngine

Step = dict[str, Any]

_START = "2024-01-01T00:00:00.000Z"
_RUN_STEP = {
    *("op", "at", "scheduled_at", "reported", "fails", "snoozed", "limit_reached", "declares_limit", "asks_limit"),
    *("warns", "lasts_ms"),
}
_MUTES = ("mute_all", "muted_alert_ids")


class CaseEngine:
    """The rule of a case in an engine of its own, and the operations that steps name."""

    def __init__(self, given: Step) -> None:
        rule = dict(given.get("rule", {}))
        definition = {**given.get("rule_type", {})}
        if "auto_recover" in given:
            definition["auto_recover"] = given["auto_recover"]
        if "auto_recover" in rule:
            definition["auto_recover"] = rule.pop("auto_recover")
        definition |= {name: given[name] for name in ("timeout", "window") if given.get(name)}
        self._mutes = {name: rule.pop(name) for name in _MUTES if name in rule}
        self.given, self._rule_given = given, rule
        definition.setdefault("action_groups", _groups_of_actions(rule, definition.get("recovery_group", {})))
        config = given.get("config", {})
        # The same switch twice: the engine's, and whatever stands there with "type" in its name for the rule type's.
        of_engine = [flag for name, flag in config.items() if "type" not in name]
        of_type = [flag for name, flag in config.items() if "type" in name]
        assert max(len(of_engine), len(of_type)) < 2, f"config: unknown shape, {sorted(config)}"
        if of_type:
            [definition["cancel_alerts_on_rule_timeout"]] = of_type
        self.rule_type = CaseType(definition)
        self.space = rule.pop("space", "default")
        self.rule_id = rule.pop("id", "rule-1")
        self._clock = ManualClock(_first_instant(given))
        self.rule_type.clock = self._clock
        settings = EngineSettings(
            cancel_alerts_on_rule_timeout=of_engine[0] if of_engine else True,
            **({"max_alerts": given["max_alerts"]} if given.get("max_alerts") is not None else {}),
        )
        self._folder = TemporaryDirectory()
        self._engine = AsyncEngine(
            clock=self._clock,
            # A file only where the case breaks it from outside: memory is much faster.
            store=sqlite_url(Path(self._folder.name) / "store.db") if "failure" in given else "sqlite://",
            settings=settings,
            rule_types=(self.rule_type,),
            send=False,
            space=self.space,
        )
        self.store = self._engine.parts.store
        self.stored_states: list[dict[str, JsonObject]] = []
        """Per run: alert id -> its state as a template would see it, the framework's keys included."""
        self._is_first_run = True

    @staticmethod
    def rule_type_with(timeout: str | None) -> CaseType:
        return CaseType({"timeout": timeout})

    async def __aenter__(self) -> Self:
        await self._engine.__aenter__()
        for connector in {
            "connector",
            *(action.get("id", "connector") for action in self._rule_given.get("actions", ())),
        }:
            self._engine.add_connector(connector, ".server-log")
        revision = self._rule_given.pop("revision", 0)
        stored = await self.create_rule(self._rule_given, rule_id=self.rule_id)
        flapping = self.given.get("flapping_settings")
        if flapping is not None:
            # After the rule: one with settings of its own could not be created while the space's are off.
            await self._set_flapping(flapping)
        if self._mutes:
            await self._change_rule(**self._mutes)
            stored = await self.stored()
        if revision:
            await self.store.change_rule(RuleChange(replace(stored.rule, revision=revision), stored.version))
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._engine.close()
        self._folder.cleanup()

    def now(self) -> datetime:
        return self._clock.now()

    async def create_rule(self, body: Step, *, rule_id: str, in_bulk: bool = False) -> StoredRule:
        whole = {
            "name": "My rule",
            "rule_type_id": "case-type",
            "consumer": "alerts",
            "params": {},
            # Steps come a minute apart whatever the interval; a short one lets actions throttle as shortly.
            "schedule": {"interval": self.given.get("interval") or "1s"},
            **body,
        }
        whole["actions"] = [{"id": "connector", "params": {}, **action} for action in body.get("actions", ())]
        return await self._engine.parts.rules.create(
            whole, space=self.space, rule_id=rule_id, at=self.now(), actor=None, in_bulk=in_bulk
        )

    # steps

    async def perform(self, step: Step) -> StepResult:
        """Perform a step; after other operations than runs the result has no run, only what is stored."""
        rules = self._engine.parts.rules
        target = self._by_nobody()
        match step.get("op", "run"):
            case "run":
                return await self._run(step)
            case "set_flapping":
                await self._set_flapping(step["settings"])
            case "set_alert_delay":
                await self._update({"alert_delay": {"active": step["active"]}})
            case "mute_alert":
                await rules.mute_alert(self.rule_id, step["alert"], validate_existence=False, **target)
            case "unmute_alert":
                await rules.unmute_alert(self.rule_id, step["alert"], **target)
            case "disable":
                self._move(step)
                await rules.disable(self.rule_id, untrack=step.get("untrack", False), **{**target, "at": self.now()})
            case "enable":
                self._move(step)
                await rules.enable(self.rule_id, **{**target, "at": self.now()})
            case "update_rule":
                changes = {key: value for key, value in step.items() if key not in ("op", "at")}
                await self._update(changes.get("changes") or changes.get("rule") or changes)
            case other:
                raise AssertionError(f"unknown shape: op {other!r}")
        return await self._with_documents(replace(await self.status(), is_run=False))

    def _move(self, step: Step) -> None:
        if "at" in step:
            self._clock.set(parse_iso(step["at"]))

    async def _run(self, step: Step) -> StepResult:
        require_known(step, _RUN_STEP, "step")
        if "at" in step:
            self._move(step)
        elif not self._is_first_run:
            self._clock.advance(timedelta(minutes=1))
        self._is_first_run = False
        if step.get("snoozed"):
            await self._engine.parts.rules.snooze(self.rule_id, _snooze_from(self.now()), **self._by_nobody())
        self.rule_type.step = step
        result = await self._execute(step.get("scheduled_at") or self.given.get("scheduled_at"))
        if step.get("snoozed"):
            await self._engine.parts.rules.unsnooze(self.rule_id, **self._by_nobody())
        await self._keep_state()
        return result

    async def _execute(self, scheduled_at: str | None) -> StepResult:
        return await self._result_of(await self._run_once(parse_iso(scheduled_at) if scheduled_at else self.now()))

    async def _run_once(self, planned: datetime) -> RunReport:
        claim = await self.store.claim_rule(self.key, planned, "case", self.now() + timedelta(hours=1))
        assert claim is not None, "the rule is held by another run"
        [report] = await self._engine.parts.executor.run([claim])
        assert report.outcome is CommitOutcome.COMMITTED, f"the run was not committed: {report.outcome}"
        return report

    async def _result_of(self, report: RunReport) -> StepResult:
        result = await self.status()
        result.report = report
        return await self._with_documents(result)

    async def _with_documents(self, result: StepResult) -> StepResult:
        for document in await self.documents():
            result.alerts[document["kibana.alert.instance.id"]] = document
        return result

    async def _set_flapping(self, settings: Step) -> None:
        await self.store.put_space_settings(self.space, SpaceSettings(flapping=FlappingSettings(**settings)), None)

    async def _update(self, changes: Step) -> None:
        shown = rule_to_json(await self.stored(), at=self.now())
        members = ("name", "tags", "schedule", "params", "actions", "notify_when", "throttle", "alert_delay")
        body = {name: shown[name] for name in members if shown.get(name) is not None}
        body["actions"] = [
            {name: value for name, value in action.items() if name != "connector_type_id"}
            for action in body.get("actions", ())
        ]
        if "actions" in changes:
            actions = [{"id": "connector", "params": {}, **action} for action in changes["actions"]]
            changes = {**changes, "actions": actions}
        await self._engine.parts.rules.update(
            self.rule_id, {**body, **changes}, space=self.space, at=self.now(), actor=None
        )

    # failures

    async def fail(self, given: Step) -> StepResult:
        """Bring about the failure that the case names, a minute after a run that left what was active before."""
        before = given.get("tracked_active_before", ())
        if before:
            await self._run({"reported": list(before)})
            self.rule_type.previous_started_at_seen.clear()
            self._clock.advance(timedelta(minutes=1))
        match given["failure"]:
            case "rule record or its secrets cannot be read":
                # Of a new version, so that nothing known of it from before is of use.
                self._break_store("UPDATE rules SET params = '[broken', version = version + 1")
                report = await self._run_once(self.now())
                self._break_store("UPDATE rules SET params = '{}'")  # nobody could read its status otherwise
                return await self._result_of(report)
            case "rule type raises an exception during evaluation":
                self.rule_type.step = {"fails": "evaluation failed"}
            case "rule type raises an exception without text":
                self.rule_type.step = {"fails": object()}
            case "rule type unknown or not enabled":
                await self._change_rule(rule_type_id="not-registered")
            case "rule was disabled after the run had been queued":
                await self._change_rule(enabled=False)
            case "stored params do not satisfy the rule type":
                self.rule_type.validate = self._refuse_params  # type: ignore[method-assign]
                await self._change_rule()
            case "storing alerts fails after evaluation":
                self.rule_type.step = {"reported": ["a"]}
                self._break_store("CREATE TRIGGER full BEFORE INSERT ON alerts BEGIN SELECT RAISE(ABORT, 'full'); END")
            case "run exceeds its timeout":
                return await self._time_out(given, {"hangs": True})
            case text_ if text_.startswith("run exceeds its timeout, evaluation then finishes"):
                return await self._time_out_late(given)
            case other:
                raise AssertionError(f"unknown shape: failure {other!r}")
        return await self._execute(None)

    @staticmethod
    def _refuse_params(params: JsonObject) -> JsonObject:
        from engine.model.errors import InvalidInput, Problem

        raise InvalidInput([Problem("threshold", "is missing", "give a threshold")])

    def _by_nobody(self) -> Step:
        return {"space": self.space, "at": self.now(), "actor": None}

    async def _change_rule(self, **changes: Any) -> None:
        stored = await self.stored()
        await self.store.change_rule(RuleChange(replace(stored.rule, **changes), stored.version))

    def _break_store(self, sql: str) -> None:
        """Do something to the database that the engine does not know of."""
        with closing(sqlite3.connect(Path(self._folder.name) / "store.db")) as connection, connection:
            connection.execute(sql)

    async def _time_out(self, given: Step, step: Step) -> StepResult:
        started = self.now()
        timeout = parse_duration(given.get("timeout") or "5m")
        cancelled_at = parse_iso(given["cancelled_at"]) if "cancelled_at" in given else started + timeout
        self.rule_type.step = step
        claim = await self.store.claim_rule(self.key, started, "case", started + timedelta(hours=1))
        assert claim is not None
        [running] = await self._engine.parts.executor.start([claim])
        await self.rule_type.is_evaluating.wait()
        self._clock.set(cancelled_at)
        report = await running
        await self._engine.parts.executor.drain()
        return await self._result_of(report)

    async def _time_out_late(self, given: Step) -> StepResult:
        late = given["reported_late"]
        ids = [f"late-{number}" for number in range(late)] if isinstance(late, int) else list(late)
        return await self._time_out(given, {"hangs": True, "reported": ids})

    # what is stored

    @property
    def key(self) -> RuleKey:
        return RuleKey(self.space, self.rule_id)

    async def stored(self) -> StoredRule:
        return (await self.store.load_rules([self.key]))[self.key]

    async def status(self) -> StepResult:
        """Status and last run of the rule as stored now, without a run."""
        status = (await self.stored()).status
        return StepResult.of_status(status.execution_status, status.last_run)

    async def shown_next_run(self) -> str | None:
        return rule_to_json(await self.stored(), at=self.now()).get("next_run")

    async def documents(self) -> list[JsonObject]:
        return await self.store.documents(self.space, rule_id=self.rule_id, limit=100_000)

    async def events(self) -> list[JsonObject]:
        return await self._engine.events(self.rule_id)

    def previous_started_at_seen(self) -> list[str | None]:
        """What the rule type was told in each evaluation."""
        return [None if at is None else iso(at) for at in self.rule_type.previous_started_at_seen]

    async def tracked_active(self) -> list[str]:
        versioned = await self.store.load_state(self.key)
        assert versioned is not None
        return list(versioned.state.active)

    async def monitoring_history(self) -> list[MonitoringEntry]:
        return await self.store.monitoring(self.key)

    async def monitoring(self) -> JsonObject:
        stored = await self.stored()
        shown: JsonObject = monitoring_to_json(stored.status, await self.monitoring_history())["run"]
        return shown

    async def _keep_state(self) -> None:
        versioned = await self.store.load_state(self.key)
        assert versioned is not None
        states = {}
        for alert in versioned.state.active.values():
            states[alert.id] = {**alert.state, "duration": str(alert.duration_ns)}
            if alert.start is not None:
                states[alert.id]["start"] = iso(alert.start)
        self.stored_states.append(states)


def _groups_of_actions(rule: Step, recovery_group: Step) -> list[Step]:
    """The default group, and every other that an action of the rule names: a type has what is used of it."""
    named = [action["group"] for action in rule.get("actions", ()) if action.get("group")]
    ids = dict.fromkeys(["default", *named])
    return [{"id": group} for group in ids if group not in (recovery_group.get("id"), RECOVERED.id)]


def _first_instant(given: Step) -> str:
    """The clock starts at the first run, so that creating the rule is not later than it."""
    if given.get("started_at"):
        before = timedelta(minutes=1 if given.get("tracked_active_before") else 0)
        return iso(parse_iso(given["started_at"]) - before)
    if given.get("at"):
        return str(given["at"])
    for step in (*given.get("steps", ()), *given.get("runs", ())):
        if isinstance(step, dict) and step.get("at"):
            return given.get("scheduled_at") or str(step["at"])
    return _START


def _snooze_from(at: datetime) -> Step:
    """A snooze of an hour that begins now."""
    return {"duration": 3_600_000, "rRule": {"dtstart": iso(at), "tzid": "UTC", "count": 1}}
