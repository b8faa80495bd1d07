"""How maintenance windows are printed."""

from datetime import datetime

import click

from engine.model.instant import iso
from engine.model.maintenance_window import MaintenanceWindow
from engine.operations.window_form import status_of, window_to_json
from engine.operations.windows import WindowPage
from tocsin.cli.options import OutputFormat
from tocsin.cli.tables import print_json, print_table, print_yaml


def print_windows(page: WindowPage, at: datetime, output: OutputFormat) -> None:
    """Print windows for people or for programs."""
    if output is OutputFormat.JSON:
        print_json({"total": page.total, "windows": [window_to_json(window, at) for window in page.windows]})
        return
    if page.windows:
        headings = ("id", "title", "status", "from", "until", "scope")
        print_table(headings, [_row(window, at) for window in page.windows])
    click.echo(f"{len(page.windows)} of {page.total} windows" if page.total else "no maintenance windows")


def print_window(window: MaintenanceWindow, at: datetime, output: OutputFormat) -> None:
    """Print a window whole: for people as YAML, which tocsin.yml takes."""
    if output is OutputFormat.JSON:
        print_json({"window": window_to_json(window, at)})
    else:
        print_yaml(window_to_json(window, at))


def _row(window: MaintenanceWindow, at: datetime) -> tuple[str, ...]:
    status = status_of(window, at)
    event = status.event
    return (
        window.id,
        window.title,
        status.name,
        "-" if event is None else iso(event.gte),
        "-" if event is None else iso(event.lte),
        window.kql or "all alerts",
    )
