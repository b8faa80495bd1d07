"""One way to call a lambda for all tests of them."""

from collections.abc import Callable

import pytest

from engine.model.jsonvalue import JsonObject
from engine.ports.connector import EscapeMode
from engine.template.mustache import compile_template
from engine.template.values import prepare_variables

Call = Callable[..., str]


@pytest.fixture(scope="session")
def call(render) -> Call:
    """``call(name, text, variables)`` -> what stands in the section's place."""

    def call_once(name: str, text: str, variables: JsonObject | None = None, mode: str = "none") -> str:
        rendered: str = render(f"{{{{#{name}}}}}{text}{{{{/{name}}}}}", variables, mode)
        return rendered

    return call_once


@pytest.fixture(scope="session")
def refusal() -> Call:
    """``refusal(name, text, variables)`` -> why the lambda made nothing of the text."""

    def refuse_once(name: str, text: str, variables: JsonObject | None = None) -> str:
        errors: list[str] = []
        template = compile_template(f"{{{{#{name}}}}}{text}{{{{/{name}}}}}")
        template.render(prepare_variables(variables or {}), EscapeMode.NONE, errors=errors)
        [error] = errors
        before = f"template error at offset 0 ({name}: "
        assert error.startswith(before)
        return error.removeprefix(before).removesuffix(")")

    return refuse_once
