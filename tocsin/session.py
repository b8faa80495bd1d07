"""What a command works with: settings, connectors and rules from files, checked offline."""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from engine.model.errors import InvalidInput
from engine.model.jsonvalue import JsonObject
from engine.model.rule import DEFAULT_SPACE
from engine.model.settings import SpaceSettings
from engine.ports.registry import Registry
from engine.service.connectors import PreconfiguredConnectors, build_connector
from tocsin.cli.text import printable_lines
from tocsin.composition import builtin_registry
from tocsin.declared_connectors import declared_connectors
from tocsin.files.config import Config, ConnectorDefinition, find_config, load_config
from tocsin.files.data_views import ViewDefinition, load_data_views
from tocsin.files.definitions import validate_definition
from tocsin.files.problems import FileProblem, render
from tocsin.files.rules import SUFFIXES, LoadedRules, RuleDefinition, load_rules


@dataclass(slots=True)
class Session:
    """Settings, connectors, data views and rules of one command, and all that is wrong with their files.

    ``warnings``: settings that were left out without being an error.
    """

    config: Config
    registry: Registry
    connectors: PreconfiguredConnectors
    config_file: Path | None = None
    rules: list[RuleDefinition] = field(default_factory=list)
    data_views: list[ViewDefinition] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def refuse_problems(self) -> None:
        """Print all problems and stop with exit code 2, if there are any."""
        refuse(self.problems)


def refuse(problems: Sequence[FileProblem], consequence: str = "nothing was run") -> None:
    """Print the problems and stop with exit code 2, if there are any."""
    if not problems:
        return
    for problem in problems:
        click.echo(printable_lines(render(problem)), err=True)
    click.echo(f"tocsin: {len(problems)} problem{'s' if len(problems) != 1 else ''} found; {consequence}", err=True)
    sys.exit(InvalidInput.exit_code)


def load_session(config_file: Path | None, paths: Sequence[Path], *, needs_secrets: bool = True) -> Session:
    """Read ``tocsin.yml`` and the rule files, by default those that it names, and check them offline.

    Rules may name connectors of tocsin.yml, and those that its store holds. ``needs_secrets`` as in `load_settings`.
    """
    session = load_settings(config_file, needs_secrets=needs_secrets)
    settings, are_connectors_known = session.config, not session.problems
    views = load_data_views(settings.data_views)
    session.data_views = views.views
    session.problems += views.problems
    rules = load_rules(paths or settings.rules)
    session.rules = rules.rules
    session.problems += rules.problems + empty_places(paths or settings.rules, rules)
    connectors = _with_stored(session)
    for rule in session.rules:
        problems = validate_definition(
            rule,
            registry=session.registry,
            connectors=connectors,
            settings=settings.engine,
            flapping=(settings.space or SpaceSettings()).flapping,
        )
        # A connector whose settings are wrong is not known: a mistake is told once, where it is.
        session.problems += [found for found in problems if are_connectors_known or not _names_connector(found)]
    return session


def load_settings(config_file: Path | None, *, needs_secrets: bool = True) -> Session:
    """Read ``tocsin.yml`` alone: a session without rules.

    ``needs_secrets`` False: the shell may lack those of the daemon; the connectors can be named, and not used.
    """
    file = find_config(config_file)
    loaded = load_config(file, needs_secrets=needs_secrets)
    registry = builtin_registry(boundaries_max_age=loaded.config.boundaries_max_age)
    session = Session(loaded.config, registry, PreconfiguredConnectors(()), file, problems=list(loaded.problems))
    session.warnings = [f"{file}: {text}" for text in loaded.warnings]
    if not needs_secrets:
        session.connectors = declared_connectors(loaded.config, registry)
        return session
    for definition in loaded.config.connectors:
        _add_connector(session, definition)
    return session


def _add_connector(session: Session, definition: ConnectorDefinition) -> None:
    http = session.config.engine.http
    try:
        session.connectors.add(
            build_connector(definition.body, registry=session.registry, settings=http, is_preconfigured=True)
        )
    except InvalidInput as error:
        session.problems += [definition.problem(problem) for problem in error.problems]


def _with_stored(session: Session) -> PreconfiguredConnectors:
    """The connectors that rules may name. The store is looked into only if some rule names one that is not declared."""
    declared = session.connectors.by_id
    if not any(named not in declared for rule in session.rules for named in _connectors_of(rule.body)):
        return session.connectors
    # Loads what commands that look at no store do without.
    from engine.store.glance import glance_at_connectors

    stored = glance_at_connectors(session.config.store, DEFAULT_SPACE) or []
    return PreconfiguredConnectors([*declared.values(), *(each for each in stored if each.id not in declared)])


def _connectors_of(body: JsonObject) -> Iterator[str]:
    """The connectors that a rule's actions name, as far as its shape is right."""
    actions = body.get("actions")
    for action in actions if isinstance(actions, list) else ():
        named = action.get("id") if isinstance(action, dict) else None
        if isinstance(named, str):
            yield named


def _names_connector(problem: FileProblem) -> bool:
    return re.fullmatch(r"actions\.[0-9]+\.id", problem.path) is not None


def empty_places(paths: Sequence[Path], loaded: LoadedRules) -> list[FileProblem]:
    """Folders without any rule file: most likely another one was meant."""
    files = [rule.file for rule in loaded.rules] + [problem.file for problem in loaded.problems]
    remedy = f"name a folder with rule files ({', '.join(sorted(SUFFIXES))})"
    return [
        FileProblem(path, 1, 1, "", "holds no rule file", remedy)
        for path in paths
        if path.is_dir() and not any(file.is_relative_to(path) for file in files)
    ]


def read_config(config_file: Path | None) -> Config:
    """Only the settings, without secrets; a file with mistakes stops the command with exit code 2."""
    loaded = load_config(find_config(config_file), needs_secrets=False)
    refuse(loaded.problems)
    return loaded.config
