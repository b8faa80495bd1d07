"""How users and API keys are printed: never with a password, a key or a hash, but for a key just made."""

from collections.abc import Sequence
from datetime import datetime

import click

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.model.user import ApiKey, User
from engine.operations.api_keys import NewKey
from tocsin.cli.options import OutputFormat
from tocsin.cli.tables import print_json, print_table


def print_users(users: Sequence[User], output: OutputFormat) -> None:
    """Print users for people or for programs."""
    if output is OutputFormat.JSON:
        print_json({"users": [_user(user) for user in users]})
        return
    if users:
        rows = [(user.name, ", ".join(user.roles) or "-", "yes" if user.enabled else "no") for user in users]
        print_table(("name", "roles", "may come in"), rows)
    click.echo(_count(len(users), "user") if users else "no users: the HTTP API asks nobody for credentials")


def print_new_key(new: NewKey, output: OutputFormat) -> None:
    """Print a key just made: for people the key alone on standard output, so that a script can take it."""
    if output is OutputFormat.JSON:
        print_json({"key": {**_key(new.key), "encoded": new.encoded}})
        return
    until = "it lasts until it is revoked" if new.key.expires_at is None else f"it expires {iso(new.key.expires_at)}"
    click.echo(f"tocsin: key [{new.key.id}] of {new.key.owner}, shown this once; {until}", err=True)
    click.echo(new.encoded)


def print_keys(keys: Sequence[ApiKey], at: datetime, output: OutputFormat) -> None:
    """Print keys for people or for programs."""
    if output is OutputFormat.JSON:
        print_json({"keys": [_key(key) for key in keys]})
        return
    if keys:
        rows = [(key.id, key.name, key.owner, iso(key.created_at), _expiry(key, at)) for key in keys]
        print_table(("id", "name", "user", "made", "expires"), rows)
    click.echo(_count(len(keys), "API key"))


def _count(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"


def _user(user: User) -> JsonObject:
    return {
        "name": user.name,
        "roles": list(user.roles),
        "enabled": user.enabled,
        "created_at": iso(user.created_at),
        "created_by": user.created_by,
        "updated_at": iso(user.updated_at),
        "updated_by": user.updated_by,
    }


def _key(key: ApiKey) -> JsonObject:
    return {
        "id": key.id,
        "name": key.name,
        "user": key.owner,
        "created_at": iso(key.created_at),
        "created_by": key.created_by,
        "expires_at": None if key.expires_at is None else iso(key.expires_at),
    }


def _expiry(key: ApiKey, at: datetime) -> str:
    if key.expires_at is None:
        return "never"
    return f"{iso(key.expires_at)}{' (expired)' if key.is_expired(at) else ''}"
