"""Exporting rules, and telling where they went."""

from collections.abc import Sequence
from pathlib import Path

import click

from engine.model.jsonvalue import JsonObject
from tocsin.cli.options import OutputFormat
from tocsin.cli.tables import print_json
from tocsin.cli.text import printable
from tocsin.client.api import Api
from tocsin.exporting import exported_rules, write_rule_files
from tocsin.files.documents import MAX_BYTES
from tocsin.files.yaml_output import yaml_of


async def export_rules(
    api: Api, texts: Sequence[str], *, folder: Path | None, replaces: bool, output: OutputFormat
) -> None:
    """Write the rules of these ids or names, by default all, into a folder or to standard output."""
    definitions = await exported_rules(api, texts)
    if folder is None:
        _print_rules(definitions, output)
    else:
        _tell_files(definitions, write_rule_files(definitions, folder, replaces=replaces), output)


def _print_rules(definitions: Sequence[JsonObject], output: OutputFormat) -> None:
    if output is OutputFormat.JSON:
        print_json({"rules": list(definitions)})
        return
    text = yaml_of(list(definitions))
    if len(text.encode()) > MAX_BYTES:
        click.echo("tocsin: this is more than a rule file may have (5 MB): use --output-dir", err=True)
    click.echo(text, nl=False)


def _tell_files(definitions: Sequence[JsonObject], files: Sequence[Path], output: OutputFormat) -> None:
    written = list(zip(definitions, files, strict=True))
    if output is OutputFormat.JSON:
        print_json({"files": [{"id": definition["id"], "file": str(file)} for definition, file in written]})
        return
    for definition, file in written:
        click.echo(printable(f"{definition['name']} [{definition['id']}]: {file}"))
    if not written:
        click.echo("no rules")
