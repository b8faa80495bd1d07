"""``tocsin windows``: look at maintenance windows, make, end and delete them."""

from typing import Any, get_args

import click

from engine.model.maintenance_window import WindowStatusName
from tocsin.cli.options import Instant, OutputFormat, option, output_option
from tocsin.cli.place import act_at, place_options
from tocsin.cli.question import yes_option
from tocsin.cli.verb import verb_group
from tocsin.client.place import Place

_STATUSES = get_args(WindowStatusName)
_windows_argument = click.argument("windows", metavar="WINDOW...", nargs=-1, required=True)


@verb_group
def windows() -> None:
    """Look at maintenance windows, make, end and delete them.

    Alerts that become new in one notify nobody until it ends. Windows may also be written into tocsin.yml; see
    docs/silence.md. WINDOW is the id of one. A running daemon takes part at once.
    """


@windows.verb("list")
@option(
    "--status", "statuses", of="windows", type=click.Choice(_STATUSES), multiple=True, help="Only these. Repeatable."
)
@option("--title", of="windows", metavar="TEXT", help="Only windows whose title holds this text, case aside.")
@option("--page", of="windows", type=click.IntRange(1, 100), default=1, show_default=True, help="Which 100 to show.")
@output_option
@place_options()
def _list(
    place: Place,
    statuses: tuple[WindowStatusName, ...],
    title: str | None,
    page: int,
    output: OutputFormat,
) -> int:
    """Show windows in order of their making: what they are now, and the event that runs, comes next or was the last.

    Example: tocsin windows list --status running --status upcoming
    """
    from tocsin.cli.window_result import print_windows

    query = {"title": title, "status": statuses, "page": page, "per_page": 100}
    return act_at(place, lambda api: print_windows(api, query, output))


@windows.verb("get")
@click.argument("window")
@output_option
@place_options()
def _get(place: Place, window: str, output: OutputFormat) -> int:
    """Show one window whole, by its id, in the form of tocsin.yml.

    Example: tocsin windows get patch-day
    """
    from tocsin.cli.window_result import print_window

    return act_at(place, lambda api: print_window(api, window, output))


@windows.verb("create")
@click.argument("title")
@option("--for", "duration", of="windows", metavar="DURATION", required=True, help="How long each time: 30m, 2h, 1d.")
@option("--id", "window_id", of="windows", metavar="ID", help="Its id. Default: a random one.")
@option("--scope", of="windows", metavar="KQL", help="Only for alerts whose documents meet this. Default: all alerts.")
@option("--start", of="windows", type=Instant(), help="When it begins. Default: now.")
@option("--every", of="windows", metavar="INTERVAL", help="Again and again: 1d, 2w, 1M (months), 1y.")
@option(
    "--on", "weekdays", of="windows", multiple=True, metavar="DAY", help="MO to SU; +2TU, -1FR of a month. Repeatable."
)
@option("--timezone", of="windows", metavar="ZONE", help="On whose wall clock it recurs. Default: UTC.")
@option("--times", of="windows", type=click.IntRange(1), help="How often.")
@option("--last", of="windows", type=Instant(), help="No start after this time.")
@output_option
@place_options()
def _create(
    place: Place,
    /,
    title: str,
    duration: str,
    window_id: str | None,
    scope: str | None,
    output: OutputFormat,
    **repetition: Any,
) -> int:
    """Make a window and show it whole. It is for once, from --start on, unless it is to recur.

    Example: tocsin windows create "Database upgrade" --for 2h --scope 'kibana.alert.rule.tags: db'

    Example: tocsin windows create "Patch day" --for 4h --start 2026-01-13T19:00:00Z --every 1M --on +2TU
    """
    from tocsin.cli.snooze_changes import Repetition
    from tocsin.cli.window_changes import NewWindow, create_window

    new = NewWindow(title, duration, Repetition(**repetition), window_id, scope)
    return act_at(place, lambda api: create_window(api, new, output))


@windows.verb("finish")
@_windows_argument
@output_option
@place_options()
def _finish(place: Place, windows: tuple[str, ...], output: OutputFormat) -> int:
    """End what runs of windows now. What recurs comes again at its time.

    Example: tocsin windows finish patch-day
    """
    from tocsin.cli.window_changes import change_windows

    return act_at(place, lambda api: change_windows(api, windows, "finish", output))


@windows.verb("archive")
@_windows_argument
@output_option
@place_options()
def _archive(place: Place, windows: tuple[str, ...], output: OutputFormat) -> int:
    """End windows for good, and keep them to look at.

    Example: tocsin windows archive patch-day
    """
    from tocsin.cli.window_changes import change_windows

    return act_at(place, lambda api: change_windows(api, windows, "archive", output))


@windows.verb("unarchive")
@_windows_argument
@output_option
@place_options()
def _unarchive(place: Place, windows: tuple[str, ...], output: OutputFormat) -> int:
    """Let archived windows run again.

    Example: tocsin windows unarchive patch-day
    """
    from tocsin.cli.window_changes import change_windows

    return act_at(place, lambda api: change_windows(api, windows, "unarchive", output))


@windows.verb("delete")
@_windows_argument
@yes_option(of="windows")
@output_option
@place_options()
def _delete(place: Place, windows: tuple[str, ...], is_yes: bool, output: OutputFormat) -> int:
    """Delete windows. Alerts that one silenced notify again.

    Example: tocsin windows delete patch-day
    """
    from tocsin.cli.window_changes import change_windows

    return act_at(place, lambda api: change_windows(api, windows, "delete", output, is_yes=is_yes))
