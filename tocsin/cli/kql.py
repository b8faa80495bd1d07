"""``tocsin kql``: show what a KQL text searches for, or where it is wrong."""

from pathlib import Path
from typing import Any

import click

from engine.model.jsonvalue import JsonObject
from tocsin.cli.options import Globals, OutputFormat, option, output_option
from tocsin.cli.verb import verb


class _Object(click.ParamType[JsonObject]):
    """A JSON object."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> JsonObject:
        import json

        try:
            read = json.loads(value) if isinstance(value, str) else value
        except (ValueError, RecursionError):
            read = None
        if not isinstance(read, dict):
            self.fail("is no JSON object; write it like '{\"caseInsensitive\": true}'", param, ctx)
        return read


@verb
@click.argument("text")
@option(
    "--view",
    type=click.Path(path_type=Path),
    help="A file with a data view, whose fields (with their types) the text may name.",
)
@option(
    "--options",
    "compilation",
    of="kql",
    metavar="JSON",
    type=_Object(),
    help="Options in place of those of tocsin.yml: allowLeadingWildcards, caseInsensitive, dateFormatTZ, "
    "filtersInMustClause, nestedIgnoreUnmapped. Default of the first: true.",
)
@output_option
@click.pass_obj
def kql(options: Globals, text: str, view: Path | None, compilation: JsonObject | None, output: OutputFormat) -> int:
    """Print the query DSL that a KQL text becomes in rules, as JSON; or the mistake in it, with a caret below it.

    Advanced settings of tocsin.yml count. Without --view nothing is known of any field, as if no index had it mapped.
    With -o json a mistake is printed as JSON, too: its kind, message and offset.

    Example: tocsin kql 'host.name: web-* and response >= 500' --view views/web-logs.json
    """
    import orjson

    from engine.query.errors import KqlError
    from engine.query.kql.compiler import compile_kql
    from engine.query.options import QueryOptions, options_of, read_options
    from tocsin.cli.text import printable_lines
    from tocsin.files.view_fields import read_view_fields
    from tocsin.session import read_config

    if compilation is None:
        settings = options_of(read_config(options.config).engine.query)
    else:
        settings = read_options(compilation, QueryOptions())
    fields = None if view is None else read_view_fields(view)
    try:
        query = compile_kql(text, fields, settings)
    except KqlError as error:
        if output is OutputFormat.JSON:
            told = {"kind": error.kind, "message": str(error), "offset": error.offset}
            click.echo(orjson.dumps({"error": told}, option=orjson.OPT_INDENT_2))
            return error.exit_code
        # After the reason, in lines of its own, comes the text with a caret below the place.
        reason, _, excerpt = str(error).partition("\n")
        click.echo(printable_lines(f"tocsin: {reason} [{error.code}]\n{excerpt}".rstrip()), err=True)
        return error.exit_code
    click.echo(orjson.dumps(query, option=orjson.OPT_INDENT_2))
    return 0
