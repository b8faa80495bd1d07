"""The shipped settings and rules, and the registry they are judged against."""

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.builtin import builtin_connector_types
from engine.model.errors import InvalidInput
from engine.ports.registry import Registry
from engine.service.connectors import PreconfiguredConnectors, build_connector
from rule_types.builtin import builtin_rule_types
from tocsin.files.config import LoadedConfig, load_config
from tocsin.files.definitions import validate_definition
from tocsin.files.problems import FileProblem
from tocsin.files.rules import load_rules

SAMPLES = Path(__file__).parents[4] / "config"
ENVIRONMENT = {
    **dict.fromkeys(("ES_PASSWORD", "ES_API_KEY", "USER", "KEY"), "x"),
    "URL": "https://hooks.example.org/T/B/x",
}


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of the shipped settings and rules."""
    return SAMPLES


@pytest.fixture(scope="session")
def registry() -> Registry:
    registry = Registry()
    for rule_type in builtin_rule_types():
        registry.add_rule_type(rule_type)
    for connector_type in builtin_connector_types():
        registry.add_connector_type(connector_type)
    return registry


def build_connectors(loaded: LoadedConfig, registry: Registry) -> tuple[PreconfiguredConnectors, list[FileProblem]]:
    """The connectors of settings, and what is wrong with the others."""
    connectors, problems = PreconfiguredConnectors(), []
    for definition in loaded.config.connectors:
        try:
            http = loaded.config.engine.http
            connectors.add(build_connector(definition.body, registry=registry, settings=http, is_preconfigured=True))
        except InvalidInput as error:
            problems += [definition.problem(problem) for problem in error.problems]
    return connectors, problems


@pytest.fixture(scope="session")
def check_settings(registry: Registry) -> Callable[[Path], list[FileProblem]]:
    """Everything that is wrong with a tocsin.yml, its connectors included."""

    def check(file: Path) -> list[FileProblem]:
        loaded = load_config(file, environ=ENVIRONMENT)
        return [*loaded.problems, *build_connectors(loaded, registry)[1]]

    return check


@pytest.fixture(scope="session")
def check_rules(registry: Registry) -> Callable[[Path], list[FileProblem]]:
    """Everything that is wrong with rule files, beside the shipped connectors."""
    connectors, _ = build_connectors(load_config(SAMPLES / "tocsin.yml", environ={}), registry)
    settings = load_config(SAMPLES / "tocsin.yml", environ={}).config.engine

    def check(path: Path) -> list[FileProblem]:
        loaded = load_rules([path])
        checked = [
            problem
            for rule in loaded.rules
            for problem in validate_definition(rule, registry=registry, connectors=connectors, settings=settings)
        ]
        return [*loaded.problems, *checked]

    return check
