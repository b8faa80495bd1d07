"""Deleting rules, after a question, and telling what became of their alerts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from engine.model.jsonvalue import JsonObject
from engine.model.rule import Rule
from engine.ports.store import RuleKey
from tocsin.cli.options import OutputFormat
from tocsin.cli.question import REFUSED, is_agreed
from tocsin.cli.tables import print_json
from tocsin.cli.text import printable, some
from tocsin.desk import Desk, open_desk
from tocsin.origins import BY_FILES


@dataclass(frozen=True, slots=True)
class _Doomed:
    """A rule to be deleted; ``alert_ids`` are its active alerts, which it leaves untracked."""

    rule: Rule
    alert_ids: Sequence[str]


def delete_rules(
    config_file: Path | None, store: str | None, texts: Sequence[str], *, is_yes: bool, output: OutputFormat
) -> int:
    """Delete the rules of these ids or names and say what was done, also when a later one fails; the exit code."""
    return asyncio.run(_delete(config_file, store, texts, is_yes, output))


async def _delete(
    config_file: Path | None, store: str | None, texts: Sequence[str], is_yes: bool, output: OutputFormat
) -> int:
    deleted: list[JsonObject] = []
    async with open_desk(config_file, store) as desk:
        doomed = [await _look_at(desk, stored.rule) for stored in await desk.find(texts)]
        if not is_agreed(_question(doomed), is_yes=is_yes):
            click.echo("tocsin: nothing was deleted", err=True)
            return REFUSED
        desk = desk.as_of_now()
        try:
            for each in doomed:
                await desk.rules.delete(each.rule.id, at=desk.at, actor=desk.actor)
                deleted.append({"id": each.rule.id, "name": each.rule.name, "untracked": list(each.alert_ids)})
                _tell(each, output)
        finally:
            if output is OutputFormat.JSON and deleted:
                print_json({"rules": deleted})
    return 0


async def _look_at(desk: Desk, rule: Rule) -> _Doomed:
    versioned = await desk.store.load_state(RuleKey(rule.space, rule.id))
    alerts = () if versioned is None else versioned.state.active.values()
    return _Doomed(rule, sorted(alert.id for alert in alerts if alert.visible))


def _question(doomed: Sequence[_Doomed]) -> str:
    named = some(f"{each.rule.name} [{each.rule.id}]{_with_alerts(each)}" for each in doomed)
    return f"Delete {named}?"


def _with_alerts(doomed: _Doomed) -> str:
    return f" with {_alerts(len(doomed.alert_ids))}" if doomed.alert_ids else ""


def _alerts(count: int) -> str:
    return "1 active alert" if count == 1 else f"{count} active alerts"


def _tell(doomed: _Doomed, output: OutputFormat) -> None:
    rule, count = doomed.rule, len(doomed.alert_ids)
    if output is OutputFormat.TABLE:
        left = f", {_alerts(count)} left untracked" if count else ""
        click.echo(printable(f"{rule.name} [{rule.id}]: deleted{left}"))
    if rule.created_by == BY_FILES:
        text = f"rule [{rule.id}] came from a rule file: the daemon makes it anew unless the file is removed, too"
        click.echo(printable(f"tocsin: {text}"), err=True)
