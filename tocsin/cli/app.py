"""The command ``tocsin``: its verbs, loaded when used, and what happens to errors."""

import os
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from tocsin import __version__
from tocsin.cli.options import Globals, global_options

_VERBS: Mapping[str, str] = {
    "demo": "tocsin.cli.demo",
    "run": "tocsin.cli.run",
    "check": "tocsin.cli.check",
    "why": "tocsin.cli.why",
    "render": "tocsin.cli.render",
    "kql": "tocsin.cli.kql",
    "serve": "tocsin.cli.serve",
    "apply": "tocsin.cli.apply",
    "export": "tocsin.cli.export",
    "rules": "tocsin.cli.rules",
    "alerts": "tocsin.cli.alerts",
    "notifications": "tocsin.cli.notifications",
    "connectors": "tocsin.cli.connectors",
    "rotate-key": "tocsin.cli.rotate_key",
    "windows": "tocsin.cli.windows",
    "views": "tocsin.cli.views",
    "spaces": "tocsin.cli.spaces",
    "users": "tocsin.cli.users",
    "keys": "tocsin.cli.keys",
    "roles": "tocsin.cli.roles",
}
"""Verb -> the module whose function of that name is the command."""

_USAGE, _INTERNAL, _INTERRUPTED = 2, 70, 130


class _Verbs(click.Group):
    """Loads the module of a verb when the verb is asked for, so that ``--help`` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _VERBS:
            return None
        command: click.Command = getattr(import_module(_VERBS[cmd_name]), cmd_name.replace("-", "_"))
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Click would make a failure of it.
            raise _ReaderHasLeft from None


class _ReaderHasLeft(Exception):
    """Whoever read our output has seen enough (`tocsin why ... | head`)."""


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@global_options
@click.version_option(__version__, message="tocsin %(version)s")
def tocsin() -> None:
    """Run alert rules over Elasticsearch-like data: Kibana's rules without Kibana.

    Exit codes: 0 done; 1 findings; 2 wrong usage or invalid input; 3 data or store cannot be reached; 4 a query or a
    connector failed; 5 locked by another process; 70 an internal error. Every option can also be given as the
    environment variable that its help names. --config, --log-level and --debug may also follow the verb.
    """


def run_app() -> None:
    """Run the command line; an error becomes a message on stderr and an exit code, no traceback without ``--debug``."""
    options = Globals()
    code = 0
    try:
        code = tocsin.main(prog_name="tocsin", standalone_mode=False, obj=options) or 0
        sys.stdout.flush()
        sys.exit(code)
    except (click.exceptions.Abort, KeyboardInterrupt):
        sys.exit(_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(_USAGE)
    except (_ReaderHasLeft, BrokenPipeError):
        # What is still buffered would fail again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(code)
    except Exception as error:  # noqa: BLE001 - the last line of defence: every error ends in a message and a code
        if options.debug:
            traceback.print_exc()
        sys.exit(_report(error))


def _report(error: Exception) -> int:
    """Say what failed; the exit code."""
    from engine.model.errors import TocsinError
    from tocsin.cli.text import printable

    if isinstance(error, TocsinError):
        click.echo(f"tocsin: {printable(error)} [{error.code}]", err=True)
        return error.exit_code
    text = printable(f"{type(error).__name__}: {error}")
    click.echo(f"tocsin: internal error: {text} (--debug shows the traceback; please report it)", err=True)
    return _INTERNAL
