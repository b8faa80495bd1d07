"""How data views are printed."""

from collections.abc import Sequence

import click

from engine.model.data_view import DataView
from engine.query.data_view_spec import spec_of
from tocsin.cli.options import OutputFormat
from tocsin.cli.tables import print_json, print_table, print_yaml


def print_views(views: Sequence[DataView], output: OutputFormat) -> None:
    """Print data views for people or for programs."""
    if output is OutputFormat.JSON:
        print_json({"views": [spec_of(view) for view in views]})
        return
    if views:
        rows = [(view.id, view.name, view.title, view.time_field or "-", view.created_by or "-") for view in views]
        print_table(("id", "name", "searches", "time field", "made by"), rows)
    click.echo(f"{len(views)} data views" if views else "no data views")


def print_view(view: DataView, output: OutputFormat) -> None:
    """Print a data view whole: for people as YAML, which files take."""
    if output is OutputFormat.JSON:
        print_json({"view": spec_of(view)})
    else:
        print_yaml(spec_of(view))
