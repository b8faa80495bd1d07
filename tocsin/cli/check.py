"""``tocsin check``: say whether rule files and settings are valid, without data or network."""

from pathlib import Path

import click

from tocsin.cli.options import Globals, option, rule_paths


@click.command()
@rule_paths("PATH", is_required=False)
@option("--strict", is_flag=True, help="Exit with 1 if there are warnings.")
@click.pass_obj
def check(options: Globals, paths: tuple[Path, ...], strict: bool) -> int:
    """Check rule files and tocsin.yml offline: every problem with its file, line, field and remedy.

    PATH is a rule file or a folder of them; without one, what tocsin.yml names. Exit code 2 if something is invalid,
    1 for warnings with --strict, else 0.

    Example: tocsin check rules/ --strict
    """
    from tocsin.files.definitions import definition_warnings
    from tocsin.files.problems import render
    from tocsin.session import load_session

    session = load_session(options.config_file, paths)
    session.refuse_problems()
    settings = session.config.engine
    warnings = [found for rule in session.rules for found in definition_warnings(rule, session.registry, settings)]
    for warning in warnings:
        click.echo(f"warning: {render(warning)}", err=True)
    click.echo(f"{len(session.rules)} rules are valid, {len(warnings)} warnings")
    return 1 if warnings and strict else 0
