"""Monitoring history and its figures (rule-run.md 9.3)."""

from datetime import timedelta

import pytest

from engine.model.outcome import ExecutionStatus, Gap, LastRunMetrics, MonitoringEntry, StatusReason
from engine.run.monitoring import append_entry, calculated_metrics, entry_of, reset_metrics


@pytest.fixture
def entries(midnight):
    def build(*durations, failed=0):
        return [
            MonitoringEntry(midnight + timedelta(minutes=number), number >= failed, duration)
            for number, duration in enumerate(durations)
        ]

    return build


def test_before_the_first_run():
    assert calculated_metrics([]) == {"success_ratio": 0}


@pytest.mark.parametrize(
    ("durations", "p50", "p95", "p99"),
    [
        ((42,), 42, 42, 42),
        ((60000, 120000), 90000, 120000, 120000),
        ((120000, 60000), 90000, 120000, 120000),
        ((1, 2, 3), 2, 3, 3),
        ((1, 2, 3, 4), 2.5, 4, 4),
        (tuple(range(1, 11)), 5.5, 10, 10),
        (tuple(range(1, 12)), 6, 10.95, 11),
        (tuple(range(1, 21)), 10.5, 19.5, 20),
        (tuple(range(1, 101)), 50.5, 95.5, 99.5),
        (tuple(range(1, 31)), 15.5, 29, 30),
        (tuple(range(6, 206)), 105.5, 195.5, 203.5),
        ((0, 10) * 15 + (40,), 10, 10, 40),
    ],
)
def test_percentiles(entries, durations, p50, p95, p99):
    metrics = calculated_metrics(entries(*durations))
    assert [metrics[name] for name in ("p50", "p95", "p99")] == pytest.approx([p50, p95, p99], abs=1e-9)
    assert metrics["success_ratio"] == 1


def test_runs_of_unknown_duration_count_for_success_only(entries):
    assert calculated_metrics(entries(None, 10, 30)) == {"success_ratio": 1, "p50": 20, "p95": 30, "p99": 30}
    assert calculated_metrics(entries(None, None, failed=1)) == {"success_ratio": 0.5}


def test_success_ratio(entries):
    assert calculated_metrics(entries(5, 5, 5, 5, failed=3))["success_ratio"] == 0.25
    assert calculated_metrics(entries(5, failed=1))["success_ratio"] == 0


def test_history_keeps_the_newest_200(entries):
    history = []
    for entry in (all_entries := entries(*range(205), failed=5)):
        history = append_entry(history, entry)
    assert history == all_entries[5:]
    assert calculated_metrics(history)["success_ratio"] == 1


def test_appending_leaves_the_old_history_alone(entries):
    first, second = entries(1, 2)
    history = [first]
    assert append_entry(history, second) == [first, second]
    assert history == [first]


@pytest.mark.parametrize(
    ("error", "warning", "success"),
    [
        (None, None, True),
        (None, StatusReason("maxAlerts", ""), True),
        (StatusReason("execute", ""), None, False),
        (StatusReason("unknown", ""), StatusReason("maxAlerts", ""), False),
    ],
)
def test_only_errors_are_failures(midnight, error, warning, success):
    status = ExecutionStatus("ok", midnight, 7, error, warning)
    assert entry_of(status, 7) == MonitoringEntry(midnight, success, 7)
    assert entry_of(status, None) == MonitoringEntry(midnight, success)


def test_enabling_resets_the_figures_and_keeps_the_timestamp(midnight):
    before = LastRunMetrics(midnight, 5, 6, 7, 8, Gap(midnight, midnight + timedelta(hours=1)))
    assert reset_metrics(before) == LastRunMetrics(timestamp=midnight, duration_ms=0)
