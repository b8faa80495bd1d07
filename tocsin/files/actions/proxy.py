"""The proxy of connectors, out of ``proxyUrl`` and its neighbours (connector-framework.md 6.3)."""

from engine.model.settings import ProxySettings
from engine.ports.headers import find_header_problem
from engine.ports.target import read_target
from tocsin.files.actions.section import ActionsSection


def read_proxy(section: ActionsSection, warnings: list[str]) -> ProxySettings | None:
    """The proxy; None = requests go direct. What is left out is told, never with the URL, which may hold a password."""
    if section.proxy_url is None:
        return None
    try:
        target = read_target(section.proxy_url)
    except ValueError as error:
        warnings.append(f"proxyUrl is no URL: {error}; requests go direct")
        return None
    bypass, only = section.proxy_bypass_hosts, section.proxy_only_hosts
    if bypass and only:
        warnings.append("proxyBypassHosts and proxyOnlyHosts are both there: proxyOnlyHosts is left out")
        only = None
    return ProxySettings(
        url=target.origin,
        credentials=target.credentials,
        headers=_headers(section.proxy_headers or {}, warnings),
        bypass_hosts=frozenset(bypass or ()),
        only_hosts=None if only is None else frozenset(only),
        verification_mode=section.ssl.proxy_verification_mode,
    )


def _headers(headers: dict[str, str], warnings: list[str]) -> dict[str, str]:
    usable = {}
    for name, value in headers.items():
        problem = find_header_problem(name, value)
        if problem is None:
            usable[name] = value
        else:
            warnings.append(f"proxyHeaders: {problem}; it is left out")
    return usable
