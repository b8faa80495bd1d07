"""One way to call a lambda for all tests of them."""

from collections.abc import Callable

import pytest

from engine.model.jsonvalue import JsonObject

Call = Callable[..., str]


@pytest.fixture(scope="session")
def call(render) -> Call:
    """``call(name, text, variables)`` -> what stands in the section's place."""

    def call_once(name: str, text: str, variables: JsonObject | None = None, mode: str = "none") -> str:
        rendered: str = render(f"{{{{#{name}}}}}{text}{{{{/{name}}}}}", variables, mode)
        return rendered

    return call_once
