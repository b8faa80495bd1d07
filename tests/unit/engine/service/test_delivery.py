"""Delivery of the outbox (connector-framework.md 5.3): at least once, in order, no connector delaying another."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from connectors.builtin import builtin_connector_types
from engine.model.connector import ConnectorResult
from engine.model.errors import StoreUnavailable
from engine.model.settings import AttemptSettings, EngineSettings, HttpSettings, RateLimit
from engine.ports.connector import ConnectorExecution
from engine.ports.registry import Registry
from engine.ports.store import Store
from engine.service.connector_execution import ConnectorRunner
from engine.service.connectors import PreconfiguredConnectors, build_connector
from engine.service.delivery import Delivery, DeliverySummary
from engine.service.http_client import AiohttpClient
from engine.service.rate_limiter import RateLimiter

AT = datetime(2024, 1, 1, 12, tzinfo=UTC)
FAILED = ConnectorResult("error", "failed", retry=True)
# The fixture of conftest.py; test folders are no packages to import from.
Bench = Any


def answer(bench: Bench, connector_id: str, *results: object) -> None:
    """What the connector does in turn; the last one for ever."""
    left = list(results)

    async def behaviour(_: ConnectorExecution) -> object:
        result = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(result, Exception):
            raise result
        return result

    bench.scripted.behaviours[connector_id] = behaviour


class TestDelivered:
    async def test_everything_due_is_sent_once_with_its_id(self, bench: Bench) -> None:
        for number in range(10):
            bench.outbox.queue(number, "one" if number % 2 else "two")
        assert await bench.delivery().deliver_due(AT) == DeliverySummary(delivered=10)
        executions = bench.scripted.executions
        assert sorted(e.idempotency_key for e in executions) == sorted(f"n-{number}" for number in range(10))
        assert {e.at for e in executions} == {AT}
        assert bench.states() == ["delivered"] * 10

    async def test_each_execution_leaves_a_trace_with_the_rule_that_asked(self, bench: Bench) -> None:
        answer(bench, "two", ConnectorResult("error", "m", "s", retry=True))
        for number, connector in enumerate(("one", "two", "odd", "gone")):
            bench.outbox.queue(number, connector)
        await bench.delivery().deliver_due(AT)
        traces = {trace.connector_id: trace for trace in bench.outbox.traces}
        assert sorted(traces) == ["odd", "one", "two"]
        one, two = traces["one"], traces["two"]
        assert (one.execution_uuid, one.source, one.is_ok, one.scheduled_at) == ("n-0", "saved_object", True, AT)
        assert (one.rule is not None, one.started_at, one.ended_at) == (True, AT, AT)
        assert (two.is_ok, two.error_message) == (False, "m: s; retry: true")

    async def test_a_disabled_type_is_given_up_unless_the_connector_is_preconfigured(self, bench: Bench) -> None:
        bench.outbox.queue(1, "one")
        assert await bench.delivery(enabled=(".other",)).deliver_due(AT) == DeliverySummary(dead=1)
        assert "[.scripted] is disabled" in (bench.outbox.rows[0].error or "")
        bench.outbox.queue(2, "one")
        delivery = bench.delivery(enabled=(".other",), are_preconfigured=True)
        assert await delivery.deliver_due(AT) == DeliverySummary(delivered=1)

    async def test_nothing_due_is_nothing_done(self, bench: Bench) -> None:
        bench.outbox.queue(1, "one")
        delivery = bench.delivery()
        assert await delivery.deliver_due(AT - timedelta(seconds=1)) == DeliverySummary()
        assert bench.scripted.executions == []

    async def test_nothing_is_recorded_as_delivered_before_it_was_sent(self, bench: Bench) -> None:
        recorded_when_sent: list[list[tuple[str, str]]] = []

        async def look(_: ConnectorExecution) -> None:
            recorded_when_sent.append(list(bench.outbox.recorded))

        bench.scripted.behaviours["one"] = look
        bench.outbox.queue(1, "one")
        await bench.delivery().deliver_due(AT)
        assert recorded_when_sent == [[]]
        assert bench.outbox.recorded == [("n-1", "delivered")]

    async def test_one_alerts_notifications_keep_their_order(self, bench: Bench) -> None:
        for number in range(6):
            bench.outbox.queue(number, "one", alert_id="same")
        await bench.delivery().deliver_due(AT)
        assert bench.sent("one") == [0, 1, 2, 3, 4, 5]
        assert bench.scripted.most_running["one"] == 1

    def test_summaries_add_up(self) -> None:
        assert DeliverySummary(1, 2, 3) + DeliverySummary(10, 20, 30) == DeliverySummary(11, 22, 33)


class TestFailed:
    async def test_a_retryable_failure_waits_for_its_time(self, bench: Bench) -> None:
        answer(bench, "one", FAILED, None)
        bench.outbox.queue(1, "one")
        delivery = bench.delivery()
        assert await delivery.deliver_due(AT) == DeliverySummary(retried=1)
        [row] = bench.outbox.rows
        assert (row.state, row.due_at) == ("pending", AT + timedelta(seconds=30))
        assert "failed" in (row.error or "")
        bench.clock.at = AT + timedelta(seconds=30)
        assert await delivery.deliver_due(bench.clock.at) == DeliverySummary(delivered=1)
        assert [e.idempotency_key for e in bench.scripted.executions] == ["n-1", "n-1"]

    async def test_what_a_rate_limit_holds_up_waits_without_using_up_attempts(self, bench: Bench) -> None:
        limiter = RateLimiter({".scripted": RateLimit(1, timedelta(seconds=10))})
        delivery = bench.delivery(attempts=AttemptSettings(max_attempts=1), limiter=limiter)
        for number in range(3):
            bench.outbox.queue(number, "one")
        assert await delivery.deliver_due(AT) == DeliverySummary(delivered=2, retried=1)
        [row] = [row for row in bench.outbox.rows if row.state == "pending"]
        assert (row.attempts, row.due_at) == (0, AT + timedelta(seconds=10, milliseconds=1))
        assert "rateLimiter" in (row.error or "")
        bench.clock.at = row.due_at
        assert await delivery.deliver_due(bench.clock.at) == DeliverySummary(delivered=1)
        assert len(bench.scripted.executions) == 3

    async def test_an_older_failure_holds_back_the_younger_of_its_alert_only(self, bench: Bench) -> None:
        answer(bench, "one", FAILED, None)
        bench.outbox.queue(1, "one", alert_id="same")
        bench.outbox.queue(2, "one", alert_id="same")
        bench.outbox.queue(3, "one", alert_id="other")
        await bench.delivery(concurrency=1).deliver_due(AT)
        assert bench.states() == ["pending", "pending", "delivered"]

    @pytest.mark.parametrize(
        ("attempts", "type_max_attempts", "expected"),
        [
            (AttemptSettings(), None, 3),
            (AttemptSettings(), 2, 2),
            (AttemptSettings(max_attempts=4), 2, 4),
            (AttemptSettings(max_attempts=4, by_connector_type={".scripted": 1}), 2, 1),
        ],
    )
    async def test_after_the_last_attempt_it_is_dead(
        self, bench: Bench, attempts: AttemptSettings, type_max_attempts: int | None, expected: int
    ) -> None:
        bench.scripted.max_attempts = type_max_attempts
        answer(bench, "one", FAILED)
        bench.outbox.queue(1, "one")
        delivery = bench.delivery(attempts=attempts)
        for _ in range(expected):
            assert bench.states() == ["pending"]
            await delivery.deliver_due(bench.clock.at)
            bench.clock.at += timedelta(hours=2)
        assert bench.states() == ["dead"]
        assert len(bench.scripted.executions) == expected

    @pytest.mark.parametrize(
        ("retry_after", "waits"),
        [(timedelta(minutes=10), timedelta(minutes=10)), (timedelta(hours=9), timedelta(hours=1))],
    )
    async def test_a_given_time_is_kept_up_to_an_hour(
        self, bench: Bench, retry_after: timedelta, waits: timedelta
    ) -> None:
        answer(bench, "one", ConnectorResult("error", "later", retry=AT + retry_after))
        bench.outbox.queue(1, "one")
        await bench.delivery().deliver_due(AT)
        assert bench.outbox.rows[0].due_at == AT + waits

    async def test_a_time_in_the_past_means_at_once_and_counts(self, bench: Bench) -> None:
        answer(bench, "one", ConnectorResult("error", "later", retry=AT - timedelta(hours=1)))
        bench.outbox.queue(1, "one")
        assert await bench.delivery().deliver_due(AT) == DeliverySummary(retried=2, dead=1)

    async def test_the_delay_counts_from_the_end_of_the_attempt(self, bench: Bench) -> None:
        async def take_a_minute(_: ConnectorExecution) -> ConnectorResult:
            bench.clock.at += timedelta(minutes=1)
            return FAILED

        bench.scripted.behaviours["one"] = take_a_minute
        bench.outbox.queue(1, "one")
        await bench.delivery().deliver_due(AT)
        assert bench.outbox.rows[0].due_at == AT + timedelta(minutes=1, seconds=30)

    @pytest.mark.parametrize(
        ("connector_id", "mentioned"), [("nowhere", "nowhere"), ("odd", ".unknown"), ("one", "refused")]
    )
    async def test_what_no_attempt_can_mend_is_dead_at_once(
        self, bench: Bench, connector_id: str, mentioned: str
    ) -> None:
        answer(bench, "one", ConnectorResult("error", "refused"))
        bench.outbox.queue(1, connector_id)
        assert await bench.delivery().deliver_due(AT) == DeliverySummary(dead=1)
        assert mentioned in (bench.outbox.rows[0].error or "")

    async def test_a_notification_that_outlived_its_last_attempt_is_not_sent_again(self, bench: Bench) -> None:
        bench.outbox.queue(1, "one")
        bench.outbox.rows[0].attempts = 3
        assert await bench.delivery().deliver_due(AT) == DeliverySummary(dead=1)
        assert bench.scripted.executions == []

    @pytest.mark.parametrize(
        "outcome",
        [
            RuntimeError("boom"),
            {"status": "ok"},
            ConnectorResult("error", "naive time", retry=datetime(2024, 1, 1)),  # noqa: DTZ001 - what is tested
        ],
    )
    async def test_a_broken_connector_stops_no_other(self, bench: Bench, outcome: object) -> None:
        answer(bench, "one", outcome)
        for number in range(8):
            bench.outbox.queue(number, "one" if number % 2 else "two")
        assert await bench.delivery().deliver_due(AT) == DeliverySummary(delivered=4, retried=4)

    async def test_a_directory_that_breaks_is_tried_again(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(PreconfiguredConnectors, "in_space", lambda *_: {}["key"])
        bench.outbox.queue(1, "one")
        assert await bench.delivery().deliver_due(AT) == DeliverySummary(retried=1)


class TestConcurrency:
    @pytest.mark.parametrize("concurrency", [1, 3])
    async def test_a_connector_gets_as_many_at_a_time_as_set(self, bench: Bench, concurrency: int) -> None:
        for number in range(20):
            bench.outbox.queue(number, "one" if number % 2 else "two")
        assert (await bench.delivery(concurrency).deliver_due(AT)).delivered == 20
        assert bench.scripted.most_running == {"one": concurrency, "two": concurrency}

    async def test_a_slow_connector_with_a_backlog_delays_no_other(self, bench: Bench) -> None:
        gate, is_other_done = asyncio.Event(), asyncio.Event()

        async def wait(_: ConnectorExecution) -> None:
            await gate.wait()

        async def count(execution: ConnectorExecution) -> None:
            if execution.params["number"] == 109:
                is_other_done.set()

        bench.scripted.behaviours |= {"one": wait, "two": count}
        for number in range(100):
            bench.outbox.queue(number, "one")
        for number in range(100, 110):
            bench.outbox.queue(number, "two", alert_id="same")
        delivering = asyncio.create_task(bench.delivery().deliver_due(AT))
        async with asyncio.timeout(10):
            await is_other_done.wait()
        assert len(bench.sent("one")) == 4
        gate.set()
        assert await delivering == DeliverySummary(delivered=110)

    async def test_a_later_call_goes_on_while_an_earlier_one_waits(self, bench: Bench) -> None:
        gate = asyncio.Event()

        async def wait(_: ConnectorExecution) -> None:
            await gate.wait()

        bench.scripted.behaviours["one"] = wait
        delivery = bench.delivery(concurrency=2)
        for number in range(5):
            bench.outbox.queue(number, "one")
        earlier = asyncio.create_task(delivery.deliver_due(AT))
        while len(bench.sent("one")) < 2:  # noqa: ASYNC110 - lets the first call begin its sends
            await asyncio.sleep(0)
        bench.outbox.queue(5, "two")
        assert await delivery.deliver_due(AT) == DeliverySummary(delivered=1)
        gate.set()
        assert await earlier == DeliverySummary(delivered=5)
        assert bench.scripted.most_running["one"] == 2

    async def test_a_cancelled_call_leaves_room_for_the_next(self, bench: Bench) -> None:
        async def wait_for_ever(_: ConnectorExecution) -> None:
            await asyncio.Event().wait()

        bench.scripted.behaviours["one"] = wait_for_ever
        delivery = bench.delivery(concurrency=1)
        bench.outbox.queue(1, "one")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await delivery.deliver_due(AT)
        assert bench.states() == ["sending"]
        answer(bench, "one", None)
        bench.clock.at = AT + timedelta(hours=1)
        assert await delivery.deliver_due(bench.clock.at) == DeliverySummary(delivered=1)


class TestStoreFailure:
    async def test_what_was_sent_is_recorded_before_the_error_is_raised(self, bench: Bench) -> None:
        for number in range(3):
            bench.outbox.queue(number, "one")
        bench.outbox.failures = 1
        with pytest.raises(StoreUnavailable):
            await bench.delivery().deliver_due(AT)
        assert bench.states() == ["delivered"] * 3

    async def test_what_could_not_be_recorded_is_when_the_store_works_again(self, bench: Bench) -> None:
        bench.outbox.queue(1, "one", alert_id="a")
        bench.outbox.queue(2, "one", alert_id="a")
        bench.outbox.failures = 4  # two tries a call
        delivery = bench.delivery()
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await delivery.deliver_due(AT)
        assert bench.states() == ["sending", "pending"]
        assert await delivery.deliver_due(AT) == DeliverySummary(delivered=2)
        assert [e.idempotency_key for e in bench.scripted.executions] == ["n-1", "n-2"]

    async def test_what_a_dead_process_could_not_record_is_sent_again_under_the_same_id(self, bench: Bench) -> None:
        bench.outbox.queue(1, "one")
        bench.outbox.failures = 2
        with pytest.raises(StoreUnavailable):
            await bench.delivery().deliver_due(AT)
        assert bench.states() == ["sending"]
        bench.clock.at = AT + timedelta(hours=1)
        assert await bench.delivery().deliver_due(bench.clock.at) == DeliverySummary(delivered=1)
        assert [e.idempotency_key for e in bench.scripted.executions] == ["n-1", "n-1"]


async def test_a_webhook_is_tried_again_under_its_id_until_it_takes_the_message(receiver: Any, bench: Bench) -> None:
    http = AiohttpClient(HttpSettings())
    registry = Registry()
    for connector_type in builtin_connector_types():
        registry.add_connector_type(connector_type)
    definition = {
        "id": "hook",
        "name": "Hook",
        "connector_type_id": ".webhook",
        "config": {"url": receiver.url + "/in"},
    }
    hook = build_connector(definition, registry=registry, settings=HttpSettings(), is_preconfigured=True)
    delivery = Delivery(
        store=cast(Store, bench.outbox),
        directory=PreconfiguredConnectors([hook]),
        runner=ConnectorRunner(registry, http, HttpSettings()),
        clock=bench.clock,
        settings=EngineSettings(),
        random=lambda: 0.5,
        owner="test",
    )
    bench.outbox.queue(1, "hook", type_id=".webhook", params={"body": '{"a": 1}'})
    receiver.answer("/in", 503, headers={"Retry-After": "90"})
    assert await delivery.deliver_due(AT) == DeliverySummary(retried=1)
    assert "[503]" in (bench.outbox.rows[0].error or "")
    receiver.answer("/in", 202)
    bench.clock.at = AT + timedelta(seconds=90)
    assert await delivery.deliver_due(bench.clock.at) == DeliverySummary(delivered=1)
    await http.close()
    assert [(one.method, one.body, one.headers["X-Tocsin-Notification-Id"]) for one in receiver.requests] == [
        ("POST", b'{"a": 1}', "n-1"),
        ("POST", b'{"a": 1}', "n-1"),
    ]
