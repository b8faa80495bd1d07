"""How spaces are looked at, made, deleted and printed."""

import click

from engine.model.jsonvalue import JsonObject
from tocsin.cli.options import OutputFormat
from tocsin.cli.question import REFUSED, is_agreed
from tocsin.cli.tables import print_json, print_table, print_yaml
from tocsin.cli.text import printable
from tocsin.client.api import Api, path_of

_SPACES = "/api/spaces/space"
_SPACE = f"{_SPACES}/{{id}}"


async def print_spaces(api: Api, output: OutputFormat) -> None:
    """Print all spaces for people or for programs."""
    spaces = await api.ask("GET", _SPACES)
    if output is OutputFormat.JSON:
        print_json({"spaces": spaces})
        return
    print_table(("id", "name", "description"), [_row(space) for space in spaces])
    click.echo(f"{len(spaces)} space{'' if len(spaces) == 1 else 's'}")


async def print_space(api: Api, space_id: str, output: OutputFormat) -> None:
    """Print a space whole."""
    _show(await api.ask("GET", path_of(_SPACE, id=space_id)), output)


async def create_space(
    api: Api, space_id: str, name: str | None, description: str | None, output: OutputFormat
) -> None:
    """Make a space and print it; without a name it is called by its id."""
    body: JsonObject = {"id": space_id, "name": name or space_id}
    if description is not None:
        body["description"] = description
    _show(await api.ask("POST", _SPACES, body=body), output)


async def delete_space(api: Api, space_id: str, *, is_yes: bool) -> int:
    """Delete a space after a question; the exit code."""
    space = await api.ask("GET", path_of(_SPACE, id=space_id))
    if not is_agreed(f"Delete the space {space['name']} [{space_id}] and everything in it?", is_yes=is_yes):
        click.echo("tocsin: nothing was deleted", err=True)
        return REFUSED
    await api.ask("DELETE", path_of(_SPACE, id=space_id))
    click.echo(printable(f"{space['name']} [{space_id}]: deleted"))
    return 0


def _show(space: JsonObject, output: OutputFormat) -> None:
    if output is OutputFormat.JSON:
        print_json({"space": space})
    else:
        print_yaml(space)


def _row(space: JsonObject) -> tuple[str, ...]:
    return space["id"], space["name"], space.get("description") or "-"
