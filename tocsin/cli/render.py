"""``tocsin render``: show what the templates in a rule's actions become."""

from pathlib import Path

import click

from tocsin.cli.options import Globals, OutputFormat, option, output_option, store_option
from tocsin.cli.verb import verb


@verb
@click.argument("rule")
@option("--alert", metavar="ID", help="Render for this alert, as the store remembers it.")
@option(
    "--context",
    type=click.Path(path_type=Path),
    help="A JSON file with variables (context, state, alert, ...), which go before those of rule and alert.",
)
@option("--action", type=click.IntRange(min=1), help="Only the action of that number, counted from 1.")
@store_option
@output_option
@click.pass_obj
def render(
    options: Globals,
    rule: str,
    alert: str | None,
    context: Path | None,
    action: int | None,
    store: str | None,
    output: OutputFormat,
) -> int:
    """Show the params of a rule's actions with their templates rendered, and what is doubtful about them.

    RULE is a rule's id or name. Nothing is sent. An alert's context is not kept between runs: give it with --context
    to see it. Exit code 1 if a template has an error.

    Example: tocsin render slow-hosts --alert web-3 --context context.json
    """
    import asyncio

    from tocsin.cli.render_result import print_rendered
    from tocsin.rehearsal import rehearse

    rendered = asyncio.run(rehearse(options.config, store, rule=rule, alert=alert, variables=context, action=action))
    print_rendered(rendered, output)
    return 1 if any(each.errors for each in rendered) else 0
