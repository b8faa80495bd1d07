"""Errors as answers (rest-api.md 1.3): three members, and a place in brackets before what is wrong with it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Literal

from engine.api.route import Answer, answer_json
from engine.model.errors import (
    InvalidInput,
    Problem,
    Refused,
    SecretsUnavailable,
    TocsinError,
    TooManyRequests,
    Unauthorized,
)
from engine.model.jsonvalue import JsonObject

Place = Literal["request body", "request query", "request params"]
"""Where the paths of an InvalidInput start."""

_CHALLENGES = 'Basic realm="Authorization Required", ApiKey'
"""Which kinds of credentials are taken (rest-api.md 1.3)."""
_MOST_PROBLEMS = 20
_REASONS = {413: "Request Entity Too Large"}


class ApiError(TocsinError):
    """A request is refused before any operation sees it. ``status`` is the answer's, ``headers`` go with it."""

    exit_code = 2
    code = "TOC1800"

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        self.status, self.headers = status, dict(headers or {})
        super().__init__(message)


class Misplaced(ApiError):
    """A body, query or path that does not satisfy what its route declares; ``problems`` as in InvalidInput."""

    def __init__(self, place: Place, problems: InvalidInput) -> None:
        super().__init__(400, placed_message(place, problems.problems))


def placed_message(place: Place | None, problems: tuple[Problem, ...]) -> str:
    """The problems, the first one first, each after its place: ``[request body.actions.0.id]: is required (add it)``.

    ``place`` None: only problems with a path have a place, which is in the body then.
    """
    shown = [_placed(place, problem) for problem in problems[:_MOST_PROBLEMS]]
    if len(problems) > _MOST_PROBLEMS:
        shown.append(f"and {len(problems) - _MOST_PROBLEMS} more")
    return "; ".join(shown)


def error_answer(status: int, message: str, headers: Mapping[str, str] | None = None, **more: JsonObject) -> Answer:
    """An error as it is sent; ``more`` are members that some routes add, such as ``attributes``."""
    reason = _REASONS.get(status) or HTTPStatus(status).phrase
    return answer_json({"statusCode": status, "error": reason, "message": message, **more}, status, headers)


def answer_of(error: TocsinError, place: Place | None = None) -> Answer | None:
    """The answer to an error that callers may know of; None = it is ours, and its text is not for them.

    ``place``: where the paths of an InvalidInput start.
    """
    if isinstance(error, ApiError):
        return error_answer(error.status, str(error), error.headers)
    if isinstance(error, InvalidInput):
        return error_answer(400, placed_message(None if isinstance(error, Refused) else place, error.problems))
    if isinstance(error, SecretsUnavailable):
        # It is for the operator to mend, who may well be the one who asks.
        return error_answer(error.http_status, str(error))
    if error.http_status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return error_answer(error.http_status, str(error), _headers_of(error))
    return None


def internal_error(request_id: str) -> Answer:
    """What callers learn of a failure of ours: where the log tells more of it."""
    return error_answer(500, f"something failed inside; the log tells more under [{request_id}]")


def _headers_of(error: TocsinError) -> Mapping[str, str]:
    if isinstance(error, Unauthorized):
        return {"www-authenticate": _CHALLENGES}
    if isinstance(error, TooManyRequests):
        return {"retry-after": str(error.retry_after_s)}
    return {}


def _placed(place: Place | None, problem: Problem) -> str:
    remedy = f" ({problem.remedy})" if problem.remedy else ""
    if place is None and not problem.path:
        return f"{problem.message}{remedy}"
    path = f".{problem.path}" if problem.path else ""
    return f"[{place or 'request body'}{path}]: {problem.message}{remedy}"
