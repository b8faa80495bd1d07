"""The check of URLs that users configure: readable, and on an allowed host (connector-framework.md 4.2, 6)."""

from collections.abc import Iterator

from engine.model.errors import Problem
from engine.model.settings import HttpSettings
from engine.ports.target import is_host_allowed, read_target


def find_url_problems(path: str, url: str, settings: HttpSettings) -> Iterator[Problem]:
    """What is wrong with the URL at that path of the connector."""
    try:
        target = read_target(url)
    except ValueError as error:
        yield Problem(path, f"is no URL: {error}", "write an absolute URL like https://example.com/path")
        return
    if not is_host_allowed(target, settings.allowed_hosts):
        yield Problem(
            path,
            f"its host [{target.host}] is not one of the allowed hosts",
            "add it to the setting allowedHosts or use another target",
        )
