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


class VerbGroup(click.Group):
    """Verbs about one kind of object, each in the order in which it was added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def verb(self, name: str) -> Callable[[Callable[..., int]], click.Command]:
        """Make a function the command of that name in this group."""

        def add(function: Callable[..., int]) -> click.Command:
            command = verb(function)
            self.add_command(command, name)
            command.name = name
            return command

        return add


def verb_group(function: Callable[..., None]) -> VerbGroup:
    """Make a function, which is there for its name and its help, a group of verbs."""
    return click.group(cls=VerbGroup)(function)


def verb(function: Callable[..., int]) -> click.Command:
    """Make a function the command of its name; it returns the exit code."""
    command = click.command(cls=_Verb)(global_options(function))
    # In the help a verb's own options come first; those kept in `Globals` are not handed to its function.
    command.params.sort(key=lambda parameter: not parameter.expose_value)
    return command
