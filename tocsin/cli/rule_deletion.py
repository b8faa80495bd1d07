"""Deleting rules, after a question, and telling what became of their alerts."""

from collections.abc import Sequence
from dataclasses import dataclass

import click

from engine.model.jsonvalue import JsonObject
from tocsin.cli.options import OutputFormat
from tocsin.cli.question import REFUSED, is_agreed
from tocsin.cli.tables import print_json
from tocsin.cli.text import printable, some
from tocsin.client.alerts import active_alerts
from tocsin.client.api import Api, path_of
from tocsin.client.rules import find_rules
from tocsin.origins import BY_FILES


@dataclass(frozen=True, slots=True)
class _Doomed:
    """A rule to be deleted; ``alert_ids`` are its active alerts, which it leaves untracked."""

    rule: JsonObject
    alert_ids: Sequence[str]

    @property
    def title(self) -> str:
        return f"{self.rule['name']} [{self.rule['id']}]"


async def delete_rules(api: Api, texts: Sequence[str], *, is_yes: bool, output: OutputFormat) -> int:
    """Delete the rules of these ids or names and say what was done, also when a later one fails; the exit code."""
    doomed = [_Doomed(rule, await active_alerts(api, rule["id"])) for rule in await find_rules(api, texts)]
    if not is_agreed(f"Delete {some(f'{each.title}{_with_alerts(each)}' for each in doomed)}?", is_yes=is_yes):
        click.echo("tocsin: nothing was deleted", err=True)
        return REFUSED
    deleted: list[JsonObject] = []
    try:
        for each in doomed:
            await api.ask("DELETE", path_of("/api/alerting/rule/{id}", id=each.rule["id"]))
            deleted.append({"id": each.rule["id"], "name": each.rule["name"], "untracked": list(each.alert_ids)})
            _tell(each, output)
    finally:
        if output is OutputFormat.JSON and deleted:
            print_json({"rules": deleted})
    return 0


def _with_alerts(doomed: _Doomed) -> str:
    return f" with {_alerts(len(doomed.alert_ids))}" if doomed.alert_ids else ""


def _alerts(count: int) -> str:
    return "1 active alert" if count == 1 else f"{count} active alerts"


def _tell(doomed: _Doomed, output: OutputFormat) -> None:
    rule, count = doomed.rule, len(doomed.alert_ids)
    if output is OutputFormat.TABLE:
        left = f", {_alerts(count)} left untracked" if count else ""
        click.echo(printable(f"{doomed.title}: deleted{left}"))
    if rule["created_by"] == BY_FILES:
        text = f"rule [{rule['id']}] came from a rule file: the daemon makes it anew unless the file is removed, too"
        click.echo(printable(f"tocsin: {text}"), err=True)
