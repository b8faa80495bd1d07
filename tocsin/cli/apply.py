"""``tocsin apply``: make the rules of a store what files say."""

from pathlib import Path

import click

from tocsin.cli.options import Globals, OutputFormat, option, output_option, rule_paths, store_option
from tocsin.cli.question import yes_option
from tocsin.cli.verb import verb


@verb
@rule_paths("PATH", is_required=True)
@option("--dry-run", is_flag=True, help="Show the plan, and change nothing.")
@yes_option()
@store_option
@output_option
@click.pass_obj
def apply(
    options: Globals, paths: tuple[Path, ...], dry_run: bool, is_yes: bool, store: str | None, output: OutputFormat
) -> int:
    """Create or change rules of a store as rule files say, by their ids; show first what that changes.

    PATH is a rule file or a folder of them. Their problems are told as by `tocsin check`, and then nothing is changed.
    A file is the whole definition of its rule; the rule's alerts live on, mutes and snoozes stay. A rule that somebody
    disabled stays so unless its file says enabled: true. Rules that are in no file are left alone. Connectors,
    maintenance windows and data views are those of tocsin.yml and of its daemon.

    On a terminal it asks before it changes anything, and ends with exit code 1 if the answer is no. A daemon that works
    with the store heeds the changes within a second.

    Example: tocsin apply rules/ --dry-run
    """
    from tocsin.cli.apply_result import apply_files

    return apply_files(options.config, store, paths, is_dry=dry_run, is_yes=is_yes, output=output)
