"""How rendered params are printed."""

from collections.abc import Sequence

import click

from tocsin.cli.options import OutputFormat
from tocsin.cli.tables import print_json, print_yaml
from tocsin.cli.text import printable
from tocsin.rehearsal import RenderedAction


def print_rendered(actions: Sequence[RenderedAction], output: OutputFormat) -> None:
    """Print rendered params for people (as YAML) or for programs."""
    if output is OutputFormat.JSON:
        print_json({"actions": [action.as_json() for action in actions]})
        return
    for action in actions:
        click.echo(printable(f"# {action.number}. {action.connector_id} ({action.connector_type_id}), {action.group}"))
        print_yaml(action.params)
        for error in action.errors:
            click.echo(printable(f"error: {error}"))
        for name in action.empty_names:
            click.echo(printable(f"note: there is no [{name}] here; it is empty unless a section brings it"))
    if not actions:
        click.echo("the rule has no actions")
