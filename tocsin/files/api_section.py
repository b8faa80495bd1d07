"""The HTTP API in tocsin.yml: its section, and the settings that it becomes."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from engine.api.address import Address, Certificate, parse_address
from engine.api.settings import DEFAULT_VERSION, ApiSettings
from engine.model.errors import InvalidInput
from engine.operations.values import Strict, as_whole_number, refusal
from tocsin.files.sizes import Size, parse_size

_VERSION = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})", re.ASCII)


def _check_address(text: str) -> str:
    try:
        parse_address(text)
    except InvalidInput as error:
        (problem,) = error.problems
        raise refusal(problem.message, problem.remedy) from None
    return text


def _check_version(text: str) -> str:
    if _VERSION.fullmatch(text) is None:
        raise refusal(f"{text[:40]!r} is no version", f"write three numbers, like {DEFAULT_VERSION}")
    return text


def _check_path(text: str) -> str:
    if not text.startswith("/"):
        raise refusal(f"{text[:40]!r} is no path", "write it as requests have it, like /api/alerting/rule")
    return text


Text: TypeAlias = Annotated[str, Field(min_length=1)]
Rate: TypeAlias = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(as_whole_number)]


class TlsSection(Strict):
    """What the server shows to clients: PEM files, relative ones from this file on."""

    certificate: Annotated[Text, Field(description="The certificate, with those between it and a known one.")]
    key: Annotated[Text, Field(description="Its key, without a passphrase.")]


class ApiSection(Strict):
    """The HTTP API that `tocsin serve` offers."""

    listen: Annotated[
        Annotated[str, AfterValidator(_check_address)] | None,
        Field(description="HOST:PORT to listen on; null: no API, unless `tocsin serve --listen` says so."),
    ] = None
    tls: Annotated[TlsSection | None, Field(description="null: requests come without TLS.")] = None
    max_body_size: Annotated[Size, Field(description="Longer bodies of requests are refused.")] = "1mb"
    rate_limit: Annotated[Rate | None, Field(description="Requests a second from one address; null: no limit.")] = None
    kibana_version: Annotated[
        str, AfterValidator(_check_version), Field(description="The version that clients are told.")
    ] = DEFAULT_VERSION
    needs_xsrf_header: Annotated[bool, Field(description="false: changes need no kbn-xsrf header.")] = True
    xsrf_allowlist: Annotated[
        list[Annotated[str, AfterValidator(_check_path)]], Field(description="Paths that need no kbn-xsrf header.")
    ] = Field(default_factory=list)
    restrict_internal_routes: Annotated[
        bool, Field(description="true: internal routes answer with x-elastic-internal-origin only.")
    ] = False
    maintenance_windows: Annotated[
        bool, Field(description="false: windows cannot be reached over HTTP; those of this file count all the same.")
    ] = True
    clear_throttle_on_null: Annotated[
        bool, Field(description="true: changing a rule with a throttle of null clears it; in Kibana it stays.")
    ] = False


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """Where the API listens, None = nowhere; what it shows to clients; and how it answers them."""

    address: Address | None = None
    certificate: Certificate | None = None
    settings: ApiSettings = field(default_factory=ApiSettings)


def api_options(section: ApiSection, folder: Path) -> ApiOptions:
    """The section's meaning; relative paths count from the folder on."""
    tls = section.tls
    return ApiOptions(
        address=None if section.listen is None else parse_address(section.listen),
        certificate=None if tls is None else Certificate(folder / tls.certificate, folder / tls.key),
        settings=ApiSettings(
            version=section.kibana_version,
            max_body_bytes=parse_size(section.max_body_size),
            rate_limit=section.rate_limit,
            is_xsrf_checked=section.needs_xsrf_header,
            xsrf_allowlist=frozenset(section.xsrf_allowlist),
            restricts_internal=section.restrict_internal_routes,
            offers_windows=section.maintenance_windows,
        ),
    )
