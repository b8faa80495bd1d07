"""Options and arguments that verbs share; each option is also an environment variable."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

_Command = TypeVar("_Command", bound=Callable[..., Any])


class OutputFormat(StrEnum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"


@dataclass(slots=True)
class Globals:
    """The options that may stand before the verb or after it."""

    config: Path | None = None
    log_level: str | None = None
    debug: bool = False


def option(*names: str, of: str = "", **settings: Any) -> Callable[[_Command], _Command]:
    """An option that can also be given as ``TOCSIN_<LONG NAME>``, that of a group as ``TOCSIN_<GROUP>_<LONG NAME>``.

    ``of`` is the group whose own option it is: the same word may mean something else to other verbs.
    """
    long_name = next(name for name in names if name.startswith("--")).partition("/")[0]
    words = [*filter(None, [of]), long_name.removeprefix("--").replace("-", "_")]
    variable = "_".join(["TOCSIN", *words]).upper()
    return click.option(*names, envvar=variable, show_envvar=True, **settings)


def global_options(command: _Command) -> _Command:
    """The options of `Globals`, which they are kept in: before the verb, and again after it."""
    for decorate in (_debug_option, _log_level_option, _config_option):
        command = decorate(command)
    return command


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    kept, name = context.ensure_object(Globals), parameter.name or ""
    source = context.get_parameter_source(name)
    # After the verb only the command line counts: the environment must not undo what was given before the verb.
    if source is ParameterSource.COMMANDLINE or (context.parent is None and source is ParameterSource.ENVIRONMENT):
        setattr(kept, name, value)


_kept: dict[str, Any] = {"callback": _keep, "expose_value": False, "is_eager": True}
_config_option = option(
    "--config",
    "-c",
    type=click.Path(path_type=Path),
    help="Settings and connectors. Default: the first tocsin.yml found here, in the user's or the machine's folder.",
    **_kept,
)
_log_level_option = option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="warning",
    show_default=True,
    help="The least important log records to show, on stderr.",
    **_kept,
)
_debug_option = option("--debug", is_flag=True, help="Show the traceback of an error.", **_kept)

output_option = option(
    "--output",
    "-o",
    type=click.Choice(OutputFormat, case_sensitive=False),
    default=OutputFormat.TABLE,
    show_default="table",  # the enum itself would be shown by its name
    help="How to print the result.",
)

es_option = option(
    "--es",
    metavar="URL",
    help="Search this cluster (Elasticsearch or OpenSearch) for indices that are none of the files. Credentials are "
    "those of tocsin.yml for that URL, else of TOCSIN_ES_USERNAME and TOCSIN_ES_PASSWORD, TOCSIN_ES_API_KEY, or "
    "TOCSIN_ES_BEARER_TOKEN; certificates those of TOCSIN_ES_CA_FILE, TOCSIN_ES_CLIENT_CERT and TOCSIN_ES_CLIENT_KEY.",
)


store_option = option(
    "--store", help="The store: an SQLite file, or a store URL. Default: the one that tocsin.yml names."
)


def rule_paths(name: str, *, is_required: bool) -> Callable[[_Command], _Command]:
    """The argument that names rule files and folders of them."""
    path = click.Path(path_type=Path)
    metavar = f"{name}..." if is_required else f"[{name}]..."
    return click.argument("paths", metavar=metavar, nargs=-1, required=is_required, type=path)


class Instant(click.ParamType[datetime]):
    """An ISO 8601 time, UTC unless it names an offset."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        from engine.model.instant import parse_iso

        try:
            return value if isinstance(value, datetime) else parse_iso(str(value))
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no ISO 8601 time; write it like 2026-01-31T12:00:00Z", param, ctx)


def parse_data(texts: Iterable[str]) -> dict[str, list[str]]:
    """``NAME=GLOB`` texts as index name -> globs."""
    sources: dict[str, list[str]] = {}
    for text in texts:
        name, equals, glob = text.partition("=")
        if not (name and equals and glob):
            raise click.BadParameter(f"{text!r} is no NAME=GLOB; write it like web=logs/*.ndjson", param_hint="--data")
        sources.setdefault(name, []).append(glob)
    return sources


def store_url(text: str) -> str:
    """A store as given: a URL, or the path of an SQLite file."""
    from engine.store.connections import sqlite_url

    return text if "://" in text else sqlite_url(Path(text).expanduser())
