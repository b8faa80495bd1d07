"""What the operator decides for the HTTP API."""

from dataclasses import dataclass

DEFAULT_VERSION = "9.1.0"
"""The version of Kibana that clients are told: they switch features on by it (rest-api.md 4.9)."""


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """``name``: the server's, as answers say it. Sizes in bytes, times in seconds.

    ``rate_limit``: requests a second from one address, None = no limit.

    ``xsrf_allowlist``: paths that need no ``kbn-xsrf``. ``restricts_internal``: internal routes need
    ``x-elastic-internal-origin``. ``offers_windows``: the routes of maintenance windows exist. ``body_timeout_s``: a
    body must have arrived whole by then.
    """

    name: str = "tocsin"
    version: str = DEFAULT_VERSION
    max_body_bytes: int = 1_048_576
    body_timeout_s: float = 30.0
    rate_limit: int | None = None
    is_xsrf_checked: bool = True
    xsrf_allowlist: frozenset[str] = frozenset()
    restricts_internal: bool = False
    offers_windows: bool = True
