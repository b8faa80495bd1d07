"""Adapters of behaviour cases: an expectation that nobody reads would hold for nothing."""

import importlib
import json
from pathlib import Path

import pytest

CASES = Path(__file__).parents[2] / "cases"
FILES = ("action_scheduling", "alert_lifecycle", "connectors_core", "data_views", "es_query", "index_threshold")


def sample(file):
    cases = json.loads((CASES / "data" / f"{file}.json").read_text(encoding="utf-8"))
    return [case for case in cases if case.get("profile") != "kibana"]


def one_case_a_shape(file):
    """The first case of the shared sample for each area and set of keys."""
    return {(case["area"], *sorted(case["expect"])): case for case in reversed(sample(file))}.values()


def run(file, case):
    importlib.import_module(f"tests.cases.adapters.{file}").run_case(case)


@pytest.mark.parametrize(
    ("file", "case"), [pytest.param(file, case, id=case["id"]) for file in FILES for case in one_case_a_shape(file)]
)
def test_an_expectation_of_unknown_name_fails(file, case):
    with pytest.raises(AssertionError, match=r"unknown shape|not supported|not built"):
        run(file, {**case, "expect": {**case["expect"], "nobody_reads_this": 1}})


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("action_scheduling", ("runs", 0)),
        ("action_scheduling", ("runs", 0, "sent", 0)),
        ("alert_lifecycle", ("steps", 0)),
        ("connectors_core", ("log",)),
        ("connectors_core", ("request",)),
        ("connectors_core", ("result",)),
        ("data_views", ("steps", 0)),
        ("es_query", ("request",)),
        ("es_query", ("alerts", 0)),
        ("index_threshold", ("recovered", 0)),
    ],
)
def test_so_does_one_inside(file, place):
    case = next(case for case in sample(file) if holds(case["expect"], place))
    inner = case["expect"]
    for key in place:
        inner = inner[key]
    inner["nobody_reads_this"] = 1
    with pytest.raises(AssertionError, match="unknown shape"):
        run(file, case)


def holds(value, place):
    for key in place:
        try:
            value = value[key]
        except (KeyError, IndexError):
            return False
    return True


@pytest.mark.parametrize(
    "step", [{"op": "run", "at": "2024-01-01T00:00:00.000Z", "reported": [], "odd": 1}, {"op": "restart"}]
)
def test_a_step_of_unknown_shape_fails(step):
    case = {"id": "x", "area": "rule-run", "given": {"rule": {}, "steps": [step]}, "expect": {"steps": [{}]}}
    with pytest.raises(AssertionError, match="unknown shape"):
        run("alert_lifecycle", case)
