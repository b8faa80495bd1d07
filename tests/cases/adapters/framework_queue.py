"""Areas retry, rate_limit and error_source of connector_framework: how often, when again, and who is at fault."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from connectors.http_answer import source_of_status
from engine.model.notification import StoredNotification
from engine.model.settings import AttemptSettings, EngineSettings
from engine.ports.store import RuleKey
from engine.service.clocks import ManualClock
from engine.service.delivery import Delivery
from engine.service.rate_limiter import RateLimiter
from engine.service.retry import max_attempts_of, retry_delay
from tests.cases.adapters.framework_execution import KEY, Told, ToldType, store_connector
from tests.cases.adapters.framework_network import read_actions
from tests.cases.adapters.lifecycle_rule_type import CaseType
from tests.cases.matching import require_known
from tocsin.library import AsyncEngine

Json = Any

_START = datetime(2024, 5, 6, 8, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_RAISING = {"exception", "throw", "throws", "raise", "raises"}
_GAPS = {"gaps_ms", "gaps_ms_min", "gaps_ms_max"}


def check_error_source(given: Json, expected: Json) -> None:
    """Whose fault an answer of that status is."""
    require_known(given, {"http_status", "explicit_mapping"}, "given")
    require_known(expected, {"errorSource"}, "expect")
    assert given.get("explicit_mapping", False) is False, "unknown shape, explicit_mapping"
    assert source_of_status(given["http_status"]) == expected["errorSource"]


def check_rate_limit(given: Json, expected: Json) -> None:
    """Whether one more execution has to wait."""
    require_known(given, {"rateLimiter", "connector_type_id", "executions_at_s", "now_s"}, "given")
    require_known(expected, {"limited", "retry_at_s"}, "expect")
    limits = {} if given.get("rateLimiter") is None else {"rateLimiter": given["rateLimiter"]}
    limiter = RateLimiter(read_actions(limits)[1].settings.rate_limits)
    for seconds in given["executions_at_s"]:
        limiter.log(given["connector_type_id"], _START + timedelta(seconds=seconds))
    until = limiter.limited_until(given["connector_type_id"], _START + timedelta(seconds=given["now_s"]))
    assert (until is not None) is expected["limited"], f"until {until}"
    if "retry_at_s" in expected:
        assert until is not None
        assert abs(until - _START - timedelta(seconds=expected["retry_at_s"])) <= _MS


def check_retry(given: Json, expected: Json) -> None:
    """How often something is tried, how long is waited, or what a queue makes of results."""
    if "failed_attempt" in given:
        _check_delay(given, expected)
    elif "results" in given:
        _check_attempts(given, expected)
    else:
        _check_max_attempts(given, expected)


def _check_max_attempts(given: Json, expected: Json) -> None:
    require_known(given, {"run", "type_max_attempts", "connector_type_id"}, "given")
    require_known(expected, {"max_attempts"}, "expect")
    config = {} if given.get("run") is None else {"run": given["run"]}
    attempts = read_actions(config)[1].settings.attempts
    found = max_attempts_of(attempts, given["connector_type_id"], given.get("type_max_attempts"))
    assert found == expected["max_attempts"], f"found: {found}"


def _check_delay(given: Json, expected: Json) -> None:
    require_known(given, {"failed_attempt"}, "given")
    require_known(expected, {"delay_ms", "delay_ms_min", "delay_ms_max"}, "expect")
    for random_value in (0.0, 0.5, 1.0):
        found = retry_delay(given["failed_attempt"], random_value) / _MS
        least = expected.get("delay_ms_min", expected.get("delay_ms", 0))
        most = expected.get("delay_ms_max", expected.get("delay_ms", found))
        assert least <= found <= most, f"found: {found}"


def _check_attempts(given: Json, expected: Json) -> None:
    require_known(given, {"max_attempts", "results"}, "given")
    require_known(expected, {"attempts", "final"} | _GAPS, "expect")
    queue = asyncio.run(_Queue(given).run())
    last = queue.notification
    found = last.attempts, "ok" if last.state == "delivered" else "error"
    assert found == (expected["attempts"], expected["final"]), f"found: {found}, {last.state}"
    for name in _GAPS & expected.keys():
        gaps = queue.gaps_ms
        assert len(gaps) == len(expected[name]), f"gaps: {gaps}"
        for gap, wanted in zip(gaps, expected[name], strict=True):
            low, high = wanted if isinstance(wanted, list) else (wanted, wanted)
            assert name == "gaps_ms_max" or gap >= low, f"gaps: {gaps}"
            assert name == "gaps_ms_min" or gap <= high, f"gaps: {gaps}"


class _Queue:
    """One notification that a rule queued, and deliveries of it until it is delivered or given up."""

    notification: StoredNotification

    def __init__(self, given: Json) -> None:
        self._results = given["results"]
        self._settings = EngineSettings(attempts=AttemptSettings(given["max_attempts"]))
        self._type = ToldType()
        self._type.outcomes = [_outcome(result) for result in self._results]
        self._clock = ManualClock(_START)

    @property
    def gaps_ms(self) -> list[float]:
        """Between attempts, as far as the connector was executed."""
        return [(later - earlier) / _MS for earlier, later in pairwise(self._type.executed_at)]

    async def run(self) -> "_Queue":
        rule_type = CaseType()
        rule_type.step = {"reported": ["a"]}
        async with AsyncEngine(
            clock=self._clock,
            settings=self._settings,
            rule_types=[rule_type],
            connector_types=[self._type],
            encryption_key=KEY,
        ) as engine:
            await store_connector(engine, {"id": "c1", "name": "told", "connector_type_id": self._type.id})
            await engine.add_rule(_rule(rule_type.id), "r1")
            await self._queue(engine)
            while self.notification.next_attempt_at is not None:
                self._clock.set(self.notification.next_attempt_at)
                await self._attempt(engine)
                [self.notification] = await engine.notifications("r1")
        return self

    async def _queue(self, engine: AsyncEngine) -> None:
        """A run that only queues."""
        await engine.parts.service.run_rules([RuleKey("default", "r1")], self._clock.now())
        [self.notification] = await engine.notifications("r1")
        assert self.notification.attempts == 0, "the run was to queue only"

    async def _attempt(self, engine: AsyncEngine) -> None:
        """All that is due. A past time for the next attempt is due at once."""
        is_disabled = self._results[min(self.notification.attempts, len(self._results) - 1)] == "type_disabled"
        delivery = Delivery(
            store=engine.parts.store,
            directory=engine.parts.directory,
            runner=engine.parts.runner,
            clock=self._clock,
            settings=replace(self._settings, enabled_connector_types=()) if is_disabled else self._settings,
            random=lambda: 0.5,
            owner="case",
        )
        await delivery.deliver_due(self._clock.now())


def _outcome(result: Json) -> Json:
    """What the executor of `ToldType` is told for a result of the case."""
    if not isinstance(result, str):
        return result
    assert result in {"ok", "type_disabled"} | _RAISING, f"unknown shape, result {result}"
    return Told("told") if result in _RAISING else None


def _rule(rule_type_id: str) -> Json:
    frequency = {"summary": False, "notify_when": "onActionGroupChange", "throttle": None}
    return {
        "name": "r1",
        "rule_type_id": rule_type_id,
        "consumer": "alerts",
        "params": {},
        "schedule": {"interval": "30d"},
        "actions": [{"id": "c1", "group": "default", "params": {}, "frequency": frequency}],
    }
