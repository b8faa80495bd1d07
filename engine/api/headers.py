"""Headers of requests that are checked, and those that answers carry (rest-api.md 1.2)."""

from collections.abc import Mapping

from engine.api.errors import ApiError
from engine.api.route import PUBLIC_VERSION, Route
from engine.api.settings import ApiSettings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Those that change nothing."""

_INTERNAL_VERSION = "1"
_OF_ALL_ANSWERS = {
    "cache-control": "private, no-cache, no-store, must-revalidate",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


def check_headers(route: Route, method: str, path: str, headers: Mapping[str, str], settings: ApiSettings) -> None:
    """Raises ApiError for a header that is missing or does not fit; names are in lower case."""
    if _needs_xsrf(method, path, settings) and "kbn-xsrf" not in headers and "kbn-version" not in headers:
        raise ApiError(400, "Request must contain a kbn-xsrf header: add one, its value does not matter")
    client = headers.get("kbn-version", settings.version)
    if client != settings.version:
        raise ApiError(
            400, f"kbn-version is {client[:40]}, but this server is {settings.version}: leave the header out"
        )
    version = headers.get("elastic-api-version")
    known = PUBLIC_VERSION if route.is_public else _INTERNAL_VERSION if route.is_internal else version
    if version is not None and version != known:
        raise ApiError(400, f"elastic-api-version {version[:40]} is unknown here: send {known}, or leave it out")
    if settings.restricts_internal and route.is_internal and "x-elastic-internal-origin" not in headers:
        raise ApiError(400, f"{path} is internal: it answers with the header x-elastic-internal-origin only")


def answer_headers(route: Route | None, settings: ApiSettings) -> dict[str, str]:
    """What each answer carries, also one to an error; ``route`` None = none was found."""
    headers = {**_OF_ALL_ANSWERS, "kbn-name": settings.name}
    if route is not None and route.is_public:
        headers["elastic-api-version"] = PUBLIC_VERSION
    return headers


def _needs_xsrf(method: str, path: str, settings: ApiSettings) -> bool:
    return settings.is_xsrf_checked and method not in SAFE_METHODS and path not in settings.xsrf_allowlist
