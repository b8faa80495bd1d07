"""``tocsin views``: look at data views."""

import click

from tocsin.cli.options import OutputFormat, output_option
from tocsin.cli.place import act_at, place_options
from tocsin.cli.verb import verb_group
from tocsin.client.place import Place


@verb_group
def views() -> None:
    """Look at the data views of a store or a daemon.

    A data view names indices and their time field; rules search it by its id. Data views are written as files, named
    by data_views in tocsin.yml, or made over HTTP; see docs/data-views.md.
    """


@views.verb("list")
@output_option
@place_options()
def _list(place: Place, output: OutputFormat) -> int:
    """Show data views in order of their names: what they search, and by which time field.

    Example: tocsin views list
    """
    from tocsin.cli.view_result import print_views

    return act_at(place, lambda api: print_views(api, output))


@views.verb("get")
@click.argument("view")
@output_option
@place_options()
def _get(place: Place, view: str, output: OutputFormat) -> int:
    """Show one data view whole, by its id, in the form of its file.

    Example: tocsin views get web-logs
    """
    from tocsin.cli.view_result import print_view

    return act_at(place, lambda api: print_view(api, view, output))
