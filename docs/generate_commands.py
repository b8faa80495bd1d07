"""Writes docs/commands.md from the command line's own help; a test fails when the two differ."""

from pathlib import Path

import click

from tocsin.cli.app import tocsin

FILE = Path(__file__).parent / "commands.md"
_HEAD = """# Command reference

Made from `--help` by `make docs`; do not edit. What commands print, and where: [output](output.md).
"""


def reference() -> str:
    """The whole reference as Markdown."""
    context = _context_of(tocsin, None, "tocsin")
    parts = [_HEAD, _section("tocsin", tocsin.get_help(context))]
    for verb in tocsin.list_commands(context):
        command = tocsin.get_command(context, verb)
        assert command is not None
        parts.append(_section(f"tocsin {verb}", command.get_help(_context_of(command, context, verb))))
    return "\n".join(parts)


def _context_of(command: click.Command, parent: click.Context | None, name: str) -> click.Context:
    settings = command.context_settings | {"terminal_width": 100, "max_content_width": 100}
    return click.Context(command, info_name=name, parent=parent, **settings)


def _section(title: str, text: str) -> str:
    return f"## `{title}`\n\n```text\n{text}\n```\n"


if __name__ == "__main__":
    FILE.write_text(reference(), encoding="utf-8")
