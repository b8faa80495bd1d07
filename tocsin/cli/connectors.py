"""``tocsin connectors``: look at connectors, and try one."""

import click

from tocsin.cli.options import Globals, OutputFormat, option, output_option, store_option
from tocsin.cli.verb import verb_group


@verb_group
def connectors() -> None:
    """Look at the connectors of tocsin.yml and of a store, and try those of tocsin.yml. Secrets are never shown.

    NAME is a connector's id or name. Stored connectors are made through the HTTP API; those of the default space are
    shown.
    """


@connectors.verb("list")
@store_option
@output_option
@click.pass_obj
def _list(options: Globals, store: str | None, output: OutputFormat) -> int:
    """Show connectors in order of their ids: what they are called, of which type they are, and where they are kept.

    Example: tocsin connectors list
    """
    from tocsin.cli.connector_result import show_connectors

    show_connectors(options.config, store, output)
    return 0


@connectors.verb("get")
@click.argument("name")
@store_option
@output_option
@click.pass_obj
def _get(options: Globals, name: str, store: str | None, output: OutputFormat) -> int:
    """Show one connector whole; of secrets in tocsin.yml only what they are called, of stored ones nothing.

    Example: tocsin connectors get slack
    """
    from tocsin.cli.connector_result import show_connector

    show_connector(options.config, store, name, output)
    return 0


@connectors.verb("test")
@click.argument("name")
@option("--send", of="connectors", is_flag=True, help="Execute the connector once, for real.")
@option(
    "--params",
    of="connectors",
    metavar="FILE|JSON",
    default="{}",
    show_default=True,
    help="The params of an action, as JSON or in a YAML or JSON file. Templates in them are not rendered.",
)
@output_option
@click.pass_obj
def _test(options: Globals, name: str, send: bool, params: str, output: OutputFormat) -> int:
    """Check params of a connector and show the requests that would go out; with --send, send them.

    Without --send nothing leaves the machine. Where a type does more than send requests, its params are shown as it
    takes them. A real execution is one attempt, is not tried again, and stands in no store; exit code 4 if it fails.

    Example: tocsin connectors test slack --params '{"message": "A test of Tocsin"}' --send
    """
    import asyncio

    from tocsin.cli.connector_result import try_connector

    return asyncio.run(try_connector(options.config, name, params, is_sending=send, output=output))
