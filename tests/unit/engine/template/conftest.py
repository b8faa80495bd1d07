"""One way to render for all tests of templates."""

from collections.abc import Callable

import pytest

from engine.model.jsonvalue import JsonObject
from engine.ports.connector import EscapeMode
from engine.template.mustache import compile_template
from engine.template.values import prepare_variables

Render = Callable[..., str]


@pytest.fixture(scope="session")
def render() -> Render:
    """``render(template, variables, mode)`` -> the text."""

    def render_once(template: str, variables: JsonObject | None = None, mode: str = "none", **limits: int) -> str:
        return compile_template(template).render(prepare_variables(variables or {}), EscapeMode(mode), **limits)

    return render_once
