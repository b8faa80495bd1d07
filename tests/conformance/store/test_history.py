"""Traces and decisions of runs, settings of spaces, and the audit log."""

from typing import Any

import pytest

from engine.model.notification import LedgerEntry
from engine.model.outcome import Gap
from engine.model.settings import FlappingSettings, SpaceSettings
from engine.model.trace import ActionMention, AlertMention, RuleIdentity, UntrackTrace
from engine.ports.store import RuleChange, RuleKey, Store

SPACE = "default"


async def test_traces_come_back_as_they_were_stored(store: Store, make: Any) -> None:
    key = await make.stored()
    identity = RuleIdentity(key.id, key.space, "name", ".es-query", "alerts", "stackAlerts", "ES query", 3)
    alert = AlertMention("host", "uuid", None, True, make.at(), 5, make.at(1), ("mw",))
    trace = make.trace(
        key,
        rule=identity,
        reason="timeout",
        message="text",
        error_message="error",
        timed_out_at=make.at(4),
        gap=Gap(make.at(1), make.at(2)),
        recovered=(alert,),
        new=(alert, alert),
        active=(alert,),
        actions=(
            ActionMention("n", "a", "c", ".slack", "host", "hot"),
            ActionMention("n", "a", "c", ".slack", summary=(1, 2, 3)),
        ),
        maintenance_window_ids=("mw",),
        metrics={"number_of_searches": 2, "something_else": {"x": 1.5}},
    )
    untracked = UntrackTrace(identity, make.at(5), (alert,))
    await store.commit_runs([make.record(await make.claim(key), trace=trace)])
    await store.change_rule(RuleChange(make.rule(id=key.id), 1, traces=(untracked,)))
    assert await store.traces(SPACE) == [trace, untracked]


class TestReading:
    @pytest.fixture(autouse=True)
    async def _runs(self, store: Store, make: Any) -> None:
        for minute, (rule_id, space, reasons) in enumerate(
            [
                ("r1", SPACE, ["notified"]),
                ("r2", SPACE, []),
                ("r1", SPACE, ["muted", "throttled"]),
                ("r1", "other", ["x"]),
            ]
        ):
            key = RuleKey(space, rule_id)
            if not await store.load_rules([key]):
                await make.stored(id=rule_id, space=space)
            trace = make.trace(key, minute, execution_uuid=f"run-{minute}", ended_at=make.at(minute + 0.5))
            ledger = [LedgerEntry("a", reason, ("host",), {"until": minute}) for reason in reasons]
            await store.commit_runs([make.record(await make.claim(key, at=minute), minute, trace=trace, ledger=ledger)])

    @pytest.mark.parametrize(
        ("query", "runs"),
        [
            ({}, ["run-0", "run-1", "run-2"]),
            ({"limit": 2}, ["run-1", "run-2"]),
            ({"rule_id": "r1"}, ["run-0", "run-2"]),
            ({"rule_id": "r1", "limit": 1}, ["run-2"]),
            ({"rule_id": "unknown"}, []),
            ({"since": 1.5}, ["run-1", "run-2"]),
            ({"since": 1.6, "rule_id": "r2"}, []),
        ],
    )
    async def test_traces(self, store: Store, make: Any, query: dict[str, Any], runs: list[str]) -> None:
        traces = await store.traces(SPACE, **self.with_instant(make, query))
        assert [getattr(trace, "execution_uuid", None) for trace in traces] == runs

    @pytest.mark.parametrize(
        ("query", "runs"),
        [
            ({}, ["run-0", "run-2"]),
            ({"limit": 1}, ["run-2"]),
            ({"rule_id": "r2"}, []),
            ({"since": 1}, ["run-2"]),
        ],
    )
    async def test_decisions(self, store: Store, make: Any, query: dict[str, Any], runs: list[str]) -> None:
        ledger = await store.ledger(SPACE, **self.with_instant(make, query))
        assert [run.execution_uuid for run in ledger] == runs

    async def test_decisions_come_back_as_they_were_made(self, store: Store, make: Any) -> None:
        (run,) = await store.ledger(SPACE, limit=1)
        assert (run.rule_id, run.space, run.at) == ("r1", SPACE, make.at(2))
        assert run.entries == (
            LedgerEntry("a", "muted", ("host",), {"until": 2}),
            LedgerEntry("a", "throttled", ("host",), {"until": 2}),
        )

    @staticmethod
    def with_instant(make: Any, query: dict[str, Any]) -> dict[str, Any]:
        return query | {"since": make.at(query["since"])} if "since" in query else query


async def test_a_space_has_default_settings_until_some_are_put(store: Store, make: Any) -> None:
    assert await store.space_settings("ops") == SpaceSettings()
    for settings in (
        SpaceSettings(FlappingSettings(False, 10, 3), 30),
        SpaceSettings(FlappingSettings(True, 5, 2), 0),
    ):
        await store.put_space_settings("ops", settings, make.audit("settings", space="ops"))
        assert await store.space_settings("ops") == settings
    assert await store.space_settings("other") == SpaceSettings()
    assert [entry.operation for entry in await store.audit("ops")] == ["settings", "settings"]


async def test_the_audit_log_is_read_oldest_first_by_space(store: Store, make: Any) -> None:
    entries = [make.audit(f"op-{number}", actor=None, details={"n": number, "z": 1, "a": 2}) for number in range(4)]
    for entry in entries:
        await store.put_space_settings(SPACE, SpaceSettings(), entry)
    await store.put_space_settings("other", SpaceSettings(), make.audit("elsewhere", space="other"))
    assert await store.audit(SPACE) == entries
    assert await store.audit(SPACE, limit=2) == entries[2:]
    assert [entry.operation for entry in await store.audit("other")] == ["elsewhere"]
