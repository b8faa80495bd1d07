"""Creating, ending and deleting maintenance windows of a store, and telling what was done."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

import click

from engine.model.jsonvalue import JsonObject
from engine.model.maintenance_window import MaintenanceWindow
from engine.operations.window_form import window_to_json
from tocsin.cli.options import OutputFormat
from tocsin.cli.question import REFUSED, is_agreed
from tocsin.cli.snooze_changes import Repetition
from tocsin.cli.tables import print_json
from tocsin.cli.text import printable, some
from tocsin.cli.window_result import print_window
from tocsin.desk import Desk, open_desk
from tocsin.origins import BY_SETTINGS

Change = Literal["archive", "unarchive", "finish", "delete"]

_MOMENT = timedelta(milliseconds=1)
"""What is archived at an instant is so only after it."""
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

    async def make(self, desk: Desk) -> MaintenanceWindow:
        body: JsonObject = {
            "title": self.title,
            "schedule": {"custom": self.repetition.custom(self.duration, desk.at)},
        }
        if self.scope is not None:
            body["scope"] = {"alerting": {"query": {"kql": self.scope}}}
        return await desk.windows.create(body, at=desk.at, actor=desk.actor, window_id=self.window_id)


def create_window(config_file: Path | None, store: str | None, new: NewWindow, output: OutputFormat) -> int:
    """Create a window in a store and print it whole; the exit code."""

    async def create() -> None:
        async with open_desk(config_file, store) as desk:
            print_window(await new.make(desk), desk.at, output)

    asyncio.run(create())
    return 0


def change_windows(
    config_file: Path | None,
    store: str | None,
    window_ids: Sequence[str],
    change: Change,
    output: OutputFormat,
    *,
    is_yes: bool = True,
) -> int:
    """Change the windows of these ids and say what was done, also when a later one fails; the exit code.

    ``is_yes`` False: somebody at a terminal is asked before.
    """
    return asyncio.run(_change(config_file, store, window_ids, change, output, is_yes))


async def _change(
    config_file: Path | None, store: str | None, ids: Sequence[str], change: Change, output: OutputFormat, is_yes: bool
) -> int:
    done: list[JsonObject] = []
    async with open_desk(config_file, store) as desk:
        windows = [await desk.windows.get(window_id) for window_id in dict.fromkeys(ids)]
        if not is_agreed(f"Delete {some(map(_named, windows))}?", is_yes=is_yes):
            click.echo("tocsin: nothing was deleted", err=True)
            return REFUSED
        desk = desk.as_of_now()
        try:
            for window in windows:
                after = await _apply(desk, window, change)
                done.append(window_to_json(after, desk.at + _MOMENT))
                _tell(after, change, output)
        finally:
            if output is OutputFormat.JSON and done:
                print_json({"windows": done})
    return 0


async def _apply(desk: Desk, window: MaintenanceWindow, change: Change) -> MaintenanceWindow:
    """The window afterwards, or as it was when it was deleted."""
    operations, at, actor = desk.windows, desk.at, desk.actor
    match change:
        case "archive":
            return await operations.archive(window.id, at=at, actor=actor)
        case "unarchive":
            return await operations.unarchive(window.id, at=at, actor=actor)
        case "finish":
            return await operations.finish(window.id, at=at, actor=actor)
        case "delete":
            await operations.delete(window.id, at=at, actor=actor)
            return window


def _tell(window: MaintenanceWindow, change: Change, output: OutputFormat) -> None:
    if output is OutputFormat.TABLE:
        click.echo(printable(f"{_named(window)}: {_DONE[change]}"))
    if change == "delete" and window.created_by == BY_SETTINGS:
        text = f"window [{window.id}] came from tocsin.yml: the daemon makes it anew unless it is removed there, too"
        click.echo(printable(f"tocsin: {text}"), err=True)


def _named(window: MaintenanceWindow) -> str:
    return f"{window.title} [{window.id}]"
