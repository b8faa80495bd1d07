"""Asking before something that cannot be undone: on a terminal, where somebody can answer; scripts are not asked."""

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from tocsin.cli.options import option
from tocsin.cli.text import printable

_Command = TypeVar("_Command", bound=Callable[..., Any])

REFUSED = 1
"""The exit code when the answer was no."""


def yes_option(*, of: str = "") -> Callable[[_Command], _Command]:
    """The option that answers beforehand; ``of`` is the group of the verb."""
    return option("--yes", "-y", "is_yes", of=of, is_flag=True, help="Do not ask. Without a terminal nothing is asked.")


def would_ask(*, is_yes: bool) -> bool:
    """Whether `is_agreed` will ask."""
    return not is_yes and sys.stdin.isatty()


def is_agreed(question: str, *, is_yes: bool) -> bool:
    """Whether to go on. The question goes to stderr, as results may be read by a program."""
    return not would_ask(is_yes=is_yes) or click.confirm(printable(question), err=True)
