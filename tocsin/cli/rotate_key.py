"""``tocsin rotate-key``: seal all secrets of a store by the present encryption key."""

from tocsin.cli.options import Globals, OutputFormat, output_option
from tocsin.cli.place import store_only
from tocsin.cli.verb import verb


@verb
@output_option
@store_only("secrets are sealed anew in the store itself", "run the command where the daemon runs, with its tocsin.yml")
def rotate_key(options: Globals, store: str | None, output: OutputFormat) -> int:
    """Seal all secrets of a store by the present encryption key, while a daemon may be working with it.

    First name the new key by encryption.key_file in tocsin.yml and the old one in older_key_files, and let the daemon
    read that (SIGHUP, or a restart). Then rotate. When nothing is left that only the old key opens, which the exit code
    0 says, the old key can go. Exit code 1: some secrets cannot be read, or were changed all the while.

    Example: tocsin rotate-key
    """
    import asyncio

    from tocsin.cli.rotation_result import rotate_store

    return asyncio.run(rotate_store(options.config, store, output))
