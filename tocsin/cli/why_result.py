"""How a story is asked for and printed."""

from collections.abc import Mapping, Sequence

import click

from engine.api.explanations import MOST_RUNS
from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject
from engine.timing.durations import is_duration
from tocsin.action_names import NamedAction, name_actions
from tocsin.cli.options import OutputFormat
from tocsin.cli.tables import print_json
from tocsin.cli.text import printable
from tocsin.client.api import Api, path_of
from tocsin.client.rules import find_rule


def check_last(last: str | None) -> None:
    """Raises InvalidInput for what is no duration."""
    if last is not None and not is_duration(last):
        raise InvalidInput([Problem("--last", f"{last!r} is no duration", "write it like 30m, 2h or 1d")])


async def tell_why(api: Api, text: str, alert: str | None, last: str | None, output: OutputFormat) -> None:
    """Print the story of a rule (id or name), or of one of its alerts, for people or for programs."""
    rule = await find_rule(api, text)
    query = {"alert_id": alert, "last": last, "runs": MOST_RUNS}
    path = path_of("/api/tocsin/v1/rule/{id}/_explain", id=rule["id"])
    story: JsonObject = await api.ask("GET", path, query=query)
    if output is OutputFormat.JSON:
        print_json(story)
    else:
        _print(story, rule)


def _print(story: JsonObject, rule: JsonObject) -> None:
    alert = story["alert"]
    about = f", alert {alert}" if alert else ""
    ending = story["status"] if story["last"] is None else f"{story['status']} (as of {story['last']})"
    click.echo(printable(f"{rule['name']} [{rule['id']}]{about}: {ending}"))
    if story["first"] and story["last"]:
        span = f"{story['first']} to {story['last']}"
        click.echo(f"{story['runs']} runs from {span}; shown: those in which something changed.")
    names = name_actions(
        NamedAction(action["uuid"], action["id"], action.get("group", "")) for action in rule["actions"]
    )
    for chapter in story["chapters"]:
        click.echo(f"\n{chapter['at']}")
        for text in chapter["happened"]:
            click.echo(printable(f"  * {text}"))
        for decision in _worth_reading(chapter["decisions"]):
            click.echo(printable(f"  {_line(decision, names, alert)}"))


def _line(decision: JsonObject, names: Mapping[str, str], alert: str | None) -> str:
    """``->`` went out, ``!!`` was to go out and failed, ``--`` was kept back."""
    action = decision["action"]
    who = "all actions" if action is None else names.get(action, f"former action {action}")
    if decision["alert"] is not None and decision["alert"] != alert:
        who += f" for {decision['alert']}"
    if decision["reason"] != "notified":
        return f"-- {who}: {decision['reason']}: {decision['text']}"
    delivery = decision["delivery"]
    mark = "!!" if delivery is not None and delivery["error"] and delivery["state"] != "delivered" else "->"
    return f"{mark} {who}: notified{_fate(delivery)}"


def _fate(delivery: JsonObject | None) -> str:
    if delivery is None:
        return ""
    tried = f" after {delivery['attempts']} attempts" if delivery["attempts"] > 1 else ""
    error = f": {delivery['error']}" if delivery["error"] else ""
    words = {
        "delivered": f", delivered{tried}",
        "dead": f", but given up{tried}{error}",
        "dropped": f", but dropped by a user{tried}{error}",
        "dry": ", but not sent: the run was without --send",
    }
    return words.get(delivery["state"], f", but not delivered yet{tried}{error}")


def _worth_reading(decisions: Sequence[JsonObject]) -> list[JsonObject]:
    """That an action is for another group is worth a line only where no action is for the alert's own."""
    telling = [decision for decision in decisions if decision["reason"] != "groupMismatch"]
    told = {decision["alert"] for decision in telling}
    return telling + [decision for decision in decisions if decision["alert"] not in told]
