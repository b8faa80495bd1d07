"""How alerts are looked at and printed."""

from datetime import timedelta

import click

from engine.model.jsonvalue import JsonObject
from tocsin.cli.options import OutputFormat
from tocsin.cli.tables import print_json, print_table
from tocsin.client.alerts import ALERTS
from tocsin.client.api import Api
from tocsin.client.rules import find_rule


async def print_alerts(api: Api, rule: str | None, status: str | None, limit: int, output: OutputFormat) -> None:
    """Print the newest ``limit`` alerts that match, oldest start first; ``rule`` is an id or a name."""
    rule_id = None if rule is None else (await find_rule(api, rule))["id"]
    found = await api.ask("GET", ALERTS, query={"rule_id": rule_id, "status": status, "limit": limit})
    alerts: list[JsonObject] = found["alerts"]
    if output is OutputFormat.JSON:
        print_json({"alerts": alerts})
    elif alerts:
        headings = ("alert", "rule", "status", "group", "start", "duration", "flapping", "muted", "reason")
        print_table(headings, [_row(alert) for alert in alerts])
        if len(alerts) == limit:
            click.echo(f"the newest {limit}; there may be more (--limit)")
    else:
        click.echo("no alerts")


def _row(alert: JsonObject) -> tuple[str, ...]:
    duration_ms = alert["duration_ms"]
    return (
        alert["id"],
        alert["rule"]["name"] or alert["rule"]["id"],
        alert["status"],
        alert["group"] or "-",
        alert["start"] or "-",
        "-" if duration_ms is None else str(timedelta(seconds=duration_ms // 1000)),
        "yes" if alert["flapping"] else "-",
        "yes" if alert["muted"] else "-",
        " ".join(str(alert["reason"] or "").split()) or "-",
    )
