"""How alerts are read from a store and printed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import click

from engine.model.jsonvalue import JsonObject
from engine.model.rule import DEFAULT_SPACE, Rule
from engine.ports.store import RuleKey
from tocsin.cli.options import OutputFormat
from tocsin.cli.tables import print_json, print_table
from tocsin.desk import Desk, open_desk

AlertStatus = Literal["active", "recovered", "untracked"]


async def print_alerts(
    config_file: Path | None,
    store: str | None,
    rule: str | None,
    status: AlertStatus | None,
    limit: int,
    output: OutputFormat,
) -> None:
    """Print the newest ``limit`` alerts that match, oldest start first."""
    async with open_desk(config_file, store) as desk:
        rule_id = None if rule is None else (await desk.find([rule]))[0].rule.id
        documents = await desk.store.documents(DEFAULT_SPACE, rule_id=rule_id, status=status, limit=limit)
        rules = await _rules_of(desk, documents)
    alerts = [_alert_as_json(document, rules, desk.at) for document in documents]
    if output is OutputFormat.JSON:
        print_json({"alerts": alerts})
    elif alerts:
        headings = ("alert", "rule", "status", "group", "start", "duration", "flapping", "muted", "reason")
        print_table(headings, [_row(alert) for alert in alerts])
        if len(alerts) == limit:
            click.echo(f"the newest {limit}; there may be more (--limit)")
    else:
        click.echo("no alerts")


async def _rules_of(desk: Desk, documents: list[JsonObject]) -> dict[str, Rule]:
    """The rules as they are now; those that were deleted are not there."""
    ids = {str(document.get("kibana.alert.rule.uuid")) for document in documents}
    stored = await desk.store.load_rules([RuleKey(DEFAULT_SPACE, rule_id) for rule_id in sorted(ids)])
    return {key.id: each.rule for key, each in stored.items()}


def _alert_as_json(document: JsonObject, rules: Mapping[str, Rule], at: datetime) -> JsonObject:
    def member(name: str) -> object:
        return document.get(f"kibana.alert.{name}")

    rule_id, alert_id = str(member("rule.uuid")), str(member("instance.id"))
    rule, duration_us = rules.get(rule_id), member("duration.us")
    return {
        "id": alert_id,
        "uuid": member("uuid"),
        "rule": {"id": rule_id, "name": member("rule.name")},
        "status": member("status"),
        "group": member("action_group"),
        "start": member("start"),
        "end": member("end"),
        "duration_ms": duration_us // 1000 if isinstance(duration_us, int) else None,
        "flapping": bool(member("flapping")),
        # The document tells what held at the last run; what holds now is the rule's.
        "muted": bool(member("muted")) if rule is None else rule.mute_all or alert_id in rule.muted_ids(at),
        "reason": member("reason"),
    }


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
