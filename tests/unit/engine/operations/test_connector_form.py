"""Bodies of connectors: which names count as blank."""

from typing import Any

import pytest

from engine.model.errors import InvalidInput
from engine.operations.connector_form import ConnectorBody
from engine.operations.validation import parse_model


def body(name: str) -> dict[str, Any]:
    return {"name": name, "connector_type_id": ".index", "config": {"index": "i"}}


@pytest.mark.parametrize("name", ["", " ", "\t\n", "\u00a0", "\ufeff", "\u2028 \u3000"])
def test_what_javascript_trims_is_blank(name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_model(ConnectorBody, body(name))
    assert [problem.path for problem in refused.value.problems] == ["name"]


@pytest.mark.parametrize("name", ["x", " x ", "\u001f", "\u0085", "\u200b"])
def test_other_characters_are_a_name(name: str) -> None:
    assert parse_model(ConnectorBody, body(name)).name == name
