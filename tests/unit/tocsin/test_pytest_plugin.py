"""The pytest plug-in, as a project under test sees it."""

import subprocess
import sys
from datetime import UTC, datetime


def test_the_fixture_gives_an_engine_on_a_manual_clock(tocsin_engine):
    assert tocsin_engine.clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
    assert tocsin_engine.advance("1h") == []
    assert tocsin_engine.clock.now() == datetime(2026, 1, 1, 1, tzinfo=UTC)


def test_loading_the_plug_in_imports_nothing_of_the_engine():
    """A project may have a package ``engine`` of its own."""
    program = """
import sys, tocsin.pytest_plugin
print(sorted({name.split(".")[0] for name in sys.modules} & {"engine", "sqlalchemy", "duckdb"}))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
