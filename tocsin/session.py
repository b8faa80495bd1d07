"""What the verbs need of the engine: settings, rule files, data and store put together for one command."""

import glob
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click
import orjson

from engine.model.errors import InvalidInput, Problem, SearchUnavailable
from engine.model.jsonvalue import JsonObject
from engine.model.rule import DEFAULT_SPACE
from engine.ports.clock import Clock
from engine.ports.registry import Registry
from engine.search.local.engine import LocalSearch
from engine.search.local.report import LoadReport
from engine.service.connectors import PreconfiguredConnectors, build_connector
from engine.store.sqlite import open_store
from tocsin.cli.text import printable, printable_lines
from tocsin.composition import Parts, builtin_registry, compose
from tocsin.files.config import Config, find_config, load_config
from tocsin.files.definitions import validate_definition
from tocsin.files.problems import FileProblem, render
from tocsin.files.rules import SUFFIXES, LoadedRules, RuleDefinition, load_rules

_STORE_PATIENCE_S = 5.0
"""How long a command waits for another process to let go of the store."""
_MOST_BAD_DOCUMENTS_TOLD = 5


@dataclass(slots=True)
class Session:
    """Settings, connectors and rules of one command, and everything that is wrong with the files they come from."""

    config: Config
    registry: Registry
    connectors: PreconfiguredConnectors
    config_file: Path | None = None
    rules: list[RuleDefinition] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)

    def refuse_problems(self) -> None:
        """Print all problems and stop with exit code 2, if there are any."""
        _refuse(self.problems)


def _refuse(problems: Sequence[FileProblem]) -> None:
    if not problems:
        return
    for problem in problems:
        click.echo(printable_lines(render(problem)), err=True)
    click.echo(f"tocsin: {len(problems)} problem{'s' if len(problems) != 1 else ''} found; nothing was run", err=True)
    sys.exit(InvalidInput.exit_code)


def load_session(config_file: Path | None, paths: Sequence[Path]) -> Session:
    """Read ``tocsin.yml`` and the rule files, and check them offline."""
    registry = builtin_registry()
    connectors = PreconfiguredConnectors(())
    file = find_config(config_file)
    loaded = load_config(file)
    session = Session(loaded.config, registry, connectors, file, problems=list(loaded.problems))
    for definition in loaded.config.connectors:
        try:
            connectors.add(
                build_connector(
                    definition.body, registry=registry, settings=loaded.config.engine.http, is_preconfigured=True
                )
            )
        except InvalidInput as error:
            session.problems += [definition.problem(problem) for problem in error.problems]
    rules = load_rules(paths or loaded.config.rules)
    session.rules = rules.rules
    session.problems += rules.problems + _empty_places(paths or loaded.config.rules, rules)
    for rule in session.rules:
        session.problems += validate_definition(
            rule,
            registry=registry,
            connectors=connectors,
            settings=loaded.config.engine,
            flapping=loaded.config.space.flapping,
        )
    return session


def _empty_places(paths: Sequence[Path], loaded: LoadedRules) -> list[FileProblem]:
    """Folders without any rule file: most likely another one was meant."""
    files = [rule.file for rule in loaded.rules] + [problem.file for problem in loaded.problems]
    remedy = f"name a folder with rule files ({', '.join(sorted(SUFFIXES))})"
    return [
        FileProblem(path, 1, 1, "", "holds no rule file", remedy)
        for path in paths
        if path.is_dir() and not any(file.is_relative_to(path) for file in files)
    ]


def read_config(config_file: Path | None) -> Config:
    """Only the settings; a file with mistakes stops the command with exit code 2."""
    loaded = load_config(find_config(config_file))
    _refuse(loaded.problems)
    return loaded.config


@asynccontextmanager
async def open_engine(
    session: Session,
    *,
    clock: Clock,
    store: str,
    data: Mapping[str, Sequence[str]],
    is_dry: bool,
) -> AsyncIterator[Parts]:
    """The engine over the session's rules and data; closed again at the end.

    Raises SearchUnavailable if there is no data where it was said to be, StoreUnavailable, StoreLocked.
    """
    search = LocalSearch(clock.now)
    for source in session.config.data:
        _refuse_missing(source.name, source.globs)
        search.add_files(source.name, source.globs, mapping=_mapping(source.mapping), follow=source.follow)
    for name, globs in data.items():
        _refuse_missing(name, globs)
        search.add_files(name, globs)
    parts = compose(
        store=open_store(store, patience_s=_STORE_PATIENCE_S),
        search=search,
        registry=session.registry,
        connectors=session.connectors,
        clock=clock,
        settings=session.config.engine,
        is_dry=is_dry,
    )
    await parts.store.open()
    try:
        for report in await search.refresh():
            _tell_rejected(report)
        await parts.store.put_space_settings(DEFAULT_SPACE, session.config.space, None)
        yield parts
    finally:
        await parts.http.close()
        await search.close()
        await parts.store.close()


def _refuse_missing(index: str, globs: Sequence[str]) -> None:
    """A file or glob without a match: an alert rule over nothing would say that all is well."""
    for pattern in globs:
        if not any(Path(found).is_file() for found in glob.iglob(pattern, recursive=True)):  # noqa: PTH207 - as the engine
            raise SearchUnavailable(f"no file matches {pattern} (data of index [{index}]; check the path)")


def _mapping(file: Path | None) -> JsonObject | None:
    """The explicit mapping of a data source. Raises InvalidInput if its file holds none."""
    if file is None:
        return None
    try:
        mapping = orjson.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidInput(
            [Problem(str(file), f"cannot be read: {error}", "give a JSON file with a mapping")]
        ) from None
    if not isinstance(mapping, dict):
        raise InvalidInput([Problem(str(file), "is no mapping", 'write {"properties": {...}}')])
    return mapping


def _tell_rejected(report: LoadReport) -> None:
    """Bad documents are counted and named, never silently left out. Raises SearchUnavailable for unreadable files."""
    unread = [problem for problem in report.problems if problem.file is not None and problem.line == 0]
    if unread:
        raise SearchUnavailable(f"{unread[0].file}: {unread[0].reason} (data of index [{report.index}])")
    if not report.rejected:
        return
    told = report.problems[:_MOST_BAD_DOCUMENTS_TOLD]
    click.echo(
        f"tocsin: {report.rejected} bad documents of index [{report.index}] left out, {report.loaded} searched"
        + (f"; the first {len(told)}:" if report.rejected > len(told) else ":"),
        err=True,
    )
    for problem in told:
        click.echo(f"  {printable(problem)}", err=True)
