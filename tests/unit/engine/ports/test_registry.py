"""What may be registered (connector-framework.md 2)."""

import pytest

from engine.ports.registry import Registry


class OfFeatures:
    """As much of a connector type as the registry looks at."""

    id = ".mine"

    def __init__(self, *features: str) -> None:
        self.supported_features = features


@pytest.mark.parametrize("features", [("alerting",), ("cases", "siem", "uptime"), ("generativeAIForSecurity",)])
def test_a_connector_type_for_known_features(features):
    registry = Registry()
    registry.add_connector_type(OfFeatures(*features))
    assert [each.id for each in registry.connector_types()] == [".mine"]


@pytest.mark.parametrize(
    ("features", "text"),
    [
        ((), "supports no feature"),
        (("alerting", "alertin"), r"unknown features \['alertin'\]"),
        (("x" * 80,), "unknown"),
    ],
)
def test_a_connector_type_that_no_list_would_show(features, text):
    with pytest.raises(ValueError, match=text):
        Registry().add_connector_type(OfFeatures(*features))


def test_an_id_is_registered_once():
    registry = Registry()
    registry.add_connector_type(OfFeatures("alerting"))
    with pytest.raises(ValueError, match="already registered"):
        registry.add_connector_type(OfFeatures("alerting"))
