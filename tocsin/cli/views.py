"""``tocsin views``: look at the data views of a store."""

import click

from tocsin.cli.options import Globals, OutputFormat, output_option, store_option
from tocsin.cli.verb import verb_group


@verb_group
def views() -> None:
    """Look at the data views of a store.

    A data view names indices and their time field; rules search it by its id. Data views are written as files, named
    by data_views in tocsin.yml; see docs/data-views.md.
    """


@views.verb("list")
@store_option
@output_option
@click.pass_obj
def _list(options: Globals, store: str | None, output: OutputFormat) -> int:
    """Show data views in order of their names: what they search, and by which time field.

    Example: tocsin views list
    """
    import asyncio

    from tocsin.cli.view_result import print_views
    from tocsin.desk import open_desk

    async def find() -> None:
        async with open_desk(options.config, store) as desk:
            print_views(await desk.data_views.find(), output)

    asyncio.run(find())
    return 0


@views.verb("get")
@click.argument("view")
@store_option
@output_option
@click.pass_obj
def _get(options: Globals, view: str, store: str | None, output: OutputFormat) -> int:
    """Show one data view whole, by its id, in the form of its file.

    Example: tocsin views get web-logs
    """
    import asyncio

    from tocsin.cli.view_result import print_view
    from tocsin.desk import open_desk

    async def get() -> None:
        async with open_desk(options.config, store) as desk:
            print_view(await desk.data_views.get(view), output)

    asyncio.run(get())
    return 0
