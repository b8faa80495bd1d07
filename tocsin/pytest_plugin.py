"""The pytest fixture ``tocsin_engine``: an engine on a manual clock, everything in memory.

Nothing of the engine is imported before a test asks for it: a project under test may have a package ``engine`` itself.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tocsin.synchronous import Engine


@pytest.fixture
def tocsin_engine() -> "Iterator[Engine]":
    """An `Engine` whose clock shows 2026-01-01T00:00:00Z and moves when told to."""
    from tocsin import Engine, ManualClock

    with Engine(clock=ManualClock("2026-01-01T00:00:00Z")) as engine:
        yield engine
