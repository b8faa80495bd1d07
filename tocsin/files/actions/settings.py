"""From ``actions`` to the settings that the engine knows; what Tocsin has under names of its own is said only once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from engine.model.errors import Problem
from engine.model.settings import (
    AttemptSettings,
    BreakerSettings,
    EmailSettings,
    EngineSettings,
    HttpSettings,
    RateLimit,
)
from tocsin.files.actions.custom_hosts import read_custom_hosts
from tocsin.files.actions.proxy import read_proxy
from tocsin.files.actions.section import ActionsSection

OWN_NAMES = {
    "allowedHosts": "http.allowed_hosts",
    "maxResponseContentLength": "http.max_response_size",
    "responseTimeout": "http.response_timeout",
    "ssl.verificationMode": "http.verification_mode",
    "customHostSettings": "http.custom_hosts",
    "webhook.ssl.pfx.enabled": "http.pfx_certificates",
    "run.maxAttempts": "notifications.max_attempts",
    "run.connectorTypeOverrides": "notifications.max_attempts_by_connector_type",
    "queued.max": "notifications.max_queued",
}
"""What can be said by two names in tocsin.yml."""


@dataclass(frozen=True, slots=True)
class ActionsReading:
    """The settings with those of ``actions``, and what was left out of them."""

    settings: EngineSettings
    warnings: tuple[str, ...] = ()


def with_actions(settings: EngineSettings, section: ActionsSection, folder: Path) -> ActionsReading:
    """The settings, of which those that the section gives go before. Relative paths count from ``folder``."""
    warnings: list[str] = []
    given = set(given_names(section))
    changed = replace(
        settings,
        http=_http(settings.http, section, given, folder, warnings),
        attempts=_attempts(settings.attempts, section, given),
        enabled_connector_types=tuple(section.enabled_action_types),
        rate_limits={
            f".{name}": RateLimit(limit.limit, limit.lookback_window) for name, limit in section.rate_limiter.items()
        },
        breaker=None
        if section.breaker is None
        else BreakerSettings(section.breaker.failures, section.breaker.open_for),
    )
    if "queued.max" in given:
        changed = replace(changed, max_queued_actions=section.queued.max)
    return ActionsReading(changed, tuple(warnings))


def given_names(section: ActionsSection) -> Iterator[str]:
    """Those of `OWN_NAMES` that the section gives."""
    pairs = (
        ("", section, ("allowed_hosts", "max_response_content_length", "response_timeout", "custom_host_settings")),
        ("ssl.", section.ssl, ("verification_mode",)),
        ("webhook.ssl.pfx.", section.webhook.ssl.pfx, ("enabled",)),
        ("run.", section.run, ("max_attempts", "connector_type_overrides")),
        ("queued.", section.queued, ("max",)),
    )
    for prefix, part, names in pairs:
        for name in names:
            if name in part.model_fields_set:
                yield prefix + (type(part).model_fields[name].alias or name)


def find_double_names(section: ActionsSection, path: str, own: set[str]) -> Iterator[Problem]:
    """What stands in tocsin.yml twice; ``own``: dotted names outside of the section that are there."""
    for name in given_names(section):
        if OWN_NAMES[name] in own:
            yield Problem(f"{path}.{name}", f"is the same as {OWN_NAMES[name]}, which is there too", "leave one out")


def _http(
    http: HttpSettings, section: ActionsSection, given: set[str], folder: Path, warnings: list[str]
) -> HttpSettings:
    http = replace(http, proxy=read_proxy(section, warnings), email=_email(section))
    if "allowedHosts" in given:
        http = replace(http, allowed_hosts=tuple(section.allowed_hosts))
    if "maxResponseContentLength" in given:
        http = replace(http, max_response_bytes=section.max_response_content_length)
    if "responseTimeout" in given:
        http = replace(http, response_timeout_s=section.response_timeout.total_seconds())
    if "ssl.verificationMode" in given:
        http = replace(http, verification_mode=section.ssl.verification_mode)
    if "customHostSettings" in given:
        http = replace(http, custom_hosts=read_custom_hosts(section.custom_host_settings, folder, warnings))
    if "webhook.ssl.pfx.enabled" in given:
        http = replace(http, is_pfx_allowed=section.webhook.ssl.pfx.enabled)
    return http


def _attempts(attempts: AttemptSettings, section: ActionsSection, given: set[str]) -> AttemptSettings:
    if "run.maxAttempts" in given:
        attempts = replace(attempts, max_attempts=section.run.max_attempts)
    if "run.connectorTypeOverrides" in given:
        overrides = section.run.connector_type_overrides
        by_type = {each.id: each.max_attempts for each in overrides if each.max_attempts is not None}
        attempts = replace(attempts, by_connector_type=by_type)
    return attempts


def _email(section: ActionsSection) -> EmailSettings:
    settings = EmailSettings(
        has_footer=section.enable_footer_in_email,
        graph_api_url=section.microsoft_graph_api_url,
        graph_api_scope=section.microsoft_graph_api_scope,
        exchange_url=section.microsoft_exchange_url,
    )
    email = section.email
    if email is None:
        return settings
    services = email.services
    enabled = None if services is None else services.enabled
    return replace(
        settings,
        domain_allowlist=None if email.domain_allowlist is None else tuple(email.domain_allowlist),
        recipient_allowlist=None if email.recipient_allowlist is None else tuple(email.recipient_allowlist),
        services=None if enabled is None or "*" in enabled else tuple(enabled),
        ses=None if services is None or services.ses is None else (services.ses.host, services.ses.port),
        max_body_bytes=email.maximum_body_length,
    )
