"""How a story is printed."""

from collections.abc import Mapping, Sequence

import click
import orjson

from engine.model.instant import iso
from engine.operations.story import Decision, Delivery, Story
from tocsin.action_names import name_actions
from tocsin.cli.options import OutputFormat
from tocsin.cli.text import printable


def print_story(story: Story, output: OutputFormat) -> None:
    """Print it for people or for programs."""
    if output is OutputFormat.JSON:
        click.echo(orjson.dumps({"version": 1, **story.as_json()}, option=orjson.OPT_INDENT_2))
        return
    about = f", alert {story.alert_id}" if story.alert_id else ""
    click.echo(printable(f"{story.rule.name} [{story.rule.id}]{about}: {_ending(story)}"))
    if story.first and story.last:
        click.echo(
            f"{story.runs} runs from {iso(story.first)} to {iso(story.last)}; shown: those in which something changed."
        )
    names = name_actions(story.rule)
    for chapter in story.chapters:
        click.echo(f"\n{iso(chapter.at)}")
        for text in chapter.happened:
            click.echo(printable(f"  * {text}"))
        for decision in _worth_reading(chapter.decisions):
            click.echo(printable(f"  {_line(decision, names, story.alert_id)}"))


def _ending(story: Story) -> str:
    return story.status if story.last is None else f"{story.status} (as of {iso(story.last)})"


def _line(decision: Decision, names: Mapping[str, str], alert: str | None) -> str:
    """``->`` went out, ``!!`` was to go out and failed, ``--`` was kept back."""
    who = "all actions" if decision.action is None else names.get(decision.action, f"former action {decision.action}")
    if decision.alert is not None and decision.alert != alert:
        who += f" for {decision.alert}"
    if decision.reason != "notified":
        return f"-- {who}: {decision.reason}: {decision.text}"
    delivery = decision.delivery
    mark = "!!" if delivery is not None and delivery.error and delivery.state != "delivered" else "->"
    return f"{mark} {who}: notified{_fate(delivery)}"


def _fate(delivery: Delivery | None) -> str:
    if delivery is None:
        return ""
    tried = f" after {delivery.attempts} attempts" if delivery.attempts > 1 else ""
    error = f": {delivery.error}" if delivery.error else ""
    words = {
        "delivered": f", delivered{tried}",
        "dead": f", but given up{tried}{error}",
        "dropped": f", but dropped by a user{tried}{error}",
        "dry": ", but not sent: the run was without --send",
    }
    return words.get(delivery.state, f", but not delivered yet{tried}{error}")


def _worth_reading(decisions: Sequence[Decision]) -> list[Decision]:
    """That an action is for another group is worth a line only where no action is for the alert's own."""
    telling = [decision for decision in decisions if decision.reason != "groupMismatch"]
    told = {decision.alert for decision in telling}
    return telling + [decision for decision in decisions if decision.alert not in told]
