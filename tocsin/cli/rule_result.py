"""How stored rules are printed."""

from datetime import datetime

import click

from engine.model.instant import iso
from engine.operations.presentation import rule_to_json, snoozes_to_json
from engine.ports.store import RulePage, StoredRule
from tocsin.cli.options import OutputFormat
from tocsin.cli.tables import print_json, print_table, print_yaml


def print_page(page: RulePage, number: int, limit: int, at: datetime, output: OutputFormat) -> None:
    """Print a page of rules for people or for programs."""
    if output is OutputFormat.JSON:
        rules = [rule_to_json(stored, at=at) for stored in page.rules]
        print_json({"total": page.total, "page": number, "per_page": limit, "rules": rules})
        return
    headings = ("id", "name", "type", "interval", "status", "active", "last run", "next run", "muted")
    if page.rules:
        print_table(headings, [_row(stored, at) for stored in page.rules])
    before = (number - 1) * limit
    shown = f"{before + 1} to {before + len(page.rules)} of {page.total} rules" if page.rules else "no rules"
    click.echo(shown if page.rules or not page.total else f"no rules on page {number}, {page.total} rules in all")


def print_rule(stored: StoredRule, at: datetime, output: OutputFormat) -> None:
    """Print a rule whole: for people as YAML, which is a rule file too (DECISIONS 1)."""
    if output is OutputFormat.JSON:
        print_json({"rule": rule_to_json(stored, at=at)})
    else:
        print_yaml(rule_to_json(stored, at=at))


def _row(stored: StoredRule, at: datetime) -> tuple[str, ...]:
    rule, status = stored.rule, stored.status
    last_run, next_run = status.last_run, stored.schedule.public_next_run
    return (
        rule.id,
        rule.name,
        rule.rule_type_id,
        rule.interval,
        status.execution_status.status if rule.enabled else f"disabled ({status.execution_status.status})",
        "-" if last_run is None else str(last_run.alerts_count.active or 0),
        "-" if last_run is None else iso(status.execution_status.last_execution_date),
        iso(next_run) if next_run is not None and rule.enabled else "-",
        _muted(stored, at),
    )


def _muted(stored: StoredRule, at: datetime) -> str:
    if stored.rule.mute_all:
        return "all"
    if until := snoozes_to_json(stored.rule, at).get("is_snoozed_until"):
        return f"until {until}"
    return str(len(stored.rule.muted_alert_ids)) if stored.rule.muted_alert_ids else "-"
