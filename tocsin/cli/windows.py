"""``tocsin windows``: look at the maintenance windows of a store."""

from typing import get_args

import click

from engine.model.maintenance_window import WindowStatusName
from tocsin.cli.options import Globals, OutputFormat, option, output_option, store_option
from tocsin.cli.verb import verb_group

_STATUSES = get_args(WindowStatusName)


@verb_group
def windows() -> None:
    """Look at the maintenance windows of a store.

    Alerts that become new in one notify nobody until it ends. Windows are written into tocsin.yml; see docs/silence.md.
    """


@windows.verb("list")
@option(
    "--status", "statuses", of="windows", type=click.Choice(_STATUSES), multiple=True, help="Only these. Repeatable."
)
@option("--title", of="windows", metavar="TEXT", help="Only windows whose title holds this text, case aside.")
@option("--page", of="windows", type=click.IntRange(1, 100), default=1, show_default=True, help="Which 100 to show.")
@store_option
@output_option
@click.pass_obj
def _list(
    options: Globals,
    statuses: tuple[WindowStatusName, ...],
    title: str | None,
    page: int,
    store: str | None,
    output: OutputFormat,
) -> int:
    """Show windows in order of their making: what they are now, and the event that runs, comes next or was the last.

    Example: tocsin windows list --status running --status upcoming
    """
    import asyncio

    from engine.operations.windows import WindowQuery
    from tocsin.cli.window_result import print_windows
    from tocsin.desk import open_desk

    query = WindowQuery(title=title, statuses=statuses, page=page, per_page=100)

    async def find() -> None:
        async with open_desk(options.config, store) as desk:
            print_windows(await desk.windows.find(query, at=desk.at), desk.at, output)

    asyncio.run(find())
    return 0


@windows.verb("get")
@click.argument("window")
@store_option
@output_option
@click.pass_obj
def _get(options: Globals, window: str, store: str | None, output: OutputFormat) -> int:
    """Show one window whole, by its id, in the form of tocsin.yml.

    Example: tocsin windows get patch-day
    """
    import asyncio

    from tocsin.cli.window_result import print_window
    from tocsin.desk import open_desk

    async def get() -> None:
        async with open_desk(options.config, store) as desk:
            print_window(await desk.windows.get(window), desk.at, output)

    asyncio.run(get())
    return 0
