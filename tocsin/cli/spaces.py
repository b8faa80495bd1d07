"""``tocsin spaces``: rooms that know nothing of each other, each with rules, connectors and data views of its own."""

import click

from tocsin.cli.options import OutputFormat, option, output_option
from tocsin.cli.place import act_at, place_options
from tocsin.cli.question import yes_option
from tocsin.cli.verb import verb_group
from tocsin.client.place import Place

_id_argument = click.argument("space", metavar="ID")


@verb_group
def spaces() -> None:
    """Keep the spaces of a store or a daemon.

    What is in one space is not seen from another. Other verbs work in the space that --space names.
    """


@spaces.verb("list")
@output_option
@place_options(in_space=False)
def _list(place: Place, output: OutputFormat) -> int:
    """Show the spaces by id.

    Example: tocsin spaces list
    """
    from tocsin.cli.space_result import print_spaces

    return act_at(place, lambda api: print_spaces(api, output))


@spaces.verb("get")
@_id_argument
@output_option
@place_options(in_space=False)
def _get(place: Place, space: str, output: OutputFormat) -> int:
    """Show one space whole.

    Example: tocsin spaces get ops
    """
    from tocsin.cli.space_result import print_space

    return act_at(place, lambda api: print_space(api, space, output))


@spaces.verb("create")
@_id_argument
@option("--name", of="spaces", metavar="TEXT", help="What it is called. Default: its id.")
@option("--description", of="spaces", metavar="TEXT", help="What it is for.")
@output_option
@place_options(in_space=False)
def _create(place: Place, space: str, name: str | None, description: str | None, output: OutputFormat) -> int:
    """Make a space and show it. ID is of lower case letters, digits, _ and -.

    Example: tocsin spaces create ops --name Operations
    """
    from tocsin.cli.space_result import create_space

    return act_at(place, lambda api: create_space(api, space, name, description, output))


@spaces.verb("delete")
@_id_argument
@yes_option(of="spaces")
@place_options(in_space=False)
def _delete(place: Place, space: str, is_yes: bool) -> int:
    """Delete a space and everything in it, after a question: rules, connectors, data views, windows.

    Example: tocsin spaces delete ops --yes
    """
    from tocsin.cli.space_result import delete_space

    return act_at(place, lambda api: delete_space(api, space, is_yes=is_yes))
