"""How the result of a one-shot run is printed, and the exit code that it deserves."""

import click
import orjson

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.model.notification import LedgerEntry, Notification, StoredNotification
from engine.model.trace import RunTrace
from engine.notify.explanation import explain
from engine.service.run_result import alerts_as_json
from tocsin.action_names import NamedAction, name_actions
from tocsin.cli.options import OutputFormat
from tocsin.cli.tables import print_table
from tocsin.cli.text import printable
from tocsin.one_shot import OneShotOutcome, OneShotResult, outcome_as_json

_DONE, _ALERT, _UNREACHABLE, _FAILED, _LOCKED = 0, 1, 3, 4, 5


def print_outcome(outcome: OneShotOutcome, output: OutputFormat) -> None:
    """Print what came of every rule."""
    if output is OutputFormat.JSON:
        click.echo(orjson.dumps(outcome_as_json(outcome), option=orjson.OPT_INDENT_2))
        return
    for number, result in enumerate(outcome.results):
        click.echo("\n" * bool(number), nl=False)
        _print_rule(result)
    if (delivery := outcome.delivery) is not None:
        click.echo(f"\ndelivered {delivery.delivered}, to be retried {delivery.retried}, given up {delivery.dead}")


def tell_swallowed(outcome: OneShotOutcome) -> None:
    """Say on stderr that messages of a dry run are lost to the daemon whose store it used."""
    reports = [result.report for result in outcome.results if result.report is not None]
    if number := sum(len(report.record.notifications) for report in reports):
        click.echo(f"tocsin: {number} messages count as sent and never will be (--send delivers)", err=True)


def exit_code_of(outcome: OneShotOutcome, *, is_alert_failing: bool) -> int:
    """The code of the worst thing that happened: failures count more than alerts."""
    traces = [result.trace for result in outcome.results if result.trace is not None]
    failed = [trace for trace in traces if trace.outcome == "failure"]
    if failed:
        return _UNREACHABLE if all(_is_unreachable(trace) for trace in failed) else _FAILED
    if outcome.delivery is not None and (outcome.delivery.dead or outcome.delivery.retried):
        return _FAILED
    if len(traces) < len(outcome.results):
        return _LOCKED
    if is_alert_failing and any(trace.active for trace in traces):
        return _ALERT
    return _DONE


def _is_unreachable(trace: RunTrace) -> bool:
    return bool(trace.metrics.get("is_backend_unreachable"))


def _print_rule(result: OneShotResult) -> None:
    trace, report = result.trace, result.report
    click.echo(printable(f"{result.rule.name} [{result.rule.id}]"))
    if report is None or trace is None:
        click.echo("  another process is running this rule: nothing was done")
        return
    click.echo(f"  at {iso(trace.started_at)}: {trace.status}")
    if trace.error_message:
        click.echo(printable(f"  failed ({trace.reason}): {trace.error_message}"))
    alerts = alerts_as_json(report.transition)
    if alerts:
        print_table(
            ("alert", "status", "group", "since", "reason"),
            [(a["id"], a["status"], a["group"] or "-", a["start"] or "-", _reason(a["document"])) for a in alerts],
        )
    decisions = _decisions(result, list(report.record.ledger))
    if decisions:
        print_table(("action", "alerts", "decision", "why"), decisions)
    if not alerts and not decisions and not trace.error_message:
        click.echo("  no alert, nothing to send")
    for sent in report.record.notifications:
        click.echo(f"  {_message(sent, result.sent.get(sent.id))}")


def _reason(document: JsonObject) -> str:
    """The first line of the reason; the rule types put conditions below it."""
    return " ".join(str(document.get("kibana.alert.reason", "")).split())


def _decisions(result: OneShotResult, ledger: list[LedgerEntry]) -> list[tuple[str, ...]]:
    names = name_actions(NamedAction(each.uuid, each.connector_id, each.group) for each in result.rule.actions)
    return [
        (
            "all actions" if entry.action_uuid is None else names.get(entry.action_uuid, entry.action_uuid),
            ", ".join(entry.alert_ids) or "-",
            entry.reason,
            explain(entry.reason, entry.facts),
        )
        for entry in ledger
    ]


def _message(sent: Notification, stored: StoredNotification | None) -> str:
    state = "not sent" if stored is None else stored.state
    error = f" ({stored.last_error})" if stored is not None and stored.last_error else ""
    # JSON text escapes control characters but for some that terminals obey.
    return printable(f"message for {sent.connector_id}, {state}{error}: {orjson.dumps(sent.params).decode()}")
