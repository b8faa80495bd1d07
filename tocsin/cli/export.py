"""``tocsin export``: write rules as rule files."""

from pathlib import Path

import click

from tocsin.cli.options import OutputFormat, option, output_option
from tocsin.cli.place import act_at, place_options
from tocsin.cli.verb import verb
from tocsin.client.place import Place


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
@output_option
@place_options()
def export(place: Place, rules: tuple[str, ...], output_dir: Path, force: bool, output: OutputFormat) -> int:
    """Write rules of a store or a daemon as rule files, which `tocsin apply` and `tocsin serve` read back to the same.

    RULE is a rule's id or name; without one, all rules. What is no part of a definition stays behind: mutes, snoozes,
    alerts and history.

    Example: tocsin export --output-dir rules/
    """
    from tocsin.cli.export_result import export_rules

    folder = None if str(output_dir) == "-" else output_dir
    return act_at(place, lambda api: export_rules(api, rules, folder=folder, replaces=force, output=output))
