"""Warnings about answers that do not cover all data (rule-type-es-query.md 6.6)."""

from collections.abc import Mapping
from typing import Any

from engine.model.jsonvalue import JsonObject
from rule_types.answer import number_at, object_at

PARTIAL = "The search returned partial results: some shards or clusters did not answer."
_TIMED_OUT = "The search timed out on the server and returned partial results."


def partial_result_warnings(answer: JsonObject) -> list[str]:
    """One text for failed shards or else skipped clusters, one for a time-out on the server; [] when complete."""
    warnings = []
    shards, clusters = object_at(answer, "_shards"), object_at(answer, "_clusters")
    if (number_at(shards, "failed") or 0) > 0:
        warnings.append(_first_failure(shards, "reason", "reason") or PARTIAL)
    elif (number_at(clusters, "skipped") or 0) > 0:
        warnings.append(_first_cluster_failure(clusters) or PARTIAL)
    if answer.get("timed_out") is True:
        warnings.append(_TIMED_OUT)
    return warnings


def _first_cluster_failure(clusters: JsonObject) -> str | None:
    for cluster in object_at(clusters, "details").values():
        text = _first_failure(cluster, "reason", "caused_by", "reason") or _first_failure(cluster, "reason", "reason")
        if text:
            return text
    return None


def _first_failure(container: object, *path: str) -> str | None:
    """The text at ``path`` of the first element of ``failures``; a missing or odd detail is no reason to fail a run."""
    failures = container.get("failures") if isinstance(container, Mapping) else None
    value: Any = failures[0] if isinstance(failures, list) and failures else None
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) and value else None
