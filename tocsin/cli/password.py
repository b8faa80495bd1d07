"""Where passwords come from: a file, a prompt, or the standard input; never an argument, which others could read."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from tocsin.cli.options import option

_Command = TypeVar("_Command", bound=Callable[..., Any])
_MOST_READ = 16_384


def password_option(command: _Command) -> _Command:
    """The option that names a file with the password."""
    path = click.Path(path_type=Path)
    text = (
        "Read the password from the first line of this file. Default: ask, or without a terminal read standard input."
    )
    return option("--password-file", of="users", type=path, help=text)(command)


def read_password(file: Path | None) -> str:
    """The password, asked for twice where somebody can answer. Raises InvalidInput."""
    from engine.model.errors import InvalidInput, Problem
    from engine.security.passwords import check_password

    if file is None and sys.stdin.isatty():
        password = str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    else:
        try:
            content = sys.stdin.buffer.read(_MOST_READ) if file is None else file.read_bytes()[:_MOST_READ]
            password = content.decode().split("\n")[0].removesuffix("\r")
        except OSError as error:
            message = f"{file} cannot be read: {error.strerror or error}"
            raise InvalidInput([Problem("--password-file", message, "check path and permissions")]) from None
        except UnicodeDecodeError:
            raise InvalidInput([Problem("password", "is not UTF-8", "write it as UTF-8")]) from None
    check_password(password)
    return password
