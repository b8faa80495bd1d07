"""How rotating the encryption key is done by a command, and told."""

from pathlib import Path

import click

from engine.model.errors import InvalidInput, Problem
from engine.operations.key_rotation import Rotated, rotate
from engine.service.clocks import SystemClock
from engine.vault.vault import AeadVault
from tocsin.cli.options import OutputFormat, store_url
from tocsin.cli.tables import print_json
from tocsin.cli.text import printable
from tocsin.files.config import find_config, load_config
from tocsin.files.encryption import VARIABLE
from tocsin.session import refuse
from tocsin.stored import existing_store
from tocsin.user_name import user_name

_UNFINISHED = 1


async def rotate_store(config_file: Path | None, store: str | None, output: OutputFormat) -> int:
    """Seal everything in a store anew; the exit code. Raises InvalidInput without a key, StoreUnavailable."""
    loaded = load_config(find_config(config_file), needs_secrets=False, needs_key=True)
    refuse(loaded.problems, "nothing was rotated")
    if not loaded.config.encryption_keys:
        message = "there is no encryption key"
        raise InvalidInput([Problem("", message, f"name one by encryption.key_file in tocsin.yml, or by {VARIABLE}")])
    opened = existing_store(loaded.config.store if store is None else store_url(store))
    await opened.open()
    try:
        vault = AeadVault(loaded.config.encryption_keys)
        told = await rotate(opened, vault, at=SystemClock().now(), actor=user_name())
    finally:
        await opened.close()
    _print(told, output)
    return _UNFINISHED if told.left or told.unreadable else 0


def _print(told: Rotated, output: OutputFormat) -> None:
    if output is OutputFormat.JSON:
        unreadable = [
            {"kind": record.kind, "space": record.space, "id": record.id, "reason": reason}
            for record, reason in told.unreadable
        ]
        counts = {"sealed_anew": told.sealed_anew, "were_current": told.were_current, "left": told.left}
        print_json({**counts, "unreadable": unreadable})
        return
    click.echo(f"{told.sealed_anew} secrets sealed by the present key, {told.were_current} were already")
    if told.left:
        click.echo(f"tocsin: {told.left} secrets were changed all the while: rotate once more", err=True)
    for record, reason in told.unreadable:
        click.echo(f"tocsin: {printable(reason)}, in space {printable(record.space)}", err=True)
