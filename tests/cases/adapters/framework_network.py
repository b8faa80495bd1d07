"""Areas of connector_framework about the network: which hosts, with which TLS, through which proxy."""

from pathlib import Path
from typing import Any

from engine.model.errors import InvalidInput
from engine.model.settings import EngineSettings, HostSettings, HttpSettings
from engine.operations.validation import parse_model
from engine.ports.http import TlsOptions
from engine.ports.target import is_url_allowed, read_target
from engine.service.tls import TlsContexts
from tests.cases.matching import assert_absent, assert_subset, require_known
from tocsin.files.actions.dotted import expand_members
from tocsin.files.actions.section import ActionsSection
from tocsin.files.actions.settings import ActionsReading, with_actions

Json = Any


def read_actions(config: Json) -> tuple[ActionsSection, ActionsReading]:
    """The settings under ``actions.`` of a case as the program reads them. Raises InvalidInput."""
    section = parse_model(ActionsSection, expand_members(config))
    return section, with_actions(EngineSettings(), section, Path("/nowhere"))


def read_actions_or_refused(config: Json) -> tuple[ActionsSection, ActionsReading] | InvalidInput:
    """The same, or why not."""
    try:
        return read_actions(config)
    except InvalidInput as error:
        return error


def http_settings(config: Json) -> HttpSettings:
    """What the settings of a case, where null is left out, mean to the client."""
    return read_actions({name: value for name, value in config.items() if value is not None})[1].settings.http


def check_custom_hosts(given: Json, expected: Json) -> None:
    """Which entries remain of ``customHostSettings``, and what they say."""
    require_known(given, {"customHostSettings"}, "given")
    require_known(expected, {"valid", "urls", "entry0", "entry0_absent", "warnings_min"}, "expect")
    found = read_actions_or_refused(given)
    assert expected.get("valid", True) is not isinstance(found, InvalidInput), f"found: {found}"
    if isinstance(found, InvalidInput):
        return
    _, reading = found
    hosts = reading.settings.http.custom_hosts
    if "urls" in expected:
        assert [host.url for host in hosts] == expected["urls"], f"found: {hosts}"
    if "entry0" in expected:
        assert_subset(_entry(hosts[0]), expected["entry0"], "entry0")
    if "entry0_absent" in expected:
        assert_absent(_entry(hosts[0]), expected["entry0_absent"], "entry0")
    assert len(reading.warnings) >= expected.get("warnings_min", 0), f"warnings: {reading.warnings}"


def _entry(host: HostSettings) -> Json:
    """As Kibana writes it."""
    ssl = {"verificationMode": host.verification_mode, "certificateAuthoritiesData": host.ca}
    smtp = {"ignoreTLS": host.ignores_tls, "requireTLS": host.requires_tls}
    parts = {"ssl": _present(ssl), "smtp": _present(smtp)}
    return {"url": host.url, **{name: part for name, part in parts.items() if part}}


def _present(members: Json) -> Json:
    return {name: value for name, value in members.items() if value is not None}


def check_allowed_hosts(given: Json, expected: Json) -> None:
    """Whether a URL may be called."""
    require_known(given, {"allowedHosts", "url"}, "given")
    require_known(expected, {"allowed"}, "expect")
    hosts = given.get("allowedHosts")
    found = is_url_allowed(given["url"] or "", HttpSettings().allowed_hosts if hosts is None else hosts)
    assert found is expected["allowed"], f"found: {found}"


def check_tls(given: Json, expected: Json) -> None:
    """What is checked of the target's certificate."""
    require_known(given, {"global", "connector", "custom_host_ssl"}, "given")
    require_known(expected, {"mode"}, "expect")
    target = read_target("https://target.example/x")
    config: Json = {"ssl": {"verificationMode": given["global"]}} if given.get("global") else {}
    if given.get("custom_host_ssl") is not None:
        config["customHostSettings"] = [{"url": "https://target.example", "ssl": given["custom_host_ssl"]}]
    found = TlsContexts(http_settings(config)).effective(target, TlsOptions(given.get("connector")))
    assert found.mode == expected["mode"], f"found: {found.mode}"


def check_proxy(given: Json, expected: Json) -> None:
    """Whether a request goes through the proxy."""
    known = {"proxyUrl", "proxyHeaders", "proxyBypassHosts", "proxyOnlyHosts", "url"}
    require_known(given, known, "given")
    require_known(expected, {"via_proxy", "warnings_min"}, "expect")
    config = {name: value for name, value in given.items() if name != "url" and value is not None}
    _, reading = read_actions(config)
    proxy = reading.settings.http.proxy
    found = proxy is not None and proxy.is_used_for(read_target(given["url"]).host)
    assert found is expected["via_proxy"], f"found: {found}"
    assert len(reading.warnings) >= expected.get("warnings_min", 0), f"warnings: {reading.warnings}"
