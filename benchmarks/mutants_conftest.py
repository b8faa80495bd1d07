"""The ``conftest.py`` of the copy in which `benchmarks.mutants` works; the project's own tests do not load it."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

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


# mutmut puts two calls of its own around each call: what nests as deeply as a test allows must still find room.
sys.setrecursionlimit(3 * sys.getrecursionlimit())

_DURATIONS = Path("mutmut-stats.json")
"""What mutmut noted of the tests when it ran them without a fault; missing in that very run."""


_COSTLY = frozenset(
    {
        "test_old_and_never_matching_rules_are_bounded",
        "test_work_is_bounded",
        "test_long_texts_are_taken_or_refused_at_once",
        "test_long_templates_are_taken_in_one_pass",
        "test_sections_nested_over_arrays_end_without_output",
    }
)
"""Tests that bound what hostile input costs: with mutmut around each call they take minutes, once for each survivor."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick tests first: most faults are noticed by one of them, and the first that notices ends the matter."""
    items[:] = [item for item in items if item.name.partition("[")[0] not in _COSTLY]
    if _DURATIONS.exists():
        seconds = json.loads(_DURATIONS.read_text(encoding="utf-8"))["duration_by_test"]
        items.sort(key=lambda item: seconds.get(item.nodeid, 0.0))


@pytest.fixture(autouse=True)
def forget_what_is_cached() -> Iterator[None]:
    """Without this a test would see what an earlier one, or the faultless code before the fork, had calculated."""
    yield
    for name, module in list(sys.modules.items()):
        if name.startswith("engine."):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
