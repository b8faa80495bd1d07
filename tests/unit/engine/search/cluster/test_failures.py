"""Reasons are told as far as the answer has them."""

from typing import Any

import pytest

from engine.search.cluster.failures import ClusterUnavailable, error_of, error_of_json

CAUSE = {"type": "query_shard_exception", "reason": "failed to create query", "index": "logs",
         "caused_by": {"type": "number_format_exception", "reason": 'For input string: "x"'}}  # fmt: skip


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        ({"error": {"type": "parsing_exception", "reason": "unknown query"}}, "parsing_exception", "unknown query"),
        ({"error": {"type": "search_phase_execution_exception", "reason": "all shards failed", "root_cause": [CAUSE]}},
         "search_phase_execution_exception", '[logs] failed to create query: For input string: "x"'),
        ({"error": {"type": "search_phase_execution_exception", "reason": "all shards failed", "root_cause": []}},
         "search_phase_execution_exception", "all shards failed"),
        ({"error": {"type": "null_pointer_exception", "reason": None}},
         "null_pointer_exception", "null_pointer_exception"),
        ({"error": "no handler found"}, "http_error", "no handler found"),
        ([1], "http_error", "[1]"),
        (None, "http_error", "no reason given"),
    ],
)  # fmt: skip
def test_type_and_reason(body: Any, kind: str, reason: str) -> None:
    error = error_of_json("logs", 400, body)
    assert not isinstance(error, ClusterUnavailable)
    assert (error.status, error.error_type, error.reason, error.body) == (400, kind, reason, body)


def test_a_body_without_json_is_the_reason_as_far_as_it_is_short() -> None:
    error = error_of("logs", 500, b"<html>" + b"x" * 10_000)
    assert not isinstance(error, ClusterUnavailable)
    assert error.reason.startswith("<html>xxx")
    assert len(error.reason) == 500


@pytest.mark.parametrize(("header", "seconds"), [("20", 20.0), ("86400", 300.0), ("soon", None), (None, None)])
def test_when_to_come_again(header: str | None, seconds: float | None) -> None:
    error = error_of("logs", 503, b"", header)
    assert isinstance(error, ClusterUnavailable)
    assert error.retry_after_s == seconds
