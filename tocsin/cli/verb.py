"""The decorator of verbs."""

from collections.abc import Callable
from typing import Any

import click

from tocsin.cli.options import Globals, global_options


class _Verb(click.Command):
    """Takes the options of `Globals` too, and starts logging once all options are known."""

    def invoke(self, ctx: click.Context) -> Any:
        from tocsin.cli.log import configure_logging

        configure_logging(ctx.ensure_object(Globals))
        return super().invoke(ctx)


def verb(function: Callable[..., int]) -> click.Command:
    """Make a function the command of its name; it returns the exit code."""
    command = click.command(cls=_Verb)(global_options(function))
    # In the help a verb's own options come first; those kept in `Globals` are not handed to its function.
    command.params.sort(key=lambda parameter: not parameter.expose_value)
    return command
