"""``tocsin kql``: show what a KQL text searches for, or where it is wrong."""

from pathlib import Path

import click

from tocsin.cli.options import Globals, option
from tocsin.cli.verb import verb


@verb
@click.argument("text")
@option(
    "--view",
    type=click.Path(path_type=Path),
    help="A file with a data view, whose fields (with their types) the text may name.",
)
@click.pass_obj
def kql(options: Globals, text: str, view: Path | None) -> int:
    """Print the query DSL that a KQL text becomes in rules, as JSON; or the mistake in it, with a caret below it.

    Advanced settings of tocsin.yml count. Without --view nothing is known of any field, as if no index had it mapped.

    Example: tocsin kql 'host.name: web-* and response >= 500' --view views/web-logs.json
    """
    import orjson

    from engine.query.errors import KqlError
    from engine.query.kql.compiler import compile_kql
    from engine.query.options import options_of
    from tocsin.cli.text import printable_lines
    from tocsin.files.view_fields import read_view_fields
    from tocsin.session import read_config

    settings = options_of(read_config(options.config).engine.query)
    fields = None if view is None else read_view_fields(view)
    try:
        query = compile_kql(text, fields, settings)
    except KqlError as error:
        # After the reason, in lines of its own, comes the text with a caret below the place.
        reason, _, excerpt = str(error).partition("\n")
        click.echo(printable_lines(f"tocsin: {reason} [{error.code}]\n{excerpt}".rstrip()), err=True)
        return error.exit_code
    click.echo(orjson.dumps(query, option=orjson.OPT_INDENT_2))
    return 0
