"""Figures of the service for Prometheus: counted as it works, and the rest looked up when somebody asks."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

from engine.api.route import Answer, Request, Route
from engine.model.errors import StoreUnavailable
from engine.model.version import ENGINE_VERSION
from engine.ports.store import CommitOutcome, DeliveryReport, Standing, Store
from engine.service.pulse import Pulse
from engine.service.runs import RunReport
from engine.service.search_reports import SearchReport

_SECOND = timedelta(seconds=1)
_LAGS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_DURATIONS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_LATENCIES = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600)
_UNKNOWN = "unknown"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def routes(metrics: "Metrics", pulse: Pulse, store: Store) -> tuple[Route, ...]:
    """``/metrics``, for every caller that says who he is: it tells counts, and names of types only."""

    async def show(request: Request) -> Answer:
        # What is counted is told also when the store fails: just then somebody wants to know.
        metrics.look_at_pulse(pulse)
        try:
            metrics.look_at_store(await store.standing(), await store.next_due(), request.at)
        except StoreUnavailable:
            metrics.miss_store()
        return Answer(200, metrics.render(), CONTENT_TYPE_LATEST)

    return (Route("GET", "/metrics", show, in_spaces=False, summary="Tell the figures of the service to Prometheus"),)


class Metrics:
    """Observes runs and deliveries. Labels are types, outcomes and states alone, so their number is bounded."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        info = Gauge(
            "tocsin_build_info", "The version that runs, in a label; always 1.", ["version"], registry=registry
        )
        info.labels(ENGINE_VERSION).set(1)
        self._count_runs(registry)
        self._count_searches(registry)
        self._count_deliveries(registry)
        self._count_requests(registry)
        self._gauge_service(registry)
        self._gauge_store(registry)

    def _gauge_service(self, registry: CollectorRegistry) -> None:
        self._tick_age = Gauge(
            "tocsin_scheduler_tick_age_seconds", "How long ago the last tick of the scheduler began.", registry=registry
        )
        self._store_up = Gauge("tocsin_store_up", "Whether the store answers: 1, or 0.", registry=registry)

    def _gauge_store(self, registry: CollectorRegistry) -> None:
        self._overdue = Gauge(
            "tocsin_scheduler_overdue_seconds",
            "How long the rule has waited that should have run first; 0 if none is late.",
            registry=registry,
        )
        self._rules = Gauge("tocsin_rules", "Rules by state of execution, or disabled.", ["state"], registry=registry)
        self._alerts = Gauge("tocsin_alerts", "Alerts of enabled rules by state.", ["state"], registry=registry)
        self._depth = Gauge("tocsin_outbox_depth", "Notifications on their way.", registry=registry)
        self._oldest = Gauge(
            "tocsin_outbox_oldest_age_seconds", "How long the oldest of them has been on its way.", registry=registry
        )
        self._dead = Gauge(
            "tocsin_outbox_dead", "Dead letters that somebody has to send again or drop.", registry=registry
        )

    def _count_runs(self, registry: CollectorRegistry) -> None:
        self._runs = Counter(
            "tocsin_rule_runs", "Runs by rule type and outcome.", ["rule_type", "outcome"], registry=registry
        )
        self._durations = Histogram(
            "tocsin_rule_run_duration_seconds",
            "How long runs took.",
            ["rule_type"],
            buckets=_DURATIONS,
            registry=registry,
        )
        self._lag = Histogram(
            "tocsin_rule_schedule_lag_seconds",
            "How much later than planned runs began.",
            buckets=_LAGS,
            registry=registry,
        )
        self._missed = Counter(
            "tocsin_rule_runs_missed", "Slots without a run, since the run before was late or long.", registry=registry
        )
        self._failed_ticks = Counter(
            "tocsin_scheduler_ticks_failed", "Ticks that failed and were tried again.", registry=registry
        )

    def _count_searches(self, registry: CollectorRegistry) -> None:
        self._searches = Counter(
            "tocsin_searches", "Searches of rules by backend and outcome.", ["backend", "outcome"], registry=registry
        )
        self._search_durations = Histogram(
            "tocsin_search_duration_seconds",
            "How long searches of rules took, waiting for others included.",
            ["backend"],
            buckets=_DURATIONS,
            registry=registry,
        )

    def _count_requests(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "tocsin_http_requests",
            "Requests to the HTTP API by method and status.",
            ["method", "code"],
            registry=registry,
        )
        self._request_durations = Histogram(
            "tocsin_http_request_duration_seconds",
            "How long requests to the HTTP API took.",
            buckets=_DURATIONS,
            registry=registry,
        )

    def _count_deliveries(self, registry: CollectorRegistry) -> None:
        self._suppressed = Counter(
            "tocsin_actions_suppressed",
            "Decisions not to notify, by the reason that the ledger has: one for each alert, or for a whole action.",
            ["reason"],
            registry=registry,
        )
        self._actions = Counter(
            "tocsin_actions",
            "Notifications that were delivered, or given up as dead letters.",
            ["connector_type", "outcome"],
            registry=registry,
        )
        self._attempts = Counter(
            "tocsin_action_attempts", "Attempts to deliver, by outcome.", ["outcome"], registry=registry
        )
        self._dead_letters = Counter("tocsin_dead_letters", "Notifications that were given up.", registry=registry)
        self._latency = Histogram(
            "tocsin_notification_latency_seconds",
            "From a run's decision to the connector's acceptance.",
            buckets=_LATENCIES,
            registry=registry,
        )

    def tick_began(self, at: datetime) -> None:
        """Of ticks only failures are counted."""

    def tick_ended(self, error: BaseException | None) -> None:
        if isinstance(error, Exception):
            self._failed_ticks.inc()

    def run_ended(self, report: RunReport) -> None:
        trace = report.record.trace
        rule_type = trace.rule.rule_type_id or _UNKNOWN
        outcome = "timeout" if trace.timed_out_at is not None else trace.outcome
        self._runs.labels(rule_type, outcome).inc()
        self._durations.labels(rule_type).observe(_seconds(trace.ended_at - trace.started_at))
        self._lag.observe(_seconds(trace.started_at - trace.scheduled_at))
        if report.missed:
            self._missed.inc(report.missed)
        if report.outcome is CommitOutcome.COMMITTED:
            for entry in report.record.ledger:
                if entry.reason != "notified":
                    self._suppressed.labels(entry.reason).inc(len(entry.alert_ids) or 1)

    def searched(self, report: SearchReport) -> None:
        self._searches.labels(report.backend, report.outcome).inc()
        self._search_durations.labels(report.backend).observe(report.duration_s)

    def answered(self, method: str, status: int, duration_s: float) -> None:
        """A request was answered. Called on the server's thread."""
        self._requests.labels(method if method in _METHODS else "other", str(status)).inc()
        self._request_durations.observe(duration_s)

    def delivered(self, reports: Sequence[DeliveryReport]) -> None:
        for report in reports:
            notification = report.claimed.notification
            self._attempts.labels("delivered" if report.state == "delivered" else "failed").inc()
            if report.state != "pending":
                self._actions.labels(notification.connector_type_id, report.state).inc()
            if report.state == "delivered":
                self._latency.observe(_seconds(report.at - notification.created_at))
            elif report.state == "dead":
                self._dead_letters.inc()

    def look_at_pulse(self, pulse: Pulse) -> None:
        """Take over how the scheduler is."""
        self._tick_age.set(pulse.tick_age_s)

    def look_at_store(self, standing: Standing, next_due: datetime | None, at: datetime) -> None:
        """Take over what is not counted but looked up. ``next_due``: when a rule is to run next."""
        self._store_up.set(1)
        self._overdue.set(0 if next_due is None else _seconds(at - next_due))
        self._rules.clear()
        for state, count in standing.rules.items():
            self._rules.labels(state).set(count)
        self._alerts.labels("active").set(standing.active_alerts)
        self._depth.set(standing.queued)
        self._oldest.set(0 if standing.oldest_queued is None else _seconds(at - standing.oldest_queued))
        self._dead.set(standing.dead)

    def miss_store(self) -> None:
        """The store does not answer. What it told before is not told again: it would look like news."""
        self._store_up.set(0)
        self._rules.clear()
        self._alerts.clear()
        for gauge in (self._overdue, self._depth, self._oldest, self._dead):
            gauge.set(math.nan)

    def render(self) -> bytes:
        """All figures in the text format of Prometheus."""
        return generate_latest(self._registry)


def _seconds(span: timedelta) -> float:
    """Never less than 0, though a wall clock may have been set back."""
    return max(0.0, span / _SECOND)
