"""``tocsin apply``: make the rules of a store what files say."""

from pathlib import Path

from tocsin.cli.options import OutputFormat, option, output_option, rule_paths
from tocsin.cli.place import act_at, place_options
from tocsin.cli.question import yes_option
from tocsin.cli.verb import verb
from tocsin.client.place import Place


@verb
@rule_paths("PATH", is_required=True)
@option("--dry-run", is_flag=True, help="Show the plan, and change nothing.")
@yes_option()
@output_option
@place_options()
def apply(place: Place, paths: tuple[Path, ...], dry_run: bool, is_yes: bool, output: OutputFormat) -> int:
    """Create or change rules of a store or a daemon as rule files say, by their ids; show first what that changes.

    PATH is a rule file or a folder of them. Their problems are told as by `tocsin check`, and then nothing is changed.
    A file is the whole definition of its rule; the rule's alerts live on, mutes and snoozes stay. A rule that somebody
    disabled stays so unless its file says enabled: true. Rules that are in no file are left alone. Connectors,
    maintenance windows and data views are those of tocsin.yml and of its daemon; with --server the daemon judges the
    files by its own.

    On a terminal it asks before it changes anything, and ends with exit code 1 if the answer is no. A daemon that works
    with the store heeds the changes within a second.

    Example: tocsin apply rules/ --dry-run
    """
    from tocsin.cli.apply_result import apply_files, read_files

    rules = read_files(place, paths)
    return act_at(place, lambda api: apply_files(api, rules, is_dry=dry_run, is_yes=is_yes, output=output))
