"""How maintenance windows are looked at and printed."""

from typing import Final

import click

from engine.model.jsonvalue import JsonObject
from tocsin.cli.options import OutputFormat
from tocsin.cli.tables import print_json, print_table, print_yaml
from tocsin.client.api import Api, Query, path_of

WINDOW: Final = "/api/maintenance_window/{id}"


async def print_windows(api: Api, query: Query, output: OutputFormat) -> None:
    """Print the windows that a query (`title`, `status`, page) asks for, for people or for programs."""
    if output is OutputFormat.JSON:
        found = await api.ask("GET", "/api/maintenance_window/_find", query=query)
        print_json({"total": found["total"], "windows": found["maintenanceWindows"]})
        return
    # The older form alone tells when a window runs.
    older = {"search" if name == "title" else name: value for name, value in query.items()}
    found = await api.ask("GET", "/internal/alerting/rules/maintenance_window/_find", query=older)
    windows, total = found["data"], found["total"]
    if windows:
        print_table(("id", "title", "status", "from", "until", "scope"), [_row(window) for window in windows])
    click.echo(f"{len(windows)} of {total} windows" if total else "no maintenance windows")


async def print_window(api: Api, window_id: str, output: OutputFormat) -> None:
    """Print a window whole, by its id."""
    show_window(await get_window(api, window_id), output)


async def get_window(api: Api, window_id: str) -> JsonObject:
    """The window of an id."""
    window: JsonObject = await api.ask("GET", path_of(WINDOW, id=window_id))
    return window


def show_window(window: JsonObject, output: OutputFormat) -> None:
    """Print it: for people as YAML, which tocsin.yml takes."""
    if output is OutputFormat.JSON:
        print_json({"window": window})
    else:
        print_yaml(window)


def _row(window: JsonObject) -> tuple[str, ...]:
    scope = window["scoped_query"]
    return (
        window["id"],
        window["title"],
        window["status"],
        window["event_start_time"] or "-",
        window["event_end_time"] or "-",
        "all alerts" if scope is None else scope["kql"] or "all alerts",
    )
