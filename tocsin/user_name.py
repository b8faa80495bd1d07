"""Who gives a command, for the record."""

import getpass
import os


def user_name() -> str:
    """The name that the machine knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that has no name.
        return f"uid {os.getuid()}"
