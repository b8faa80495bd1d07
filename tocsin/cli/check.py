"""``tocsin check``: say whether rule files and settings are valid, without data or network."""

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.options import Globals, option

app = typer.Typer()


@app.command()
def check(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Rule files, or folders of them.", metavar="PATH...")
    ] = None,
    strict: Annotated[bool, option("--strict", help="Exit with 1 if there are warnings.")] = False,
) -> None:
    """Check rule files and tocsin.yml offline: every problem with file, line, field and remedy.

    Exit code 2 if something is invalid, 1 for warnings with --strict, else 0.

    Example: tocsin check rules/ --strict
    """
    from tocsin.cli.session import load_session
    from tocsin.files.definitions import definition_warnings
    from tocsin.files.problems import render

    session = load_session(context.obj if isinstance(context.obj, Globals) else Globals(), paths or [])
    session.refuse_problems()
    warnings = [warning for rule in session.rules for warning in definition_warnings(rule, session.registry)]
    for warning in warnings:
        typer.echo(f"warning: {render(warning)}", err=True)
    typer.echo(f"{len(session.rules)} rules are valid, {len(warnings)} warnings")
    if warnings and strict:
        raise typer.Exit(1)
