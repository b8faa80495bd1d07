"""Where a command acts, as its options say: on a store, or on a daemon, in one space. Light: help loads it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API key, or a user with a password; each as a text, or as a file that holds it alone. None: not given."""

    api_key: str | None = None
    api_key_file: Path | None = None
    user: str | None = None
    password: str | None = None
    password_file: Path | None = None

    @property
    def remedy(self) -> str:
        """What to do about credentials that are not taken."""
        if self == Credentials():
            return "give --api-key-file, or --user with --password-file"
        if self.user is not None:
            return "check user and password"
        return "is the key revoked or expired? `tocsin keys list` on the daemon's machine tells"


@dataclass(frozen=True, slots=True)
class StorePlace:
    """A store, by default that of tocsin.yml."""

    config_file: Path | None
    store: str | None
    space: str


@dataclass(frozen=True, slots=True)
class ServerPlace:
    """A daemon; ``ca_file``: certificates to trust besides those of the machine."""

    url: str
    credentials: Credentials
    ca_file: Path | None
    space: str


Place: TypeAlias = StorePlace | ServerPlace
