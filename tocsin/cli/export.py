"""``tocsin export``: write the rules of a store as rule files."""

from pathlib import Path

import click

from tocsin.cli.options import Globals, OutputFormat, option, output_option, store_option
from tocsin.cli.verb import verb


@verb
@click.argument("rules", metavar="[RULE]...", nargs=-1)
@option(
    "--output-dir",
    type=click.Path(path_type=Path, file_okay=False, allow_dash=True),
    default="-",
    show_default=True,
    help="The folder to write into, a file for each rule; - is standard output, where they are one list.",
)
@option("--force", is_flag=True, help="Replace files that are there already.")
@store_option
@output_option
@click.pass_obj
def export(
    options: Globals,
    rules: tuple[str, ...],
    output_dir: Path,
    force: bool,
    store: str | None,
    output: OutputFormat,
) -> int:
    """Write rules of a store as rule files, which `tocsin apply` and `tocsin serve` read back to the same rules.

    RULE is a rule's id or name; without one, all rules. What is no part of a definition stays behind: mutes, snoozes,
    alerts and history.

    Example: tocsin export --output-dir rules/
    """
    from tocsin.cli.export_result import export_rules

    folder = None if str(output_dir) == "-" else output_dir
    return export_rules(options.config, store, rules, folder=folder, replaces=force, output=output)
