"""``tocsin users``: who may come in, and with which roles."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.at_desk import act_at_desk, on_store
from tocsin.cli.options import Globals, OutputFormat, option, output_option
from tocsin.cli.password import password_option, read_password
from tocsin.cli.question import REFUSED, is_agreed, yes_option
from tocsin.cli.verb import verb_group

if TYPE_CHECKING:
    from tocsin.security_desk import SecurityDesk

_name_argument = click.argument("name", metavar="NAME")


@verb_group
def users() -> None:
    """Keep the users of a store: who may call the HTTP API, and with which roles.

    Once there is a user, the API of the daemon asks for credentials. What a daemon knows follows a change at once. See
    docs/security.md.
    """


@users.verb("add")
@_name_argument
@option("--role", "roles", of="users", multiple=True, metavar="ROLE", help="A role to give to the user. Repeatable.")
@password_option
@on_store
def _add(options: Globals, name: str, roles: tuple[str, ...], password_file: Path | None, store: str | None) -> int:
    """Add a user. Built-in roles are superuser, editor and viewer; `tocsin roles list` shows all.

    The store that tocsin.yml names is made if it does not exist yet.

    Example: tocsin users add ann --role superuser
    """
    password = read_password(password_file)

    async def add(desk: "SecurityDesk") -> None:
        user = await desk.users.add(name, password, roles, at=desk.at, actor=desk.actor)
        click.echo(f"{user.name}: added with {_told(user.roles)}")

    return act_at_desk(options, store, add, makes_store=True)


@users.verb("list")
@output_option
@on_store
def _list(options: Globals, store: str | None, output: OutputFormat) -> int:
    """Show the users by name.

    Example: tocsin users list -o json
    """
    from tocsin.cli.security_result import print_users

    async def find(desk: "SecurityDesk") -> None:
        print_users(await desk.users.find(), output)

    return act_at_desk(options, store, find)


@users.verb("set-password")
@_name_argument
@password_option
@on_store
def _set_password(options: Globals, name: str, password_file: Path | None, store: str | None) -> int:
    """Replace a user's password; the old one counts no more from the next request on.

    Example: tocsin users set-password ann --password-file new.txt
    """
    password = read_password(password_file)

    async def change(desk: "SecurityDesk") -> None:
        await desk.users.set_password(name, password, at=desk.at, actor=desk.actor)
        click.echo(f"{name}: the password was replaced")

    return act_at_desk(options, store, change)


@users.verb("set-roles")
@_name_argument
@click.argument("roles", metavar="[ROLE]...", nargs=-1)
@on_store
def _set_roles(options: Globals, name: str, roles: tuple[str, ...], store: str | None) -> int:
    """Give a user these roles and no others; without any he may come in and do nothing.

    Example: tocsin users set-roles ann editor on-call
    """

    async def change(desk: "SecurityDesk") -> None:
        user = await desk.users.set_roles(name, roles, at=desk.at, actor=desk.actor)
        click.echo(f"{user.name}: has {_told(user.roles)}")

    return act_at_desk(options, store, change)


@users.verb("disable")
@_name_argument
@on_store
def _disable(options: Globals, name: str, store: str | None) -> int:
    """Shut a user out, with his API keys; rules that run with his rights fail meanwhile.

    Example: tocsin users disable ann
    """
    return _switch(options, name, store, is_enabled=False)


@users.verb("enable")
@_name_argument
@on_store
def _enable(options: Globals, name: str, store: str | None) -> int:
    """Let a user in again.

    Example: tocsin users enable ann
    """
    return _switch(options, name, store, is_enabled=True)


@users.verb("remove")
@_name_argument
@yes_option(of="users")
@on_store
def _remove(options: Globals, name: str, is_yes: bool, store: str | None) -> int:
    """Remove a user, with his API keys, after a question; rules that run with his rights fail from then on.

    Example: tocsin users remove ann --yes
    """

    async def remove(desk: "SecurityDesk") -> int:
        user, keys = await desk.users.get(name), await desk.keys.find(name)
        with_keys = f" with {len(keys)} API key{'' if len(keys) == 1 else 's'}" if keys else ""
        if not is_agreed(f"Remove the user {user.name}{with_keys}?", is_yes=is_yes):
            click.echo("tocsin: nothing was removed", err=True)
            return REFUSED
        await desk.users.remove(name, at=desk.at, actor=desk.actor)
        click.echo(f"{name}: removed{with_keys}")
        return 0

    return act_at_desk(options, store, remove)


def _switch(options: Globals, name: str, store: str | None, *, is_enabled: bool) -> int:
    async def change(desk: "SecurityDesk") -> None:
        await desk.users.set_enabled(name, is_enabled, at=desk.at, actor=desk.actor)
        click.echo(f"{name}: {'may come in' if is_enabled else 'is shut out'}")

    return act_at_desk(options, store, change)


def _told(roles: tuple[str, ...]) -> str:
    if not roles:
        return "no role"
    return f"the role{'' if len(roles) == 1 else 's'} {', '.join(roles)}"
