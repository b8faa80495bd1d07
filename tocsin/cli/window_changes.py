"""Creating, ending and deleting maintenance windows, and telling what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import click

from engine.model.jsonvalue import JsonObject
from engine.service.clocks import SystemClock
from tocsin.cli.options import OutputFormat
from tocsin.cli.question import REFUSED, is_agreed
from tocsin.cli.snooze_changes import Repetition
from tocsin.cli.tables import print_json
from tocsin.cli.text import printable, some
from tocsin.cli.window_result import WINDOW, get_window, show_window
from tocsin.client.api import Api, path_of
from tocsin.origins import BY_SETTINGS

Change = Literal["archive", "unarchive", "finish", "delete"]

_DONE: dict[Change, str] = {
    "archive": "archived",
    "unarchive": "taken out of the archive",
    "finish": "what ran has ended",
    "delete": "deleted",
}


@dataclass(frozen=True, slots=True)
class NewWindow:
    """What the options of ``create`` say. ``duration`` as in the public form of schedules; no ``scope``: all alerts."""

    title: str
    duration: str
    repetition: Repetition
    window_id: str | None = None
    scope: str | None = None

    async def make(self, api: Api) -> JsonObject:
        body: JsonObject = {
            "title": self.title,
            "schedule": {"custom": self.repetition.custom(self.duration, SystemClock().now())},
        }
        if self.scope is not None:
            body["scope"] = {"alerting": {"query": {"kql": self.scope}}}
        path = "/api/maintenance_window"
        if self.window_id is not None:
            path = path_of("/api/tocsin/v1/maintenance_window/{id}", id=self.window_id)
        made: JsonObject = await api.ask("POST", path, body=body)
        return made


async def create_window(api: Api, new: NewWindow, output: OutputFormat) -> None:
    """Create a window and print it whole."""
    show_window(await new.make(api), output)


async def change_windows(
    api: Api, window_ids: Sequence[str], change: Change, output: OutputFormat, *, is_yes: bool = True
) -> int:
    """Change the windows of these ids and say what was done, also when a later one fails; the exit code.

    ``is_yes`` False: somebody at a terminal is asked before.
    """
    windows = [await get_window(api, window_id) for window_id in dict.fromkeys(window_ids)]
    if not is_agreed(f"Delete {some(map(_named, windows))}?", is_yes=is_yes):
        click.echo("tocsin: nothing was deleted", err=True)
        return REFUSED
    done: list[JsonObject] = []
    try:
        for window in windows:
            after = await _apply(api, window, change)
            done.append(after)
            _tell(after, change, output)
    finally:
        if output is OutputFormat.JSON and done:
            print_json({"windows": done})
    return 0


async def _apply(api: Api, window: JsonObject, change: Change) -> JsonObject:
    """The window afterwards, or as it was when it was deleted."""
    if change == "delete":
        await api.ask("DELETE", path_of(WINDOW, id=window["id"]))
        return window
    base = "/internal/alerting/rules/maintenance_window/{id}" if change == "finish" else WINDOW
    await api.ask("POST", path_of(f"{base}/_{change}", id=window["id"]))
    return await get_window(api, window["id"])


def _tell(window: JsonObject, change: Change, output: OutputFormat) -> None:
    if output is OutputFormat.TABLE:
        click.echo(printable(f"{_named(window)}: {_DONE[change]}"))
    if change == "delete" and window["created_by"] == BY_SETTINGS:
        text = f"window [{window['id']}] came from tocsin.yml: the daemon makes it anew unless it is removed there, too"
        click.echo(printable(f"tocsin: {text}"), err=True)


def _named(window: JsonObject) -> str:
    return f"{window['title']} [{window['id']}]"
