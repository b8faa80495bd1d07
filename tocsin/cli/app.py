"""The command ``tocsin``: its verbs, loaded when used, and what happens to errors."""

import logging
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated

import click
import typer
from typer.core import TyperGroup

from tocsin import __version__
from tocsin.cli.options import Globals, LogLevel, option

_VERBS: Mapping[str, str] = {
    "demo": "tocsin.cli.demo",
    "run": "tocsin.cli.run",
    "check": "tocsin.cli.check",
    "why": "tocsin.cli.why",
}


class _Verbs(TyperGroup):
    """Loads the module of a verb when the verb is asked for, so that ``--help`` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _VERBS:
            return None
        command: click.Command = typer.main.get_command(import_module(_VERBS[cmd_name]).app)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=_Verbs,
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"tocsin {__version__}")
        raise typer.Exit


@app.callback()
def tocsin(
    context: typer.Context,
    config: Annotated[
        Path | None,
        option("--config", "-c", help="Settings and connectors: tocsin.yml. Default: where docs/rule-files.md says."),
    ] = None,
    log_level: Annotated[LogLevel, option("--log-level", help="The least important log records to show.")] = (
        LogLevel.WARNING
    ),
    debug: Annotated[bool, option("--debug", help="Show the traceback of an error.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and stop.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Run alert rules over Elasticsearch-like data: Kibana's rules without Kibana.

    Exit codes: 0 done; 1 findings; 2 wrong usage or invalid input; 3 data or store cannot be reached; 4 a query or a
    connector failed; 5 locked by another process; 70 an internal error. Every option can also be given as the
    environment variable that its help names.
    """
    logging.basicConfig(level=log_level.level, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr)
    context.obj = Globals(config_file=config, is_debug=debug)


def run_app() -> None:
    """Run the command line; errors become a message on stderr and an exit code, never a traceback without ``--debug``."""
    is_debug = "--debug" in sys.argv[1:]
    try:
        app(standalone_mode=False)
    except click.exceptions.Exit as exit_:
        sys.exit(exit_.exit_code)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has seen enough (`tocsin why ... | head`).
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:  # noqa: BLE001 - the last line of defence: every error ends in a message and a code
        if is_debug:
            traceback.print_exc()
        sys.exit(_report(error))


def _report(error: Exception) -> int:
    """Say what failed; the exit code."""
    from engine.model.errors import TocsinError

    if isinstance(error, TocsinError):
        typer.echo(f"tocsin: {error} [{error.code}]", err=True)
        return error.exit_code
    typer.echo(f"tocsin: internal error: {type(error).__name__}: {error} (run with --debug for the traceback)", err=True)
    return 70
