"""Results for people and for programs.

Tables on the terminal are plain text, coloured and fitted to its width only when it is one.
"""

import os
import sys
from collections.abc import Sequence
from typing import Literal

import click
import orjson

from engine.model.jsonvalue import JsonObject
from tocsin.cli.text import printable

_WIDTH_OF_FILES = 100_000
"""Wider than any row: what a program or a file gets is never folded."""


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under headings. What cells hold is text: neither markup nor control characters in it count."""
    # Loads slowly, and programs read JSON.
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=True, expand=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    # Left to itself Rich still prints in bold under NO_COLOR.
    colours: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    width = None if sys.stdout.isatty() else _WIDTH_OF_FILES
    Console(width=width, color_system=colours, highlight=False).print(table)


def print_json(members: JsonObject) -> None:
    """Print one object for programs; docs/output.md is its promise."""
    click.echo(orjson.dumps({"version": 1, **members}, option=orjson.OPT_INDENT_2))


def print_yaml(members: JsonObject) -> None:
    """Print one object as YAML, which files take too."""
    # Loads slowly, and is not needed for the others.
    from tocsin.files.yaml_output import yaml_of

    click.echo(yaml_of(members), nl=False)
