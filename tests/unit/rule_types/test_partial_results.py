"""Warnings about answers that do not cover all data."""

import pytest

from engine.model.errors import RunError
from rule_types.partial_results import partial_result_warnings


def failed(count, *reasons):
    return {"_shards": {"failed": count, "failures": [{"reason": {"reason": reason}} for reason in reasons]}}


def skipped(count, **clusters):
    details = {
        name: {"failures": [{"reason": {"caused_by": {"reason": reason}}}] if reason else []}
        for name, reason in clusters.items()
    }
    return {"_shards": {"failed": 0}, "_clusters": {"skipped": count, "details": details}}


@pytest.mark.parametrize(
    ("answer", "warnings"),
    [
        ({}, []),
        ({"_shards": {"failed": 0}, "_clusters": {"skipped": 0}, "timed_out": False}, []),
        (failed(1, "node is gone", "another"), ["node is gone"]),
        (skipped(1, remote="no route"), ["no route"]),
        (skipped(2, quiet=None, remote="no route"), ["no route"]),
        (failed(1, "node is gone") | {"_clusters": {"skipped": 1}}, ["node is gone"]),
    ],
)
def test_the_text_is_the_first_reason_given(answer, warnings):
    assert partial_result_warnings(answer) == warnings


@pytest.mark.parametrize(
    "answer",
    [
        failed(1),
        failed(2, None),
        {"_shards": {"failed": 1, "failures": "none"}},
        {"_shards": {"failed": 1, "failures": [None]}},
        skipped(1),
        {"_clusters": {"skipped": 1, "details": {"remote": None}}},
    ],
)
def test_without_a_usable_reason_there_is_a_generic_text(answer):
    (text,) = partial_result_warnings(answer)
    assert "partial results" in text


def test_a_time_out_on_the_server_is_a_warning_of_its_own():
    first, second = partial_result_warnings(failed(1, "node is gone") | {"timed_out": True})
    assert first == "node is gone"
    assert "timed out" in second


def test_a_count_that_is_no_number_fails_the_run():
    with pytest.raises(RunError, match="failed"):
        partial_result_warnings({"_shards": {"failed": "many"}})
