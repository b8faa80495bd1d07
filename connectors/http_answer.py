"""What connectors read from HTTP answers alike: status text, Retry-After, who is at fault (connectors-core.md 1.3)."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import orjson

from engine.model.connector import ConnectorResult, ErrorSource
from engine.model.jsonvalue import JsonValue
from engine.ports.http import HttpFailure, HttpResponse

_LEADING_INTEGER = re.compile(r"\s*([+-]?[0-9]+)", re.ASCII)
_LONGEST_WAIT_S = 1e9
_USER_STATUSES = frozenset({401, 402, 403, 407, 409, 412, 413, 417, 422, 423, 429, 451})


def is_success(status: int) -> bool:
    """Whether the status is 2xx."""
    return 200 <= status < 300


def source_of_status(status: int) -> ErrorSource:
    """Who is at fault for a status without a mapping of the connector's own (connector-framework.md 5.2)."""
    return "user" if status in _USER_STATUSES else "framework"


def retry_after(response: HttpResponse, at: datetime) -> datetime | None:
    """The instant that ``Retry-After`` names, seen from ``at``; None when it names none.

    A leading integer counts as seconds (``5.9`` is 5), else an HTTP date is read; what lies in the past means ``at``.
    """
    text = response.headers.get("retry-after", "")
    seconds = _LEADING_INTEGER.match(text)
    if seconds is not None:
        return at + timedelta(seconds=min(max(0.0, float(seconds[1])), _LONGEST_WAIT_S))
    try:
        date = parsedate_to_datetime(text)
        return max(at, date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def judge_failure(failure: HttpFailure, target: str) -> ConnectorResult:
    """The result when no answer came; tried again only when that can help (connectors-core.md 1.3)."""
    return ConnectorResult(
        "error",
        f"{target} could not be reached",
        service_message=str(failure),
        retry=failure.is_retryable,
        error_source="framework",
    )


def read_json(response: HttpResponse) -> JsonValue:
    """The body as JSON whatever its content type; None if it is none."""
    try:
        return orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return None


def describe_status(response: HttpResponse) -> str:
    """``[status] reason``."""
    return f"[{response.status}] {response.reason}".rstrip()
