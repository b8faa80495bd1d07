"""Rules are found by conditions on any attribute, and sorted by it (rest-api.md 4.5)."""

from typing import Any

import pytest

from engine.model.errors import Refused
from engine.model.outcome import ExecutionStatus, LastRun, MonitoringEntry, RuleStatus, Schedule
from engine.model.reference import DASHBOARD_KIND, Reference
from engine.model.rule import Action
from engine.ports.store import RuleKey, RuleQuery, Store
from engine.ports.store.rule_conditions import (
    AllOf,
    AnyOf,
    Attribute,
    Has,
    HasForm,
    HasWords,
    IsAnyOf,
    IsAnything,
    IsSimilarTo,
    IsWithin,
    NotSo,
    OfOneAction,
    RuleCondition,
    StartsWith,
    ValueTest,
)
from engine.run.monitoring import calculated_metrics

SPACE = "conditions"


def has(name: str, test: ValueTest, *path: str) -> Has:
    return Has(Attribute(name, path), test)


def action(uuid: str, group: str, connector_type: str, **params: Any) -> Action:
    return Action(uuid, f"c-{uuid}", connector_type, group, params)


@pytest.fixture
async def filled(store: Store, make: Any) -> Store:
    """Rules ``a``, ``b`` and ``c`` in order of creation."""
    members: dict[str, dict[str, Any]] = {
        "a": {
            "name": "CPU is high on web-01",
            "tags": ("ops", "Zoo"),
            "enabled": False,
            "muted_alert_ids": ("host-1",),
            "params": {"risk_score": 90, "severity": "critical", "index": ["logs", "x*"], "deep": {"n": 9, "ok": True}},
            "actions": (
                action("1", "met", ".slack", message="paged"),
                action("2", "recovered", ".email", to=[{"at": "me"}]),
            ),
        },
        "b": {
            "name": "memory cpu_total",
            "tags": ("dev",),
            "revision": 7,
            "created_by": "eva",
            "params": {"risk_score": 9, "severity": "low", "index": "logs", "deep": {"n": 10}},
            "actions": (action("3", "met", ".email", message="it"),),
        },
        "c": {"name": "Disk", "throttle": "5m", "params": {"severity": "odd", "risk_score": "90"}, "mute_all": True},
    }
    failed = RuleStatus(ExecutionStatus("error", make.at(5), 40), LastRun("failed"))
    for number, (rule_id, given) in enumerate(members.items()):
        rule = make.rule(id=rule_id, space=SPACE, created_at=make.at(number), **given)
        schedule = Schedule(make.at(9) if rule.enabled else None, None)
        assert await store.insert_rule(rule, schedule, failed if rule_id == "b" else make.status(), None)
    return store


MET_BY_MAIL = AllOf((has("actions.group", IsAnyOf(("met",))), has("actions.actionTypeId", IsAnyOf((".email",)))))

CONDITIONS: list[tuple[RuleCondition, str]] = [
    (AllOf(()), "abc"),
    (AnyOf(()), ""),
    (has("id", IsAnyOf(("a", "c", "nope"))), "ac"),
    (has("enabled", IsAnyOf((True,))), "bc"),
    (has("tags", IsAnyOf(("zoo",))), ""),
    (has("tags", IsAnyOf(("Zoo", "dev"))), "ab"),
    (has("tags", HasForm("?o*")), "a"),
    (has("tags", StartsWith("op")), "a"),
    (has("tags", IsAnything()), "ab"),
    (NotSo(has("tags", IsAnyOf(("dev",)))), "ac"),
    (has("tags", IsWithin("dev", "opt")), "ab"),
    (has("mutedInstanceIds", IsAnyOf(("host-1",))), "a"),
    (NotSo(has("mutedInstanceIds", IsAnything())), "bc"),
    (has("name", HasWords(("cpu", "disk"), "any")), "ac"),
    (has("name", HasWords(("cpu", "web"), "all")), "a"),
    (has("name", HasWords(("high", "on", "web"), "phrase")), "a"),
    (has("name", HasWords(("high", "web"), "phrase")), ""),
    (has("name", HasWords(("cpu", "high", "web"), "phrase", 2)), "a"),
    (has("name", HasForm("CPU_*l")), "b"),
    (has("name", StartsWith("mem")), "b"),
    (has("name", IsSimilarTo("dusc", 2)), "c"),
    (has("name.keyword", IsAnyOf(("Disk",))), "c"),
    (has("name.keyword", HasForm("CPU*01")), "a"),
    (has("throttle", IsAnything()), "c"),
    (NotSo(has("throttle", IsAnyOf(("5m",)))), "ab"),
    (NotSo(has("throttle", HasForm("5*"))), "ab"),
    (NotSo(has("throttle", IsWithin("1m"))), "ab"),
    (has("muteAll", IsAnyOf((True,))), "c"),
    (has("revision", IsWithin(0, 7, is_low_open=True)), "b"),
    (has("revision", IsWithin(0, 7, is_high_open=True)), "ac"),
    (has("createdBy", IsAnyOf(("eva",))), "b"),
    (has("createdAt", IsWithin(low=1_767_225_660_000)), "bc"),
    (has("executionStatus.status", IsAnyOf(("error",))), "b"),
    (has("executionStatus.lastDuration", IsWithin(high=50)), "b"),
    (has("executionStatus.lastExecutionDate", IsWithin(low=1_767_225_900_000)), "b"),
    (has("lastRun.outcome", IsAnyOf(("failed",))), "b"),
    (has("lastRun.alertsCount.active", IsAnyOf((0,))), "b"),
    (has("nextRun", IsAnything()), "bc"),
    (has("running", IsAnyOf((False,))), "abc"),
    (has("params.risk_score", IsWithin(low=10)), "a"),
    (has("params.severity", IsWithin(high=40)), "b"),
    (has("params.severity", IsAnyOf(("odd",))), "c"),
    (NotSo(has("params.severity", IsWithin(low=40))), "bc"),
    (has("params", IsAnyOf(("logs",)), "index"), "ab"),
    (has("params", HasForm("x\\*"), "index"), "a"),
    (has("params", IsWithin(low="9", is_low_open=True), "deep", "n"), "b"),
    (has("params", IsAnyOf(("true",)), "deep"), "a"),
    (has("params", IsSimilarTo("lags", 1)), "ab"),
    (has("params", IsAnything(), "deep", "ok"), "a"),
    (has("actions.actionTypeId", IsAnyOf((".slack",))), "a"),
    (has("actions.id", IsAnyOf(("c-3",))), "b"),
    (has("actions.params", IsAnyOf(("me",)), "to", "at"), "a"),
    (has("actions.params", IsAnyOf(("paged",))), "a"),
    (has("actions", IsAnything()), "ab"),
    (AllOf((has("actions.group", IsAnyOf(("met",))), has("actions.actionTypeId", IsAnyOf((".email",))))), "ab"),
    (
        OfOneAction(
            AllOf((has("actions.group", IsAnyOf(("met",))), has("actions.actionTypeId", IsAnyOf((".email",)))))
        ),
        "b",
    ),
    (OfOneAction(NotSo(has("actions.group", IsAnyOf(("met",))))), "a"),
]


async def test_conditions_are_those_of_the_attributes(filled: Store) -> None:
    found = []
    for condition, _ in CONDITIONS:
        page = await filled.find_rules(SPACE, RuleQuery(where=condition))
        found.append((condition, "".join(stored.rule.id for stored in page.rules)))
        assert page.total == len(page.rules)
    assert found == CONDITIONS


SORTED = [
    ("name", False, "acb"),
    ("tags", False, "abc"),
    ("tags", True, "abc"),
    ("throttle", True, "cab"),
    ("params.severity", False, "bac"),
    ("params.severity", True, "abc"),
    ("params.risk_score", False, "bac"),
    ("executionStatus.lastDuration", True, "bac"),
    ("lastRun.outcomeOrder", False, "bac"),
    ("mutedInstanceIds", False, "abc"),
    ("nextRun", False, "bca"),
    ("revision", True, "bac"),
]


async def test_rules_are_sorted_by_an_attribute_those_without_it_last(filled: Store) -> None:
    found = []
    for name, descending, _ in SORTED:
        query = RuleQuery(sort_by=Attribute(name), descending=descending)
        page = await filled.find_rules(SPACE, query)
        found.append((name, descending, "".join(stored.rule.id for stored in page.rules)))
    assert found == SORTED
    page = await filled.find_rules(SPACE, RuleQuery(sort_by=Attribute("params", ("deep", "n"))))
    assert [stored.rule.id for stored in page.rules] == ["a", "b", "c"]


async def test_dashboards_are_referred_to_by_artifacts(store: Store, make: Any) -> None:
    artifacts = {"dashboards": [{"id": "d1"}, {"id": "d2"}], "investigation_guide": {"blob": "d3"}}
    await make.stored(id="r", space=SPACE, artifacts=artifacts)
    totals = [
        (await store.find_rules(SPACE, RuleQuery(refers_to=Reference(DASHBOARD_KIND, dashboard)))).total
        for dashboard in ("d2", "d3")
    ]
    assert totals == [1, 0]


async def test_a_search_that_takes_too_long_is_refused(
    filled: Store, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        await make.stored(id=f"r{number}", space=SPACE)
    condition = AnyOf(tuple(has("tags", HasForm(f"*{number}*")) for number in range(400)))
    assert (await filled.find_rules(SPACE, RuleQuery(where=condition))).total == 0
    monkeypatch.setattr("engine.store.rules.LONGEST_SEARCH_S", 0.0)
    with pytest.raises(Refused, match="takes longer than 0 s"):
        await filled.find_rules(SPACE, RuleQuery(where=condition))
    assert (await filled.find_rules(SPACE, RuleQuery(limit=None))).total == 23


@pytest.mark.parametrize("durations", [[], [5], [40, 7], [3, 1, 2], [None, 9, 100, 9, 20, None], list(range(60))])
async def test_what_is_monitored_is_compared_as_it_is_shown(
    store: Store, make: Any, durations: list[int | None]
) -> None:
    await store.insert_rule(make.rule(id="m", space=SPACE), Schedule(make.at(0), None), make.status(), None)
    key = RuleKey(SPACE, "m")
    for minute, duration in enumerate(durations):
        entry = MonitoringEntry(make.at(minute), minute % 3 == 0, duration)
        await store.commit_runs([make.record(await make.claim(key, at=minute), minute, monitoring=entry)])
    shown = calculated_metrics(await store.monitoring(key))
    names = {"success_ratio": "successRatio", "p50": "p50", "p95": "p95", "p99": "p99"}
    for member, name in names.items():
        attribute, value = Attribute(f"monitoring.run.calculatedMetrics.{name}"), shown.get(member)
        if value is None:
            assert (await store.find_rules(SPACE, RuleQuery(where=Has(attribute, IsAnything())))).total == 0
            continue
        for low, high, total in ((-1e-6, 1e-6, 1), (1e-6, 1, 0), (-1, -1e-6, 0)):
            test = IsWithin(value + low, value + high)
            assert (await store.find_rules(SPACE, RuleQuery(where=Has(attribute, test)))).total == total, (name, value)
