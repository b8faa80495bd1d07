"""How the engine is put together, and what other packages may add to it."""

from importlib.metadata import EntryPoint

import pytest

from tocsin import composition
from tocsin.composition import builtin_registry


class Extra:
    """As much of a rule type, or of a connector type, as the registry looks at."""

    supported_features = ("alerting",)

    def __init__(self, type_id=".extra"):
        self.id = type_id


extra = Extra(".instance")


def make_extra():
    return Extra(".made")


@pytest.fixture
def installed(monkeypatch):
    """Packages that offer something by an entry point: (group, what it names)."""
    offered = []

    def entry_points(*, group):
        return [EntryPoint("extra", f"{__name__}:{name}", of) for of, name in offered if of == group]

    monkeypatch.setattr(composition, "entry_points", entry_points)
    monkeypatch.setitem(__import__("sys").modules, __name__, __import__("types").SimpleNamespace(**globals()))
    return offered


def rule_type_ids(registry):
    return {rule_type.id for rule_type in registry.rule_types()}


def connector_type_ids(registry):
    return {connector_type.id for connector_type in registry.connector_types()}


def test_the_stack_rule_types_and_the_first_connectors_are_built_in():
    registry = builtin_registry()
    assert {".index-threshold", ".es-query"} <= rule_type_ids(registry)
    assert {".server-log", ".webhook"} <= connector_type_ids(registry)


def test_callers_add_their_own():
    registry = builtin_registry([Extra(".mine")], [Extra(".target")])
    assert ".mine" in rule_type_ids(registry)
    assert ".target" in connector_type_ids(registry)


@pytest.mark.parametrize(("name", "type_id"), [("Extra", ".extra"), ("make_extra", ".made"), ("extra", ".instance")])
def test_installed_packages_add_theirs_as_class_function_or_instance(installed, name, type_id):
    installed += [("tocsin.rule_types", name), ("tocsin.connectors", name)]
    registry = builtin_registry()
    assert type_id in rule_type_ids(registry)
    assert type_id in connector_type_ids(registry)


def test_an_id_that_is_taken_is_an_error():
    with pytest.raises(ValueError, match=r"\.es-query"):
        builtin_registry([Extra(".es-query")])
