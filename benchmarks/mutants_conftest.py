"""The ``conftest.py`` of the copy in which `benchmarks.mutants` works; the project's own tests do not load it."""

import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

# The same examples in each run; a fault may be slow, and it need not be told in its smallest form.
settings.register_profile(
    "mutants",
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("mutants")


@pytest.fixture(autouse=True)
def forget_what_is_cached() -> Iterator[None]:
    """Without this a test would see what an earlier one, or the faultless code before the fork, had calculated."""
    yield
    for name, module in list(sys.modules.items()):
        if name.startswith("engine."):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
