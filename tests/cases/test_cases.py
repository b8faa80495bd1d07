"""One test a behaviour case; conftest.py makes them out of the case files."""

from collections.abc import Callable


def test_case(run_case: Callable[[], None]) -> None:
    run_case()
