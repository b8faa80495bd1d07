"""``tocsin keys``: API keys, which stand for a user's password."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from tocsin.cli.at_desk import act_at_desk, on_store
from tocsin.cli.options import Globals, OutputFormat, option, output_option
from tocsin.cli.verb import verb_group

if TYPE_CHECKING:
    from tocsin.security_desk import SecurityDesk


class Duration(click.ParamType[timedelta]):
    """A duration such as ``90d``."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        from engine.timing.durations import parse_duration

        try:
            return value if isinstance(value, timedelta) else parse_duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@verb_group
def keys() -> None:
    """Keep the API keys of a store: each has the rights of its user, and stands for the password.

    A caller sends one as `Authorization: ApiKey ...`. See docs/security.md.
    """


@keys.verb("create")
@click.argument("name", metavar="NAME")
@option("--user", "owner", of="keys", required=True, metavar="NAME", help="Whose rights the key has.")
@option("--expires", "lasts", of="keys", type=Duration(), metavar="DURATION", help="How long it lasts, like 90d.")
@output_option
@on_store
def _create(
    options: Globals, name: str, owner: str, lasts: timedelta | None, store: str | None, output: OutputFormat
) -> int:
    """Make a key and print it: this once, since only a hash of it is kept.

    NAME says what the key is for. Standard output is the key alone, as it goes into the header.

    Example: tocsin keys create terraform --user ann --expires 90d
    """
    from tocsin.cli.security_result import print_new_key

    async def create(desk: "SecurityDesk") -> None:
        print_new_key(await desk.keys.create(name, owner, at=desk.at, actor=desk.actor, lasts=lasts), output)

    return act_at_desk(options, store, create)


@keys.verb("list")
@option("--user", "owner", of="keys", metavar="NAME", help="Only keys of this user.")
@output_option
@on_store
def _list(options: Globals, owner: str | None, store: str | None, output: OutputFormat) -> int:
    """Show the keys in order of their making; not the keys themselves, which nobody knows.

    Example: tocsin keys list --user ann
    """
    from tocsin.cli.security_result import print_keys

    async def find(desk: "SecurityDesk") -> None:
        print_keys(await desk.keys.find(owner), desk.at, output)

    return act_at_desk(options, store, find)


@keys.verb("revoke")
@click.argument("key", metavar="ID")
@on_store
def _revoke(options: Globals, key: str, store: str | None) -> int:
    """Remove a key by its id: it counts no more from the next request on, and rules that borrowed it fail.

    Example: tocsin keys revoke 3xM9kQ2rT0aVbYcZdEfG
    """

    async def revoke(desk: "SecurityDesk") -> None:
        revoked = await desk.keys.revoke(key, at=desk.at, actor=desk.actor)
        click.echo(f"{revoked.name} [{revoked.id}]: revoked")

    return act_at_desk(options, store, revoke)
