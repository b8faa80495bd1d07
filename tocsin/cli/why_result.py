"""How a story is printed."""

from collections.abc import Sequence

import click
import orjson

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from tocsin.cli.options import OutputFormat
from tocsin.story import Story


def print_story(story: Story, output: OutputFormat) -> None:
    """Print it for people or for programs."""
    if output is OutputFormat.JSON:
        click.echo(orjson.dumps(_as_json(story), option=orjson.OPT_INDENT_2))
        return
    about = f", alert {story.alert_id}" if story.alert_id else ""
    click.echo(f"{story.rule.name} [{story.rule.id}]{about}: {story.runs} runs, those with something to tell:")
    for chapter in story.chapters:
        click.echo(f"\n{iso(chapter.at)}")
        for text in chapter.happened:
            click.echo(f"  * {text}")
        for decision in _worth_reading(chapter.decisions):
            mark = "->" if decision["reason"] == "notified" else "--"
            who = f"{decision['action'] or 'all actions'}" + (f" for {decision['alert']}" if decision["alert"] else "")
            click.echo(f"  {mark} {who}: {decision['reason']}: {decision['text']}")


def _worth_reading(decisions: Sequence[JsonObject]) -> list[JsonObject]:
    """That an action is for another group is worth a line only where no action is for the alert's own."""
    telling = [decision for decision in decisions if decision["reason"] != "groupMismatch"]
    told = {decision["alert"] for decision in telling}
    return telling + [decision for decision in decisions if decision["alert"] not in told]


def _as_json(story: Story) -> JsonObject:
    return {
        "version": 1,
        "rule": {"id": story.rule.id, "name": story.rule.name},
        "alert": story.alert_id,
        "runs": story.runs,
        "chapters": [
            {"at": iso(chapter.at), "happened": list(chapter.happened), "decisions": list(chapter.decisions)}
            for chapter in story.chapters
        ],
    }
