"""The hierarchy of errors: HTTP status, exit code, stable code; the text says what, where, how to mend."""

from collections.abc import Sequence
from dataclasses import dataclass


class TocsinError(Exception):
    """Something failed that the user can be told about."""

    http_status = 500
    exit_code = 70
    code = "TOC1000"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: where (dotted path, array positions as numbers), what, and the remedy."""

    path: str
    message: str
    remedy: str = ""

    def under(self, prefix: str) -> "Problem":
        """The same problem seen from a surrounding object."""
        path = f"{prefix}.{self.path}" if self.path else prefix
        return Problem(path, self.message, self.remedy)

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{where}{self.message}" + (f" ({self.remedy})" if self.remedy else "")


class InvalidInput(TocsinError):
    """An input is refused; ``problems`` says why, the most important one first."""

    http_status = 400
    exit_code = 2
    code = "TOC1400"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


class Refused(InvalidInput):
    """What was asked for cannot be done to that object, whatever else the input says."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__([Problem("", message, remedy)])


class NotFound(TocsinError):
    """An object with that id does not exist in that space."""

    http_status = 404
    exit_code = 2
    code = "TOC1404"

    def __init__(self, kind: str, object_id: str) -> None:
        self.kind, self.object_id = kind, object_id
        super().__init__(f"{kind} [{object_id}] not found")


class Conflict(TocsinError):
    """An id is taken, or a concurrent change was not resolved by retries."""

    http_status = 409
    exit_code = 1
    code = "TOC1409"


class Unauthorized(TocsinError):
    """Missing or wrong credentials."""

    http_status = 401
    exit_code = 2
    code = "TOC1401"


class TooManyRequests(TocsinError):
    """A limit of requests is exceeded; ``retry_after_s``: when to try again."""

    http_status = 429
    exit_code = 1
    code = "TOC1429"

    def __init__(self, message: str, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class Forbidden(TocsinError):
    """Known caller, not allowed."""

    http_status = 403
    exit_code = 2
    code = "TOC1403"


class StoreUnavailable(TocsinError):
    """The store cannot be opened or reached."""

    exit_code = 3
    code = "TOC1503"


class StoreLocked(StoreUnavailable):
    """Another process holds the store."""

    exit_code = 5
    code = "TOC1423"


class SecretsUnavailable(TocsinError):
    """Secrets can be neither stored nor read: the encryption key is missing, or is not the one of these secrets."""

    exit_code = 3
    code = "TOC1506"


class SearchError(TocsinError):
    """A search was answered with an error. ``status`` is the HTTP status, ``body`` the answer's JSON as received."""

    exit_code = 4
    code = "TOC1502"

    def __init__(self, status: int, error_type: str, reason: str, body: object = None) -> None:
        self.status, self.error_type, self.reason, self.body = status, error_type, reason, body
        super().__init__(f"[{status}] {error_type}: {reason}")


class SearchUnavailable(TocsinError):
    """The search backend cannot be reached (connection refused, lost, or it answers 429 or 503)."""

    exit_code = 3
    code = "TOC1504"


class WriteBlocked(TocsinError):
    """The cluster has write-blocked an index."""

    exit_code = 4
    code = "TOC1505"


class RunError(TocsinError):
    """A run fails: ``reason`` is one of rule-run.md 9.1; ``user_caused`` spares the engine's health."""

    exit_code = 4
    code = "TOC1600"

    def __init__(self, reason: str, message: str, *, user_caused: bool = False) -> None:
        self.reason, self.user_caused = reason, user_caused
        super().__init__(message)
