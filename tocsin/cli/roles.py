"""``tocsin roles``: what users may do, in the form of Kibana's roles."""

from pathlib import Path

import click

from tocsin.cli.options import OutputFormat, output_option
from tocsin.cli.place import act_at, place_options
from tocsin.cli.verb import verb_group
from tocsin.client.place import Place

_name_argument = click.argument("name", metavar="NAME")


@verb_group
def roles() -> None:
    """Keep the roles of a store or a daemon: what users may do in which space.

    They have the form of Kibana's. superuser, editor, kibana_admin and viewer are built in. See docs/security.md.
    """


@roles.verb("list")
@output_option
@place_options(in_space=False)
def _list(place: Place, output: OutputFormat) -> int:
    """Show the roles by name.

    Example: tocsin roles list
    """
    from tocsin.cli.role_result import print_roles

    return act_at(place, lambda api: print_roles(api, output))


@roles.verb("get")
@_name_argument
@output_option
@place_options(in_space=False)
def _get(place: Place, name: str, output: OutputFormat) -> int:
    """Show one role whole, in the form that `tocsin roles put` takes.

    Example: tocsin roles get viewer > readers.yml
    """
    from tocsin.cli.role_result import print_role

    return act_at(place, lambda api: print_role(api, name, output))


@roles.verb("put")
@_name_argument
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True))
@place_options(in_space=False)
def _put(place: Place, name: str, file: Path) -> int:
    """Make a role, or replace it as a whole, by a YAML or JSON file; - is standard input.

    The file holds the body of Kibana's PUT /api/security/role. The role counts from the next request on.

    Example: tocsin roles put on-call on-call.yml
    """
    from tocsin.cli.role_result import put_role, read_role

    document = read_role(file)
    return act_at(place, lambda api: put_role(api, name, document))


@roles.verb("delete")
@_name_argument
@place_options(in_space=False)
def _delete(place: Place, name: str) -> int:
    """Remove a role; users that have it keep its name, which grants nothing any more.

    Example: tocsin roles delete on-call
    """
    from tocsin.cli.role_result import delete_role

    return act_at(place, lambda api: delete_role(api, name))
