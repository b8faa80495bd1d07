"""How data views are looked at and printed."""

import click

from engine.model.jsonvalue import JsonObject
from tocsin.cli.options import OutputFormat
from tocsin.cli.tables import print_json, print_table, print_yaml
from tocsin.client.api import Api, path_of

_VIEWS = "/api/tocsin/v1/data_views"


async def print_views(api: Api, output: OutputFormat) -> None:
    """Print all data views for people or for programs."""
    stored = (await api.ask("GET", _VIEWS))["data_views"]
    if output is OutputFormat.JSON:
        print_json({"views": [each["data_view"] for each in stored]})
        return
    if stored:
        print_table(("id", "name", "searches", "time field", "made by"), [_row(each) for each in stored])
    click.echo(f"{len(stored)} data views" if stored else "no data views")


async def print_view(api: Api, view_id: str, output: OutputFormat) -> None:
    """Print a data view whole, by its id: for people as YAML, which files take."""
    view = (await api.ask("GET", path_of(f"{_VIEWS}/{{id}}", id=view_id)))["data_view"]
    if output is OutputFormat.JSON:
        print_json({"view": view})
    else:
        print_yaml(view)


def _row(stored: JsonObject) -> tuple[str, ...]:
    view = stored["data_view"]
    return (
        view["id"],
        view.get("name") or view["title"],
        view["title"],
        view.get("timeFieldName") or "-",
        stored["created_by"] or "-",
    )
