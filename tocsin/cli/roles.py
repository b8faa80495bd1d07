"""``tocsin roles``: what users may do, in the form of Kibana's roles."""

import sys
from pathlib import Path

import click

from tocsin.cli.options import Globals, OutputFormat, output_option, store_option
from tocsin.cli.verb import verb_group

_STDIN = "-"
_name_argument = click.argument("name", metavar="NAME")


@verb_group
def roles() -> None:
    """Keep the roles of a store: what users may do in which space.

    They have the form of Kibana's. superuser, editor, kibana_admin and viewer are built in. See docs/security.md.
    """


@roles.verb("list")
@store_option
@output_option
@click.pass_obj
def _list(options: Globals, store: str | None, output: OutputFormat) -> int:
    """Show the roles by name.

    Example: tocsin roles list
    """
    import asyncio

    from tocsin.cli.security_result import print_roles
    from tocsin.security_desk import open_security_desk

    async def find() -> None:
        async with open_security_desk(options.config, store) as desk:
            print_roles(await desk.roles.find(), output)

    asyncio.run(find())
    return 0


@roles.verb("get")
@_name_argument
@store_option
@output_option
@click.pass_obj
def _get(options: Globals, name: str, store: str | None, output: OutputFormat) -> int:
    """Show one role whole, in the form that `tocsin roles put` takes.

    Example: tocsin roles get viewer > readers.yml
    """
    import asyncio

    from tocsin.cli.security_result import print_role
    from tocsin.security_desk import open_security_desk

    async def get() -> None:
        async with open_security_desk(options.config, store) as desk:
            print_role(await desk.roles.get(name), output)

    asyncio.run(get())
    return 0


@roles.verb("put")
@_name_argument
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True))
@store_option
@click.pass_obj
def _put(options: Globals, name: str, file: Path, store: str | None) -> int:
    """Make a role, or replace it as a whole, by a YAML or JSON file; - is standard input.

    The file holds the body of Kibana's PUT /api/security/role. The role counts from the next request on.

    Example: tocsin roles put on-call on-call.yml
    """
    import asyncio

    from engine.model.errors import InvalidInput
    from tocsin.files.documents import parse_document, read_document
    from tocsin.files.problems import FileProblem
    from tocsin.security_desk import open_security_desk
    from tocsin.session import refuse

    is_stdin = str(file) == _STDIN
    document = parse_document(Path("stdin"), sys.stdin.buffer.read()) if is_stdin else read_document(file)
    if isinstance(document, FileProblem):
        refuse([document], "nothing was stored")
        raise AssertionError("refusing ends the command")

    async def put() -> None:
        async with open_security_desk(options.config, store) as desk:
            try:
                await desk.roles.put(name, document.value, at=desk.at, actor=desk.actor)
            except InvalidInput as error:
                refuse([document.problem(problem) for problem in error.problems], "nothing was stored")
            click.echo(f"{name}: stored")

    asyncio.run(put())
    return 0


@roles.verb("delete")
@_name_argument
@store_option
@click.pass_obj
def _delete(options: Globals, name: str, store: str | None) -> int:
    """Remove a role; users that have it keep its name, which grants nothing any more.

    Example: tocsin roles delete on-call
    """
    import asyncio

    from tocsin.security_desk import open_security_desk

    async def delete() -> None:
        async with open_security_desk(options.config, store) as desk:
            await desk.roles.delete(name, at=desk.at, actor=desk.actor)
            click.echo(f"{name}: deleted")

    asyncio.run(delete())
    return 0
