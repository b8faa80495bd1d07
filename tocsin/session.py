"""What the verbs need of the engine: settings, rule files, data and store put together for one command."""

import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click
import orjson

from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject
from engine.model.rule import DEFAULT_SPACE
from engine.ports.clock import Clock
from engine.ports.registry import Registry
from engine.search.local.engine import LocalSearch
from engine.search.local.report import LoadReport
from engine.service.connectors import PreconfiguredConnectors, build_connector
from engine.store.sqlite import open_store
from tocsin.composition import Parts, builtin_registry, compose
from tocsin.files.config import Config, find_config, load_config
from tocsin.files.definitions import validate_definition
from tocsin.files.problems import FileProblem, render
from tocsin.files.rules import RuleDefinition, load_rules


@dataclass(slots=True)
class Session:
    """Settings, connectors and rules of one command, and everything that is wrong with the files they come from."""

    config: Config
    registry: Registry
    connectors: PreconfiguredConnectors
    rules: list[RuleDefinition] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)

    def refuse_problems(self) -> None:
        """Print all problems and stop with exit code 2, if there are any."""
        _refuse(self.problems)


def _refuse(problems: Sequence[FileProblem]) -> None:
    if not problems:
        return
    for problem in problems:
        click.echo(render(problem), err=True)
    click.echo(f"tocsin: {len(problems)} problem{'s' if len(problems) != 1 else ''} found; nothing was run", err=True)
    sys.exit(2)


def load_session(config_file: Path | None, paths: Sequence[Path]) -> Session:
    """Read ``tocsin.yml`` and the rule files, and check them offline."""
    registry = builtin_registry()
    connectors = PreconfiguredConnectors(())
    loaded = load_config(find_config(config_file))
    session = Session(loaded.config, registry, connectors, problems=list(loaded.problems))
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
    session.rules, session.problems = rules.rules, session.problems + rules.problems
    for rule in session.rules:
        session.problems += validate_definition(
            rule,
            registry=registry,
            connectors=connectors,
            settings=loaded.config.engine,
            flapping=loaded.config.space.flapping,
        )
    return session


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
    """The engine over the session's rules and data; closed again at the end."""
    search = LocalSearch(clock.now)
    for source in session.config.data:
        search.add_files(source.name, source.globs, mapping=_mapping(source.mapping), follow=source.follow)
    for name, globs in data.items():
        search.add_files(name, globs)
    parts = compose(
        store=open_store(store),
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
    """Bad documents are counted and named, never silently left out."""
    if not report.rejected:
        return
    print(f"tocsin: {report.rejected} documents of index [{report.index}] were rejected", file=sys.stderr)  # noqa: T201
    for problem in report.problems[:5]:
        where = f"{problem.file}:{problem.line}"
        print(f"  {where}: {problem.field or ''} {problem.reason}", file=sys.stderr)  # noqa: T201
