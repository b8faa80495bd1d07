"""Options that verbs share, each of them also an environment variable."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import click
import typer


class OutputFormat(StrEnum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"


class LogLevel(StrEnum):
    """The usual log levels."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def level(self) -> str:
        return self.value.upper()


@dataclass(frozen=True, slots=True)
class Globals:
    """The options given before the verb."""

    config_file: Path | None = None
    is_debug: bool = False


def option(*names: str, help: str, **more: Any) -> Any:  # noqa: A002 - Typer's own name for it
    """A Typer option that can also be given as ``TOCSIN_<LONG NAME>``."""
    long_name = next(name for name in names if name.startswith("--")).split("/")[0]
    variable = "TOCSIN_" + long_name.removeprefix("--").replace("-", "_").upper()
    return typer.Option(*names, help=help, envvar=variable, show_envvar=True, **more)


def parse_instant(text: str | None) -> datetime | None:
    """The instant of ``--at``: ISO 8601, UTC unless it names an offset."""
    from engine.model.instant import parse_iso

    if text is None:
        return None
    try:
        return parse_iso(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no ISO 8601 time; write it like 2026-01-31T12:00:00Z") from None


def parse_data(texts: list[str]) -> dict[str, list[str]]:
    """``NAME=GLOB`` pairs as index name -> globs."""
    sources: dict[str, list[str]] = {}
    for text in texts:
        name, equals, glob = text.partition("=")
        if not (name and equals and glob):
            raise click.BadParameter(f"{text!r} is no NAME=GLOB; write it like web=logs/*.ndjson")
        sources.setdefault(name, []).append(glob)
    return sources


def store_url(text: str) -> str:
    """A store as given: an SQLAlchemy URL, or the path of an SQLite file."""
    from engine.store.connections import sqlite_url

    return text if "://" in text else sqlite_url(Path(text))
