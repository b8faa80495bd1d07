"""How the result of a one-shot run is printed, and the exit code that it deserves."""

from collections.abc import Sequence

import click
import orjson

from engine.model.notification import LedgerEntry
from engine.model.trace import RunTrace
from engine.notify.explanation import explain
from tocsin.cli.options import OutputFormat
from tocsin.cli.tables import print_table
from tocsin.one_shot import OneShotResult, alerts_as_json, result_as_json


def print_result(results: Sequence[OneShotResult], output: OutputFormat) -> None:
    """Print every rule's result."""
    if output is OutputFormat.JSON:
        document = {"version": 1, "rules": [result_as_json(result) for result in results]}
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))
        return
    for result in results:
        _print_rule(result)
    if results and (delivery := results[0].delivery) is not None:
        click.echo(f"delivered {delivery.delivered}, to be retried {delivery.retried}, dead {delivery.dead}")


def exit_code_of(results: Sequence[OneShotResult], *, is_alert_failing: bool) -> int:
    """5 a rule is held elsewhere; 3 data unreachable; 4 a query or connector failed; 1 alerts with --fail-on-alert."""
    if any(result.report is None for result in results):
        return 5
    traces = [result.trace for result in results if result.trace is not None]
    if any(trace.outcome == "failure" for trace in traces):
        return 3 if all(_is_unreachable(trace) for trace in traces if trace.outcome == "failure") else 4
    if any(result.delivery is not None and (result.delivery.dead or result.delivery.retried) for result in results):
        return 4
    if is_alert_failing and any(trace.active for trace in traces):
        return 1
    return 0


def _is_unreachable(trace: RunTrace) -> bool:
    return bool(trace.metrics.get("is_backend_unreachable"))


def _print_rule(result: OneShotResult) -> None:
    trace, report = result.trace, result.report
    click.echo(f"\n{result.rule.name}  [{result.rule.id}]")
    if report is None or trace is None:
        click.echo("  another process is running this rule; nothing was done")
        return
    click.echo(f"  at {trace.started_at.isoformat()}  status {trace.status}")
    if trace.error_message:
        click.echo(f"  failed ({trace.reason}): {trace.error_message}")
    alerts = alerts_as_json(report.transition)
    if alerts:
        print_table(
            ("alert", "status", "group", "since", "reason"),
            [(a["id"], a["status"], a["group"] or "-", a["start"] or "-", _first_line(a["document"])) for a in alerts],
        )
    decisions = [
        (entry.action_uuid or "all actions", ", ".join(entry.alert_ids) or "-", entry.reason, _why(entry))
        for entry in report.record.ledger
    ]
    if decisions:
        print_table(("action", "alerts", "decision", "why"), decisions)
    if not alerts and not decisions and not trace.error_message:
        click.echo("  no alert, nothing to send")
    for sent in report.record.notifications:
        click.echo(f"  message for {sent.connector_id}: {orjson.dumps(sent.params).decode()}")


def _first_line(document: dict[str, object]) -> str:
    return str(document.get("kibana.alert.reason", "")).splitlines()[0] if document.get("kibana.alert.reason") else ""


def _why(entry: LedgerEntry) -> str:
    return explain(entry.reason, entry.facts)
