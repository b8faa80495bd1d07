"""tocsin.yml: where it is looked for, what it holds, and every problem of it with its place."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.settings import EngineSettings, SpaceSettings
from engine.operations.validation import parse_model
from tocsin.files.actions.dotted import expand_dotted
from tocsin.files.actions.reading import connector_bodies, find_doubles, placed_actions
from tocsin.files.actions.settings import with_actions
from tocsin.files.api_section import ApiOptions, api_options
from tocsin.files.cluster_section import cluster_settings, default_cluster_problems
from tocsin.files.config_schema import ConfigSchema
from tocsin.files.config_settings import boundaries_max_age, engine_settings, space_settings
from tocsin.files.custom_hosts import custom_hosts
from tocsin.files.documents import Document, read_document
from tocsin.files.encryption import keys_of_environment, read_keys
from tocsin.files.nodes import Node
from tocsin.files.problems import FileProblem, one_per_place
from tocsin.files.secrets import SecretReader, misplaced_references

if TYPE_CHECKING:
    from engine.search.cluster.settings import ClusterSettings

CONFIG_NAME = "tocsin.yml"
DEFAULT_STORE = "tocsin.db"
_TEMPTING = (("hosts",), ("proxy",), ("client_key",))
_TEMPTING_WHOLE = (("encryption",), ("proxyUrl",), ("proxyHeaders",))


@dataclass(frozen=True, slots=True)
class ConnectorDefinition:
    """A connector of tocsin.yml: ``body`` has id, name, connector_type_id, config and secrets (resolved).

    ``place``: its dotted path in the file.
    """

    body: JsonObject = field(repr=False)
    document: Document = field(repr=False)
    place: str

    def problem(self, problem: Problem) -> FileProblem:
        """A problem of the body with its place in the file."""
        if not problem.remedy:
            problem = replace(problem, remedy=f"see the connector type {self.body['connector_type_id']}")
        return _placed(self.document, problem.under(self.place))


@dataclass(frozen=True, slots=True)
class DataSource:
    """An index made of files; relative paths were made absolute."""

    name: str
    globs: tuple[str, ...]
    mapping: Path | None = None
    follow: bool = False


@dataclass(frozen=True, slots=True)
class AlertDocuments:
    """Where alert documents are written besides the store; ``cluster`` None: to the default one."""

    index: str
    cluster: str | None = None


@dataclass(frozen=True, slots=True)
class WindowDefinition:
    """A maintenance window of tocsin.yml; ``body`` is one that `MaintenanceWindows.apply` takes."""

    id: str
    body: JsonObject


@dataclass(frozen=True, slots=True)
class Config:
    """What the operator decided; without a file everything is at its default.

    The first of the clusters is the default one, which rules need not name. ``security``: see `SecurityPolicy`.
    """

    engine: EngineSettings = field(default_factory=EngineSettings)
    space: SpaceSettings | None = None
    api: ApiOptions = field(default_factory=ApiOptions)
    security: bool | None = None
    store: str = f"sqlite:///{DEFAULT_STORE}"
    rules: tuple[Path, ...] = ()
    data_views: tuple[Path, ...] = ()
    data: tuple[DataSource, ...] = ()
    clusters: "tuple[ClusterSettings, ...]" = ()
    alert_documents: AlertDocuments | None = None
    boundaries_max_age: timedelta | None = None
    connectors: tuple[ConnectorDefinition, ...] = ()
    windows: tuple[WindowDefinition, ...] = ()
    encryption_keys: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """The configuration, and what is wrong with its file; parts that are wrong are at their defaults.

    ``warnings``: what was left out without being an error.
    """

    config: Config = field(default_factory=Config)
    problems: list[FileProblem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def find_config(
    explicit: Path | None = None, *, environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> Path | None:
    """The file to read: the given one, ``$TOCSIN_CONFIG``, ``./tocsin.yml``, the user's, the machine's; else None.

    The first two count even if no such file exists, so that a typing error is told.
    """
    environ = os.environ if environ is None else environ
    if explicit is not None:
        return explicit
    if environ.get("TOCSIN_CONFIG"):
        return Path(environ["TOCSIN_CONFIG"])
    home = Path(environ.get("HOME") or "/")
    user = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "tocsin" / CONFIG_NAME
    places = ((folder or Path.cwd()) / CONFIG_NAME, user, Path("/etc/tocsin") / CONFIG_NAME)
    return next((place for place in places if place.is_file()), None)


def load_config(
    file: Path | None,
    *,
    environ: Mapping[str, str] | None = None,
    needs_secrets: bool = True,
    needs_key: bool = False,
) -> LoadedConfig:
    """The configuration in a file; None = all defaults. Never raises for what is in the file: see ``problems``.

    ``needs_secrets`` False: one that cannot be had is no problem. An operator's shell has not those of the daemon, and
    what reads the store sends nothing. ``needs_key`` True: that of the encryption is one even then. Raises InvalidInput
    for a key of the environment that is none, where there is no file.
    """
    environ = os.environ if environ is None else environ
    if file is None:
        return LoadedConfig(Config(encryption_keys=keys_of_environment(environ) if needs_secrets or needs_key else ()))
    document = read_document(file)
    if isinstance(document, FileProblem):
        # Without its source line, which may well be a password that is no YAML.
        return LoadedConfig(problems=[replace(document, excerpt="")])
    value: JsonValue = {} if document.value is None else expand_dotted(document.value)
    problems: list[Problem] = []
    warnings: list[str] = []
    schema = _parse(value, problems)
    problems += find_doubles(schema)
    problems += misplaced_references(value, _is_secret)
    problems += default_cluster_problems(schema.clusters)
    problems += _alert_documents_problems(schema, value)
    reader = SecretReader(environ, file.parent)
    key_problems: list[Problem] = []
    config = replace(
        _with_actions(_config_of(schema, document, reader), schema, document, reader, warnings),
        windows=_windows_of(schema, problems),
        encryption_keys=read_keys(schema.encryption, file.parent, environ, key_problems),
    )
    problems += reader.problems
    if needs_secrets or needs_key:
        problems += key_problems
    if needs_secrets:
        config = _without_secretless(config, reader.problems)
    else:
        problems = [problem for problem in problems if not _is_within_secrets(tuple(problem.path.split(".")))]
    return LoadedConfig(config, one_per_place(_placed(document, problem) for problem in problems), warnings)


def _parse(value: JsonValue, problems: list[Problem]) -> ConfigSchema:
    """The file's content; sections that are wrong are left out, and their problems are added."""
    try:
        return parse_model(ConfigSchema, value)
    except InvalidInput as error:
        problems += error.problems
        if not isinstance(value, dict):
            return ConfigSchema()
        return parse_model(ConfigSchema, _without_wrong_sections(value, error.problems))


def _alert_documents_problems(schema: ConfigSchema, value: JsonValue) -> list[Problem]:
    target = schema.alert_documents
    # A cluster with mistakes is left out of the schema: it is there all the same.
    written = value.get("clusters", {}) if isinstance(value, dict) else {}
    if target is None or target.cluster is None or not isinstance(written, dict) or target.cluster in written:
        return []
    remedy = "name one of clusters, or leave it out: the default one is meant then"
    return [Problem("alert_documents.cluster", f"[{target.cluster}] is no cluster of this file", remedy)]


def _windows_of(schema: ConfigSchema, problems: list[Problem]) -> tuple[WindowDefinition, ...]:
    """The maintenance windows that are valid; the problems of the others are added."""
    if not schema.maintenance_windows:
        return ()
    # What judges them loads slowly.
    from engine.operations.window_form import parse_definition

    valid = []
    for window_id, body in schema.maintenance_windows.items():
        try:
            parse_definition(body)
        except InvalidInput as error:
            problems += [problem.under(f"maintenance_windows.{window_id}") for problem in error.problems]
        else:
            valid.append(WindowDefinition(window_id, body))
    return tuple(valid)


def _without_wrong_sections(value: JsonObject, problems: tuple[Problem, ...]) -> JsonObject:
    """The content without what has problems: one connector or data source, or a whole other section."""
    kept = {name: dict(section) if isinstance(section, dict) else section for name, section in value.items()}
    for problem in problems:
        name, _, rest = problem.path.partition(".")
        entries = kept.get(name)
        if name in ("connectors", "data", "clusters", "maintenance_windows") and isinstance(entries, dict) and rest:
            for entry in [entry for entry in entries if rest == entry or rest.startswith(f"{entry}.")]:
                del entries[entry]
        elif problem.path:
            kept.pop(name, None)
    return kept


def _without_secretless(config: Config, problems: Sequence[Problem]) -> Config:
    """The settings without connectors whose secrets have problems: what these lack is told already."""
    paths = [problem.path for problem in problems]
    kept = [
        connector
        for connector in config.connectors
        if not any(path.startswith(f"{connector.place}.secrets") for path in paths)
    ]
    return replace(config, connectors=tuple(kept))


def _placed(document: Document, problem: Problem) -> FileProblem:
    """The problem with its place, showing no secret: neither a line with one nor a value that should be one."""
    if _may_hold_secret(tuple(problem.path.split("."))):
        problem = replace(problem, message=problem.message.partition(", not ")[0])
    placed = document.problem(problem)
    return replace(placed, excerpt="") if placed.line in _secret_lines(document) else placed


def _secret_lines(document: Document) -> set[int]:
    """The lines of the file on which something begins that may hold a secret."""
    lines = set()
    nodes: list[tuple[tuple[str, ...], Node]] = [] if document.root is None else [((), document.root)]
    while nodes:
        path, node = nodes.pop()
        if _may_hold_secret(path):
            lines.add(document.source.line_of(node.offset))
        nodes += [((*path, str(name)), member) for name, member in node.members.items()]
    return lines


def _is_secret(path: tuple[str, ...]) -> bool:
    path = _within_actions(path)
    return len(path) == 3 and path[0] in ("connectors", "clusters", "preconfigured") and path[2] == "secrets"


def _is_within_secrets(path: tuple[str, ...]) -> bool:
    return _is_secret(_within_actions(path)[:3])


def _may_hold_secret(path: tuple[str, ...]) -> bool:
    """Secrets, and members into which users write credentials or a key, rightly or not."""
    path = _within_actions(path)
    tempting = path[:1] in _TEMPTING_WHOLE or (path[:1] == ("clusters",) and path[2:3] in _TEMPTING)
    return tempting or _is_secret(path[:3])


def _within_actions(path: tuple[str, ...]) -> tuple[str, ...]:
    """The path without ``actions`` or ``xpack.actions`` at its start, where keys may be dotted."""
    if not path or path[0].partition(".")[0] not in ("actions", "xpack"):
        return path
    for section in ("xpack", "actions"):
        path = (*path[0].split("."), *path[1:]) if path else path
        path = path[1:] if path[:1] == (section,) else path
    return (*path[0].split("."), *path[1:]) if path else path


def _with_actions(
    config: Config, schema: ConfigSchema, document: Document, reader: SecretReader, warnings: list[str]
) -> Config:
    """The configuration with the settings and connectors of the section ``actions``."""
    placed = placed_actions(schema)
    if placed is None:
        return config
    path, section = placed
    reading = with_actions(config.engine, section, document.source.file.parent)
    texts = list(reading.warnings)
    known = {connector.body["id"] for connector in config.connectors}
    bodies = connector_bodies(path, section, reader, texts, known)
    added = tuple(ConnectorDefinition(body, document, place) for place, body in bodies if body["id"] not in known)
    warnings += [f"{path}.{text}" for text in texts]
    return replace(config, engine=reading.settings, connectors=config.connectors + added)


def _config_of(schema: ConfigSchema, document: Document, reader: SecretReader) -> Config:
    folder = document.source.file.parent
    default_first = sorted(schema.clusters.items(), key=lambda cluster: not cluster[1].default)
    clusters = [cluster_settings(name, section, folder, reader) for name, section in default_first]
    target = schema.alert_documents
    return Config(
        engine=engine_settings(schema, custom_hosts(schema.http.custom_hosts, folder, reader.problems)),
        space=None if schema.space is None else space_settings(schema.space),
        api=api_options(schema.api, folder),
        security=schema.security.enabled,
        store=_store_url(schema.store, folder),
        rules=tuple(folder / path for path in schema.rules),
        data_views=tuple(folder / path for path in schema.data_views),
        data=tuple(
            DataSource(
                name,
                tuple(str(folder / glob) for glob in section.files),
                None if section.mapping is None else folder / section.mapping,
                section.follow,
            )
            for name, section in schema.data.items()
        ),
        clusters=tuple(cluster for cluster in clusters if cluster is not None),
        alert_documents=None if target is None else AlertDocuments(target.index, target.cluster),
        boundaries_max_age=boundaries_max_age(schema.geo_containment),
        connectors=tuple(
            ConnectorDefinition(
                {
                    "id": connector_id,
                    **section.model_dump(exclude={"secrets"}),
                    "secrets": reader.resolve(section.secrets, f"connectors.{connector_id}.secrets"),
                },
                document,
                f"connectors.{connector_id}",
            )
            for connector_id, section in schema.connectors.items()
        ),
    )


def _store_url(store: str, folder: Path) -> str:
    return store if "://" in store else f"sqlite:///{folder / store}"
