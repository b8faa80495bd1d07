"""Scenarios: a rule over several runs in an engine of its own; and what creating a rule comes to."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Self

from engine.model.connector import Connector
from engine.model.errors import TocsinError
from engine.model.instant import iso, parse_iso
from engine.model.maintenance_window import MaintenanceWindow
from engine.model.settings import EngineSettings, FlappingSettings, SpaceSettings
from engine.ports.connector import DEFAULT_TREATMENT
from engine.ports.store import CommitOutcome, RuleChange, RuleKey
from engine.service.clocks import ManualClock
from engine.service.runs import RunReport
from tests.cases.adapters.lifecycle_rule_type import CaseType
from tests.cases.adapters.scheduling_world import action_of, case_type
from tests.cases.matching import assert_equal, assert_set, require_known
from tocsin.library import AsyncEngine

Case = dict[str, Any]

_GIVEN = {"rule", "runs", "flapping_enabled", "bypass_validation", "config", "order_matters"}
_CONFIG = {"max", "overrides", "maintenance_windows"}
_RUN = {"at", "alerts", "rule_patch"}
_EXPECT = {"sent", "order_matters", "generated", "triggered", "partial", "warning", "outcome"}
_NOT_IN_BODY = ("mute_all", "muted_alert_ids", "snooze_schedule")
_CUTS = ("maxExecutableActions", "maxQueuedActions")


@dataclass
class _CaseConnectorType:
    """A connector type that can do nothing; what is queued for it is never sent."""

    id: str
    minimum_license = "basic"
    supported_features = ("alerting",)
    max_attempts = None
    is_system_action = False
    template_treatment = DEFAULT_TREATMENT

    @property
    def name(self) -> str:
        return self.id

    def validate_config(self, config: Case, settings: object) -> Case:
        return config

    def validate_secrets(self, secrets: Case, settings: object) -> Case:
        return secrets

    def validate_connector(self, config: Case, secrets: Case) -> None:
        pass

    def validate_params(self, params: Case) -> Case:
        return params

    async def execute(self, execution: object) -> None:
        raise AssertionError("nothing is sent here")


class ScenarioEngine:
    """The rule of a scenario in an engine of its own."""

    def __init__(self, given: Case, rule_type: CaseType, *, settings: EngineSettings | None = None) -> None:
        self._given, self.rule_type = given, rule_type
        self._body = {name: value for name, value in given["rule"].items() if name not in _NOT_IN_BODY}
        runs = given.get("runs") or [{"at": "2024-05-06T08:00:00.000Z"}]
        self._clock = ManualClock(runs[0]["at"])
        bodies = [self._body, *(run["rule_patch"] for run in runs if "rule_patch" in run)]
        types = {
            action.get("connector_type_id", ".server-log") for body in bodies for action in body.get("actions", ())
        }
        own = [_CaseConnectorType(type_id) for type_id in sorted(types) if not type_id.startswith(".")]
        self.engine = AsyncEngine(
            clock=self._clock,
            settings=settings or EngineSettings(),
            rule_types=(rule_type,),
            connector_types=own,  # type: ignore[arg-type]
            send=False,
        )
        self._parts, self._key = self.engine.parts, RuleKey("default", "r1")

    async def __aenter__(self) -> Self:
        await self.engine.__aenter__()
        for connector in self._given.get("connectors", ()):
            self._add_connector(connector)
        self._add_connectors_of(self._body)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.engine.close()

    def _add_connectors_of(self, body: Case) -> None:
        """The connectors that actions name are there unless the case describes them."""
        for action in body.get("actions", ()):
            if self._parts.connectors.get("default", action["id"]) is None:
                self._add_connector({name: action[name] for name in ("id", "connector_type_id") if name in action})

    def _add_connector(self, described: Case) -> None:
        require_known(described, {"id", "connector_type_id", "is_missing_secrets"}, "connector")
        connector_id, type_id = described["id"], described.get("connector_type_id", ".server-log")
        is_missing = described.get("is_missing_secrets", False)
        self._parts.connectors.add(Connector(connector_id, connector_id, type_id, is_missing_secrets=is_missing))

    async def create(self) -> None:
        """Create the rule of the case, through the checks of the API unless they are bypassed."""
        if self._given.get("bypass_validation"):
            beside = ("actions", "notify_when", "throttle")
            plain = {name: value for name, value in self._body.items() if name not in beside}
            await self.engine.add_rule(self._whole_body(plain), "r1")
            await self.patch({name: self._body[name] for name in beside if name in self._body})
        else:
            await self.engine.add_rule(self._whole_body(self._body), "r1")
        await self.patch({name: value for name, value in self._given["rule"].items() if name in _NOT_IN_BODY})

    async def set_flapping(self, *, enabled: bool) -> None:
        settings = SpaceSettings(flapping=FlappingSettings(enabled=enabled))
        await self._parts.store.put_space_settings("default", settings, None)

    async def add_window(self, window: Case) -> None:
        """A maintenance window without scope, of one event."""
        require_known(window, {"id", "gte", "lte", "title"}, "maintenance window")
        begin, end = parse_iso(window["gte"]), parse_iso(window["lte"])
        stored = MaintenanceWindow(
            id=window["id"],
            title=window.get("title", window["id"]),
            duration_ms=(end - begin) // timedelta(milliseconds=1),
            rrule={"dtstart": iso(begin), "tzid": "UTC", "freq": 3, "interval": 1, "count": 1},
            expiration_date=end + timedelta(days=365),
            created_at=begin,
            updated_at=begin,
        )
        assert await self._parts.store.insert_window(stored, None)

    async def patch(self, members: Case) -> None:
        """Change the rule: by the update operation, or what that cannot change, as other operations store it."""
        self._add_connectors_of(members)
        edited = {name: value for name, value in members.items() if name not in _NOT_IN_BODY}
        if edited and not self._given.get("bypass_validation"):
            self._body = {**self._body, **edited}
            whole = self._whole_body(self._body)
            body = {name: value for name, value in whole.items() if name not in ("rule_type_id", "consumer", "enabled")}
            await self.engine.update_rule("r1", body)
            edited = {}
        stored = (await self._parts.store.load_rules([self._key]))[self._key]
        beside = {name: value for name, value in members.items() if name in _NOT_IN_BODY}
        changes = {name: tuple(value) if isinstance(value, list) else value for name, value in beside.items()}
        changes |= _without_validation(edited)
        if changes:
            assert await self._parts.store.change_rule(RuleChange(replace(stored.rule, **changes), stored.version))

    async def run(self, given: Case) -> RunReport:
        require_known(given, _RUN, "run")
        at = parse_iso(given["at"])
        self._clock.set(at)
        if "rule_patch" in given:
            await self.patch(given["rule_patch"])
        self.rule_type.step = {
            "reported": [{"id": alert_id, "group": group} for alert_id, group in given["alerts"].items()]
        }
        claim = await self._parts.store.claim_rule(self._key, at, "case", at + timedelta(hours=1))
        assert claim is not None, "the rule is held by another run"
        [report] = await self._parts.executor.run([claim])
        assert report.outcome is CommitOutcome.COMMITTED, f"the run was not committed: {report.outcome}"
        return report

    async def connector_types(self) -> dict[str, str]:
        """The connector types of the rule's actions, by action uuid."""
        stored = (await self._parts.store.load_rules([self._key]))[self._key]
        return {action.uuid: action.connector_type_id for action in stored.rule.actions}

    def _whole_body(self, body: Case) -> Case:
        members = {"name": "My rule", "rule_type_id": self.rule_type.id, "consumer": "alerts", "params": {}, **body}
        members["actions"] = [
            {name: value for name, value in action.items() if name != "connector_type_id"}
            for action in body.get("actions", ())
        ]
        return {name: value for name, value in members.items() if name != "id"}


def _without_validation(edited: Case) -> Case:
    """Members of a rule's public form as they are stored."""
    require_known(edited, {"actions", "notify_when", "throttle", "alert_delay", "name"}, "rule without validation")
    stored = dict(edited)
    if "actions" in edited:
        stored["actions"] = tuple(map(action_of, edited["actions"]))
    if "alert_delay" in edited:
        stored["alert_delay"] = (edited["alert_delay"] or {}).get("active")
    return stored


async def check_scenario(given: Case, expect: Case) -> None:
    """Area ``scenario``."""
    require_known(given, _GIVEN, "given")
    require_known(expect, {"runs"}, "expect")
    config = given.get("config", {})
    require_known(config, _CONFIG, "config")
    limits = {"max_actions": config["max"]} if "max" in config else {}
    settings = EngineSettings(max_actions_by_connector_type=config.get("overrides", {}), **limits)
    async with ScenarioEngine(given, case_type(), settings=settings) as engine:
        await engine.create()
        await engine.set_flapping(enabled=given.get("flapping_enabled", False))
        for window in config.get("maintenance_windows", ()):
            await engine.add_window(window)
        for number, (run, wanted) in enumerate(zip(given["runs"], expect["runs"], strict=True)):
            report = await engine.run(run)
            is_ordered = given.get("order_matters", False) or wanted.get("order_matters", False)
            types = await engine.connector_types()
            _check_run(report, wanted, types, f"runs[{number}]", is_ordered=is_ordered)


def _check_run(report: RunReport, expect: Case, types: dict[str, str], where: str, *, is_ordered: bool) -> None:
    require_known(expect, _EXPECT, where)
    record = report.record
    if "sent" in expect:
        (assert_equal if is_ordered else assert_set)(_sent(report, expect["sent"]), expect["sent"], f"{where}.sent")
    metrics, last_run = record.trace.metrics, record.status.last_run
    assert last_run is not None
    for name in ("generated", "triggered"):
        if name in expect:
            assert_equal(metrics[f"number_of_{name}_actions"], expect[name], f"{where}.{name}")
    if "partial" in expect:
        _check_partial(report, expect["partial"], types, where)
    for name in ("warning", "outcome"):
        if name in expect:
            assert_equal(getattr(last_run, name), expect[name], f"{where}.{name}")


def _sent(report: RunReport, expected: list[Case]) -> list[Case]:
    """What was queued, with the members that the expectations are about."""
    named = {name for each in expected for name in each} | {"action"}
    require_known(dict.fromkeys(named), {"action", "alert", "summary", "group", "params"}, "sent")
    pairs = zip(report.record.trace.actions, report.record.notifications, strict=True)
    return [
        {"action": mention.action_uuid}
        | ({"summary": list(mention.summary)} if mention.summary else {"alert": mention.alert_id})
        | ({"group": notification.group} if "group" in named else {})
        | ({"params": notification.params} if "params" in named else {})
        for mention, notification in pairs
    ]


def _check_partial(report: RunReport, expected: bool | list[str], types: dict[str, str], where: str) -> None:
    """Whether a limit deprived the run of actions, or the connector types (by action uuid) that it deprived."""
    last_run = report.record.status.last_run
    if isinstance(expected, bool):
        assert_equal(last_run is not None and last_run.warning in _CUTS, expected, f"{where}.partial")
        return
    cut = {entry.action_uuid for entry in report.record.ledger if entry.reason == "limitReached"}
    assert_equal(sorted({types[str(uuid)] for uuid in cut}), sorted(expected), f"{where}.partial")


async def check_validation(given: Case, expect: Case) -> None:
    """Area ``validation``: the status of creating the rule."""
    require_known(given, {"rule", "rule_type", "connectors"}, "given")
    require_known(expect, {"status"}, "expect")
    assert_equal(await _create(given), expect["status"], "status")


async def _create(given: Case) -> int:
    described = given.get("rule_type", {})
    # However the case names it: whether the type has alert documents.
    flags = {name: flag for name, flag in described.items() if isinstance(flag, bool)}
    assert len(flags) < 2, f"rule_type: unknown shape, {sorted(flags)}"
    require_known(described, {"action_groups", "recovery_group", *flags}, "rule_type")
    recovery = described.get("recovery_group", "recovered")
    groups = [{"id": group} for group in described.get("action_groups", ["default"]) if group != recovery]
    rule_type = CaseType({"action_groups": groups, "recovery_group": {"id": recovery}})
    rule_type.keeps_documents = all(flags.values())
    whole = {**given, "rule": {"schedule": {"interval": "1m"}, **given["rule"]}}
    async with ScenarioEngine(whole, rule_type) as engine:
        try:
            await engine.create()
        except TocsinError as error:
            return error.http_status
    return 200


async def check_stored_notify_when(given: Case, expect: Case) -> None:
    """Area ``stored_notify_when``."""
    require_known(given, {"notify_when", "throttle"}, "given")
    require_known(expect, {"notify_when"}, "expect")
    async with ScenarioEngine({"rule": {"schedule": {"interval": "1m"}, **given}}, case_type()) as engine:
        await engine.create()
        assert_equal((await engine.engine.rule("r1"))["notify_when"], expect["notify_when"], "notify_when")
