"""Writes docs/commands.md from the command line's own help; a test fails when the two differ."""

from collections.abc import Iterator
from pathlib import Path

import click

from tocsin.cli.app import tocsin

FILE = Path(__file__).parent / "commands.md"
_HEAD = """# Command reference

Made from `--help` by `make docs`; do not edit. What commands print, and where: [output](output.md).
"""


def reference() -> str:
    """The whole reference as Markdown."""
    return "\n".join([_HEAD, *_sections(tocsin, None, "tocsin")])


def _sections(command: click.Command, parent: click.Context | None, name: str) -> Iterator[str]:
    """The command's help, then that of the commands in it."""
    context = _context_of(command, parent, name)
    yield _section(context.command_path, command.get_help(context))
    if isinstance(command, click.Group):
        for verb in command.list_commands(context):
            inner = command.get_command(context, verb)
            assert inner is not None
            yield from _sections(inner, context, verb)


def _context_of(command: click.Command, parent: click.Context | None, name: str) -> click.Context:
    settings = command.context_settings | {"terminal_width": 100, "max_content_width": 100}
    return click.Context(command, info_name=name, parent=parent, **settings)


def _section(title: str, text: str) -> str:
    return f"## `{title}`\n\n```text\n{text}\n```\n"


if __name__ == "__main__":
    FILE.write_text(reference(), encoding="utf-8")
