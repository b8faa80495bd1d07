"""``tocsin connectors``: look at connectors, and try one."""

import click

from tocsin.cli.options import Globals, OutputFormat, option, output_option
from tocsin.cli.place import place_options
from tocsin.cli.verb import verb_group
from tocsin.client.place import Place


@verb_group
def connectors() -> None:
    """Look at the connectors of tocsin.yml and of a store, or of a daemon, and try those of tocsin.yml.

    NAME is a connector's id or name. Secrets are never shown. Stored connectors are made through the HTTP API.
    """


@connectors.verb("list")
@output_option
@place_options()
def _list(place: Place, output: OutputFormat) -> int:
    """Show connectors in order of their ids: what they are called, of which type they are, and where they are kept.

    Example: tocsin connectors list
    """
    import asyncio

    from tocsin.cli.connector_result import show_connectors

    asyncio.run(show_connectors(place, output))
    return 0


@connectors.verb("get")
@click.argument("name")
@output_option
@place_options()
def _get(place: Place, name: str, output: OutputFormat) -> int:
    """Show one connector whole; of secrets in tocsin.yml only what they are called, of others nothing.

    A daemon does not show the config of connectors of its tocsin.yml, unless they have expose_config.

    Example: tocsin connectors get slack
    """
    import asyncio

    from tocsin.cli.connector_result import show_connector

    asyncio.run(show_connector(place, name, output))
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
