"""``tocsin check``: say whether rule files and settings are valid, without data or network."""

from pathlib import Path

import click

from tocsin.cli.options import Globals, option, rule_paths
from tocsin.cli.verb import verb


@verb
@rule_paths("PATH", is_required=False)
@option("--strict", is_flag=True, help="Exit with 1 if there are warnings.")
@click.pass_obj
def check(options: Globals, paths: tuple[Path, ...], strict: bool) -> int:
    """Check rule files and tocsin.yml offline: every problem with its file, line, field and remedy.

    PATH is a rule file or a folder of them; without one, what tocsin.yml names. Exit code 2 if something is invalid,
    1 for warnings with --strict, else 0.

    Example: tocsin check rules/ --strict
    """
    from tocsin.cli.text import printable_lines
    from tocsin.files.definitions import definition_warnings
    from tocsin.files.problems import render
    from tocsin.known_views import known_views
    from tocsin.session import load_session

    session = load_session(options.config, paths)
    session.refuse_problems()
    if not session.rules and session.config_file is None:
        raise click.UsageError("Nothing to check: name rule files or folders of them, or write a tocsin.yml here.")
    settings, are_known = session.config.engine, known_views(session)
    warnings = [
        found
        for rule in session.rules
        for found in definition_warnings(rule, session.registry, settings, session.connectors, are_known)
    ]
    texts = session.warnings + [render(warning) for warning in warnings]
    for text in texts:
        click.echo(f"warning: {printable_lines(text)}", err=True)
    checked = [] if session.config_file is None else [f"{session.config_file} is valid"]
    checked.append(f"valid rules: {len(session.rules)}")
    click.echo(", ".join([*checked, f"warnings: {len(texts)}"]))
    return 1 if texts and strict else 0
