"""Where verbs act: on a store, or with ``--server`` on a running daemon; and the frame in which they do."""

import os
from collections.abc import Awaitable, Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from tocsin.cli.options import Globals, option, store_option
from tocsin.client.place import Credentials, Place, ServerPlace, StorePlace

if TYPE_CHECKING:
    from tocsin.client.api import Api

_FILE = click.Path(path_type=Path)
_DEFAULT_SPACE = "default"
_server_option = option(
    "--server", metavar="URL", help="Act on the daemon whose HTTP API listens there, and not on a store."
)
_SERVER_OPTIONS = (
    _server_option,
    option("--api-key", metavar="KEY", help="The API key for --server; better by its variable, as others see options."),
    option("--api-key-file", type=_FILE, help="The file that holds the key, as tocsin keys create prints it."),
    option(
        "--user",
        metavar="NAME",
        help="The user for --server, instead of a key; the password is in a file, or in TOCSIN_PASSWORD.",
    ),
    option("--password-file", type=_FILE, help="The file whose first line is the password of --user."),
    option("--ca-file", type=_FILE, help="Certificates (PEM) to trust --server by, besides those of the machine."),
)
_NAMES = ("server", "api_key", "api_key_file", "user", "password_file", "ca_file")
_refused_option = option("--server", hidden=True, help="Refused, with the way to do it.")
_space_option = option(
    "--space", "in_space", metavar="ID", default=_DEFAULT_SPACE, show_default=True, help="In which space."
)


def place_options(*, in_space: bool = True) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """The options that say where to act; the verb gets a `Place` as its first argument.

    ``in_space`` False: what the verb is about belongs to no space.
    """

    def decorate(verb: Callable[..., int]) -> Callable[..., int]:
        @click.pass_context
        @wraps(verb)
        def act(context: click.Context, /, **given: Any) -> int:
            named = {name: given.pop(name) for name in ("store", *_NAMES)}
            space = given.pop("in_space", _DEFAULT_SPACE)
            return verb(_chosen(context, named, space), **given)

        command: Callable[..., int] = act
        if in_space:
            command = _space_option(command)
        for add in reversed((store_option, *_SERVER_OPTIONS)):
            command = add(command)
        return command

    return decorate


def store_only(what: str, remedy: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """``--store`` for a verb that no daemon does; ``--server`` is refused: ``what`` is the matter, ``remedy`` the way.

    The verb gets `Globals` as its first argument.
    """

    def decorate(verb: Callable[..., int]) -> Callable[..., int]:
        @click.pass_context
        @wraps(verb)
        def act(context: click.Context, /, **given: Any) -> int:
            server = given.pop("server")
            if _only_one(context, {"store": given["store"], "server": server}, ("store", "server")) == "server":
                named = "--server" if _is_typed(context, "server") else "TOCSIN_SERVER"
                raise click.UsageError(f"{what}, so that {named} has no effect: {remedy}")
            return verb(context.ensure_object(Globals), **given)

        return store_option(_refused_option(act))

    return decorate


def act_at(place: Place, work: "Callable[[Api], Awaitable[int | None]]") -> int:
    """Do something with the API of a place; the exit code, 0 if the work returns none."""
    import asyncio

    from tocsin.client.opening import open_api

    async def act() -> int:
        async with open_api(place) as api:
            return await work(api) or 0

    return asyncio.run(act())


def _chosen(context: click.Context, given: dict[str, Any], space: str) -> Place:
    """The place that the options say. What is typed counts more than the environment. Raises UsageError."""
    if _only_one(context, given, ("store", "server")) != "server":
        typed = [name for name in _NAMES[1:] if given[name] is not None and _is_typed(context, name)]
        if typed:
            raise click.UsageError(f"{_option(typed[0])} goes with --server")
        return StorePlace(context.ensure_object(Globals).config, given["store"], space)
    if not given["server"].startswith(("http://", "https://")):
        raise click.UsageError(f"--server {given['server']!r} is no URL: write it like http://127.0.0.1:9095")
    kept = _only_one(context, given, ("api_key", "api_key_file", "user"))
    credentials = {name: given[name] if name == kept else None for name in ("api_key", "api_key_file", "user")}
    if kept == "user":
        credentials |= {"password_file": given["password_file"], "password": os.environ.get("TOCSIN_PASSWORD")}
    elif given["password_file"] is not None and _is_typed(context, "password_file"):
        raise click.UsageError("--password-file goes with --user")
    return ServerPlace(given["server"], Credentials(**credentials), given["ca_file"], space)


def _only_one(context: click.Context, given: dict[str, Any], names: Iterable[str]) -> str | None:
    """Which of options that exclude each other counts; None: none is given."""
    there = [name for name in names if given[name] is not None]
    counted = [name for name in there if _is_typed(context, name)] or there
    if len(counted) > 1:
        raise click.UsageError(f"give {' or '.join(map(_option, counted))}, not both")
    return counted[0] if counted else None


def _is_typed(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is ParameterSource.COMMANDLINE


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
