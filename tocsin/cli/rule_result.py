"""How rules are looked at and printed."""

import click

from engine.model.jsonvalue import JsonObject
from tocsin.cli.options import OutputFormat
from tocsin.cli.tables import print_json, print_table, print_yaml
from tocsin.client.api import Api, Query
from tocsin.client.rules import find_rule


async def print_page(api: Api, query: Query, output: OutputFormat) -> None:
    """Print the page of rules that a query of the API asks for, for people or for programs."""
    found = await api.ask("GET", "/api/tocsin/v1/rules", query=query)
    if output is OutputFormat.JSON:
        print_json(found)
        return
    rules, total, number = found["rules"], found["total"], found["page"]
    headings = ("id", "name", "type", "interval", "status", "active", "last run", "next run", "muted")
    if rules:
        print_table(headings, [_row(rule) for rule in rules])
    before = (number - 1) * found["per_page"]
    shown = f"{before + 1} to {before + len(rules)} of {total} rules" if rules else "no rules"
    click.echo(shown if rules or not total else f"no rules on page {number}, {total} rules in all")


async def print_rule(api: Api, text: str, output: OutputFormat) -> None:
    """Print a rule whole, by its id or name: for people as YAML, which is a rule file too (DECISIONS 1)."""
    rule = await find_rule(api, text)
    if output is OutputFormat.JSON:
        print_json({"rule": rule})
    else:
        print_yaml(rule)


def _row(rule: JsonObject) -> tuple[str, ...]:
    status, last_run = rule["execution_status"], rule.get("last_run")
    return (
        rule["id"],
        rule["name"],
        rule["rule_type_id"],
        rule["schedule"]["interval"],
        status["status"] if rule["enabled"] else f"disabled ({status['status']})",
        "-" if last_run is None else str(last_run["alerts_count"]["active"] or 0),
        "-" if last_run is None else status["last_execution_date"],
        rule["next_run"] or "-",
        _muted(rule),
    )


def _muted(rule: JsonObject) -> str:
    if rule["mute_all"]:
        return "all"
    if until := rule.get("is_snoozed_until"):
        return f"until {until}"
    return str(len(rule["muted_alert_ids"])) if rule["muted_alert_ids"] else "-"
