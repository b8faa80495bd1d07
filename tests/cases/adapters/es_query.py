"""Cases of es_query."""

from typing import Any

from tests.cases.adapters.stack_rules import check_run, check_validation


def run_case(case: dict[str, Any]) -> None:
    """Run one case; AssertionError says what differs."""
    given, expect = case["given"], case["expect"]
    match given["kind"]:
        case "validate":
            check_validation(given, expect)
        case "run":
            check_run(given, expect)
        case kind:
            raise AssertionError(f"unknown shape: kind {kind!r}")
