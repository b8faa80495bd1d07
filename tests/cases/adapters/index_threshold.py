"""Cases of index_threshold."""

from typing import Any

from engine.model.errors import InvalidInput
from engine.model.instant import parse_iso
from rule_types.index_threshold.preview import date_ranges
from tests.cases.adapters.stack_rules import check_run, check_validation
from tests.cases.matching import assert_equal, require_known

_SOME_INSTANT = parse_iso("2024-05-06T07:08:09.010Z")


def run_case(case: dict[str, Any]) -> None:
    """Run one case; AssertionError says what differs."""
    given, expect = case["given"], case["expect"]
    match given["kind"]:
        case "validate":
            check_validation(given, expect)
        case "run":
            check_run(given, expect)
        case "date_ranges":
            _check_date_ranges(given, expect)
        case kind:
            raise AssertionError(f"unknown shape: kind {kind!r}")


def _check_date_ranges(given: dict[str, Any], expect: dict[str, Any]) -> None:
    require_known(given, {"kind", "window", "now", "dateStart", "dateEnd", "interval"}, "given")
    require_known(expect, {"ranges", "error"}, "expect")
    try:
        windows = date_ranges(
            window=given["window"],
            now=parse_iso(given["now"]) if "now" in given else _SOME_INSTANT,
            date_start=given.get("dateStart"),
            date_end=given.get("dateEnd"),
            interval=given.get("interval"),
        )
    except InvalidInput as error:
        assert_equal(error.problems[0].path, expect.get("error"), f"error ({error})")
    else:
        assert "error" not in expect, f"expected an error on {expect['error']}"
        assert_equal([{"from": window.start, "to": window.end} for window in windows], expect["ranges"], "ranges")
