"""When a cluster is left alone, and for how long."""

from datetime import timedelta

import pytest

from engine.search.cluster.breaker import Breaker
from engine.search.cluster.failures import ClusterUnavailable
from engine.search.cluster.settings import ClusterLimits
from engine.service.clocks import ManualClock


@pytest.fixture
def breaker(clock: ManualClock) -> Breaker:
    return Breaker(ClusterLimits(breaker_failures=2, rest_s=1, longest_rest_s=5), clock.monotonic)


def fail(breaker: Breaker, times: int = 1) -> None:
    for _ in range(times):
        breaker.note_failure(ClusterUnavailable("down"))


def is_resting(breaker: Breaker) -> bool:
    try:
        breaker.check()
    except ClusterUnavailable:
        return True
    return False


def test_only_failures_in_a_row_count(breaker: Breaker) -> None:
    for _ in range(3):
        fail(breaker)
        breaker.note_success()
    fail(breaker)
    assert not is_resting(breaker)
    fail(breaker)
    assert is_resting(breaker)


def test_the_rest_doubles_up_to_its_bound_and_starts_again_after_a_success(
    breaker: Breaker, clock: ManualClock
) -> None:
    for rest in (1, 2, 4, 5, 5):
        fail(breaker, 1 if breaker.is_trying else 2)
        clock.advance(timedelta(seconds=rest - 0.001))
        assert is_resting(breaker)
        clock.advance(timedelta(seconds=0.001))
        assert not is_resting(breaker)
        assert breaker.is_trying
    breaker.note_success()
    assert not breaker.is_trying
    fail(breaker, 2)
    clock.advance(timedelta(seconds=1))
    assert not is_resting(breaker)


def test_failures_of_what_was_under_way_do_not_make_the_rest_longer(breaker: Breaker, clock: ManualClock) -> None:
    fail(breaker, 10)
    clock.advance(timedelta(seconds=1))
    assert not is_resting(breaker)


def test_the_text_tells_the_failure_and_when_it_is_asked_again(breaker: Breaker) -> None:
    fail(breaker, 2)
    with pytest.raises(ClusterUnavailable, match=r"down \(not asked again for 1 s\)"):
        breaker.check()


def test_a_cluster_that_asks_for_time_gets_it_at_once(breaker: Breaker, clock: ManualClock) -> None:
    breaker.note_failure(ClusterUnavailable("busy", retry_after_s=60))
    clock.advance(timedelta(seconds=59))
    assert is_resting(breaker)
    clock.advance(timedelta(seconds=1))
    assert not is_resting(breaker)
