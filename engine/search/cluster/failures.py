"""Error answers of a cluster as errors of the port."""

import orjson

from engine.model.errors import SearchError, SearchUnavailable
from engine.model.jsonvalue import JsonObject, JsonValue

_UNAVAILABLE = frozenset({429, 502, 503, 504})
"""502 and 504 come from what stands between: nothing answered there either."""
_LONGEST_TEXT = 500
_LONGEST_RETRY_S = 300.0


class ClusterUnavailable(SearchUnavailable):
    """The cluster does not answer, or has too much to do. ``retry_after_s``: when it asks to be asked again."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


def error_of(
    cluster: str, status: int, body: bytes, retry_after: str | None = None
) -> SearchError | ClusterUnavailable:
    """The error that an answer with an error status is. A body that is no JSON becomes the reason."""
    try:
        parsed = orjson.loads(body)
    except ValueError:
        parsed = body[:_LONGEST_TEXT].decode(errors="replace").strip() or None
    return error_of_json(cluster, status, parsed, retry_after)


def error_of_json(
    cluster: str, status: int, body: JsonValue, retry_after: str | None = None
) -> SearchError | ClusterUnavailable:
    """The same for a body already parsed, such as a part of a ``_msearch`` answer."""
    error_type, reason = _described(body)
    if status in _UNAVAILABLE:
        return ClusterUnavailable(
            f"cluster [{cluster}] answered {status} {error_type}: {reason}", _seconds(retry_after)
        )
    return SearchError(status, error_type, reason, body)


def _described(body: JsonValue) -> tuple[str, str]:
    """Type and reason; that of the first root cause where the error itself says only that shards failed."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "http_error", str(error or body or "no reason given")[:_LONGEST_TEXT]
    return str(error.get("type")), _with_cause(_telling(error))


def _telling(error: JsonObject) -> JsonObject:
    causes = error.get("root_cause")
    if error.get("type") == "search_phase_execution_exception" and isinstance(causes, list) and causes:
        first = causes[0]
        return first if isinstance(first, dict) else error
    return error


def _with_cause(error: JsonObject) -> str:
    reason, cause = str(error.get("reason") or error.get("type")), error.get("caused_by")
    index = error.get("index")
    if isinstance(index, str) and index not in reason:
        reason = f"[{index}] {reason}"
    if isinstance(cause, dict) and cause.get("reason") and str(cause["reason"]) not in reason:
        reason = f"{reason}: {cause['reason']}"
    return reason


def _seconds(retry_after: str | None) -> float | None:
    """Whole seconds; the form with a date is not used by anything that stands before clusters."""
    if retry_after is None or not retry_after.strip().isdecimal():
        return None
    return min(float(retry_after), _LONGEST_RETRY_S)
