"""Hosts in tocsin.yml with settings of their own: their section, and the settings that it becomes."""

import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field

from engine.model.errors import Problem
from engine.model.settings import HostSettings, VerificationMode
from engine.operations.values import NotNull, Strict, refusal
from engine.ports.target import ANY_HOST, Target, read_target

_PEM = "-----BEGIN CERTIFICATE-----"
_REMEDY = "write it like https://hooks.example.org:8443"


def _read_https(url: str) -> Target:
    try:
        target = read_target(url)
    except ValueError as error:
        raise refusal(f"is no URL: {error}", _REMEDY) from None
    if target.scheme != "https" or target.credentials is not None or target.resource != "/":
        raise refusal("is more, or less, than https, a host and a port", _REMEDY)
    return target


def _canonical(url: str) -> str:
    return _read_https(url).origin


def _check_network(text: str) -> str:
    try:
        if text != ANY_HOST:
            ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise refusal(f"{text[:60]!r} is no network", "write it like 10.0.0.0/8, fd00::/8 or 192.0.2.1") from None
    return text


Network: TypeAlias = Annotated[str, AfterValidator(_check_network)]
HttpsUrl: TypeAlias = Annotated[str, AfterValidator(_canonical)]


class CustomHostSection(Strict):
    """What holds for one target of connectors, whatever they say themselves."""

    url: Annotated[HttpsUrl, Field(description="https, host and port.")]
    verification_mode: Annotated[VerificationMode, Field(description="none, certificate or full.")] = "full"
    ca_file: Annotated[
        Annotated[str, Field(min_length=1)] | None, NotNull, Field(description="Trusted instead of the system's.")
    ] = None


def custom_hosts(
    sections: Sequence[CustomHostSection], folder: Path, problems: list[Problem]
) -> tuple[HostSettings, ...]:
    """The settings. What is wrong with their files, or said twice, is added to the problems."""
    hosts: dict[str, HostSettings] = {}
    for number, section in enumerate(sections):
        path = f"http.custom_hosts.{number}"
        if section.url in hosts:
            problems.append(Problem(f"{path}.url", f"[{section.url}] is there already", "say all of it in one entry"))
            continue
        ca = None if section.ca_file is None else _read_ca(folder / section.ca_file, f"{path}.ca_file", problems)
        hosts[section.url] = HostSettings(section.url, section.verification_mode, ca)
    return tuple(hosts.values())


def _read_ca(file: Path, path: str, problems: list[Problem]) -> str | None:
    try:
        text = file.read_text(encoding="ascii")
    except (OSError, ValueError):
        text = ""
    if _PEM not in text:
        problems.append(Problem(path, "names no file with certificates", "name a file in PEM form"))
        return None
    return text
