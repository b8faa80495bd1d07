"""Cases of ``mustache.json``: one string, or the params of an action as its connector type wants them treated."""

from typing import Any

from connectors.treatments import treatment_of
from engine.ports.connector import EscapeMode
from engine.template.mustache import compile_template
from engine.template.params import compile_params
from engine.template.values import prepare_variables

_GIVEN = {
    "render_string": {"op", "template", "variables", "escape"},
    "render_params": {"op", "connector_type_id", "connector_id", "params", "variables"},
}
_EXPECTED = {"render_string": {"output", "error_text", "starts_with"}, "render_params": {"params"}}


def run_case(case: dict[str, Any]) -> None:
    given, expected = case["given"], case["expect"]
    operation = given["op"]
    assert operation in _GIVEN, operation
    assert set(given) <= _GIVEN[operation], set(given)
    assert set(expected) <= _EXPECTED[operation], set(expected)
    assert expected
    if operation == "render_params":
        assert _render_params(given) == expected["params"]
        return
    text = compile_template(given["template"]).render(
        prepare_variables(given["variables"]), EscapeMode(given["escape"])
    )
    if "output" in expected:
        assert text == expected["output"]
    assert ("error" in text.lower()) or not expected.get("error_text"), text
    assert text.startswith(expected.get("starts_with", ""))


def _render_params(given: dict[str, Any]) -> dict[str, Any]:
    treatment = treatment_of(given["connector_type_id"]).of_connector(given.get("connector_id", "a-connector"))
    return compile_params(given["params"], treatment).render(prepare_variables(given["variables"])).params
