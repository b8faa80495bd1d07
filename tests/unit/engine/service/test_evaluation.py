"""An evaluation is bounded, metered, and classified by what it raises."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from engine.model.errors import RunError, SearchError, SearchUnavailable, WriteBlocked
from engine.ports.rule_type import Evaluation, EvaluationContext, Report, Reports
from engine.ports.search import FieldCapsRequest, SearchRequest
from engine.service.clocks import ManualClock
from engine.service.evaluation import Evaluated, Failed, MeteredSearch, evaluate
from engine.service.search_reports import SearchReport

AT = datetime(2026, 1, 1, tzinfo=UTC)
REQUEST = SearchRequest(("logs",), {})


class Script:
    window = None
    is_window_delayed = False

    def __init__(self, script):
        self._script = script

    async def evaluate(self, context):
        return await self._script(context)


class SlowSearch:
    """Takes as long as the clock is moved."""

    def __init__(self, clock, seconds=0.0, answer=None):
        self._clock, self._seconds, self._answer = clock, seconds, answer or {}

    async def search(self, request):
        self._clock.advance(timedelta(seconds=self._seconds))
        if isinstance(self._answer, BaseException):
            raise self._answer
        return self._answer

    async def field_caps(self, request):
        return {"fields": {}}

    async def close(self):
        raise AssertionError("a run may not close the backend")


class HangingSearch(SlowSearch):
    async def search(self, request):
        await asyncio.Event().wait()

    field_caps = search


async def run(script, *, max_alerts=10, search=None):
    metered = search or MeteredSearch(SlowSearch(ManualClock(AT)), ManualClock(AT), timedelta(minutes=5))
    context = EvaluationContext("r", "Rule", "default", AT, None, {}, timedelta(0), Reports(max_alerts), metered)
    return await evaluate(Script(script), context, metered.figures)


def report(context, count):
    for number in range(count):
        context.reports.add(Report(str(number), "default"))


async def test_reports_and_evaluation_are_handed_on():
    async def script(context):
        report(context, 2)
        return Evaluation(state={"seen": 2})

    result = await run(script)
    assert isinstance(result, Evaluated)
    assert [found.id for found in result.reports] == ["0", "1"]
    assert (result.evaluation.state, result.is_limit_reached, result.is_cut_short) == ({"seen": 2}, False, False)


async def test_reporting_beyond_the_limit_cuts_the_evaluation_short():
    async def script(context):
        report(context, 4)

    result = await run(script, max_alerts=3)
    assert (len(result.reports), result.is_limit_reached, result.is_cut_short) == (3, True, True)


async def test_an_error_after_the_limit_is_swallowed():
    async def script(context):
        context.reports.declare_limit_reached(True)
        report(context, 1)
        raise RuntimeError("after the limit")

    result = await run(script)
    assert isinstance(result, Evaluated)
    assert (len(result.reports), result.is_limit_reached) == (1, True)


async def test_asking_for_the_limit_obliges_to_declare():
    async def script(context):
        assert context.reports.ask_limit() == 10
        return Evaluation()

    result = await run(script)
    assert isinstance(result, Failed)
    assert result.reason == "execute"


@pytest.mark.parametrize(
    ("error", "reason", "failure_class"),
    [
        (RunError("validate", "text"), "validate", None),
        (SearchError(400, "parsing_exception", "text"), "execute", None),
        (SearchUnavailable("text"), "execute", "backend_unreachable"),
        (WriteBlocked("text"), "execute", "write_blocked"),
        (KeyError("text"), "execute", None),
    ],
)
async def test_what_is_raised_decides_about_reason_and_retry(error, reason, failure_class):
    async def script(context):
        raise error

    result = await run(script)
    assert isinstance(result, Failed)
    assert (result.reason, result.failure_class) == (reason, failure_class)
    assert "text" in result.message


async def test_the_same_alert_twice_fails_the_run():
    async def script(context):
        report(context, 1)
        report(context, 1)

    result = await run(script)
    assert isinstance(result, Failed)
    assert (result.reason, "[0]" in result.message) == ("execute", True)


async def test_something_else_that_is_cancelled_fails_the_run_and_does_not_cancel_it():
    async def script(context):
        broken = asyncio.get_running_loop().create_future()
        broken.cancel()
        await broken

    result = await run(script)
    assert isinstance(result, Failed)
    assert result.reason == "execute"


async def test_cancelling_the_task_cancels_the_evaluation():
    async def script(context):
        await asyncio.Event().wait()

    task = asyncio.create_task(run(script))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_searches_are_counted_and_measured():
    clock = ManualClock(AT)
    search = MeteredSearch(SlowSearch(clock, 0.25, {"took": 40}), clock, timedelta(minutes=5))
    await search.search(REQUEST)
    await search.search(REQUEST)
    await search.field_caps(FieldCapsRequest(("logs",)))
    await search.close()
    figures = search.figures
    assert (figures.searches, figures.duration_ms, figures.es_duration_ms) == (2, 500.0, 80)


async def test_a_failed_search_counts_too():
    clock = ManualClock(AT)
    search = MeteredSearch(SlowSearch(clock, 2, SearchUnavailable("gone")), clock, timedelta(minutes=5))
    with pytest.raises(SearchUnavailable):
        await search.search(REQUEST)
    assert (search.figures.searches, search.figures.duration_ms, search.figures.es_duration_ms) == (1, 2000.0, 0)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"took": 1, "_shards": {"failed": 0}}, "success"),
        ({"_shards": {"failed": 1}}, "partial"),
        ({"timed_out": True}, "partial"),
        ({"is_partial": True}, "partial"),
        (SearchError(400, "parsing_exception", "no"), "error"),
        (SearchError(408, "timeout", "late"), "timeout"),
        (SearchUnavailable("gone"), "unavailable"),
        (asyncio.CancelledError(), "cancelled"),
    ],
)
async def test_how_a_search_ended_is_told(answer, outcome):
    clock, told = ManualClock(AT), []
    search = MeteredSearch(SlowSearch(clock, 2, answer), clock, timedelta(minutes=5), told.append)
    with contextlib.suppress(SearchError, SearchUnavailable, asyncio.CancelledError):
        await search.search(REQUEST)
    assert told == [SearchReport("other", outcome, 2.0)]


async def test_in_a_longer_run_no_single_search_takes_longer_than_the_longest(monkeypatch):
    monkeypatch.setattr("engine.service.evaluation.LONGEST_SEARCH_S", 0.001)
    clock = ManualClock(AT)
    search = MeteredSearch(HangingSearch(clock), clock, timedelta(hours=1))
    with pytest.raises(RunError, match=r"took longer than 0\.001 s"):
        await search.search(REQUEST)
    with pytest.raises(RunError, match=r"took longer than 0\.001 s"):
        await search.field_caps(FieldCapsRequest(("logs",)))
