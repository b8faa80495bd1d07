"""From the sections of tocsin.yml to the settings that the engine knows."""

from datetime import timedelta

from engine.model.settings import (
    AttemptSettings,
    EngineSettings,
    FlappingSettings,
    HostSettings,
    HttpSettings,
    QuerySettings,
    RetentionSettings,
    SpaceSettings,
)
from engine.timing.durations import parse_duration
from engine.timing.zones import process_zone
from tocsin.files.config_schema import (
    AdvancedSettingsSection,
    ConfigSchema,
    GeoContainmentSection,
    HistorySection,
    HttpSection,
    NotificationsSection,
    RetentionSection,
    SpaceSection,
)
from tocsin.files.sizes import parse_size


def engine_settings(schema: ConfigSchema, hosts: tuple[HostSettings, ...]) -> EngineSettings:
    """What is decided for the whole engine; ``hosts`` are those with settings of their own."""
    runs, notifications = schema.runs, schema.notifications
    return EngineSettings(
        max_alerts=runs.max_alerts,
        run_timeout=runs.timeout,
        run_timeout_by_type=runs.timeout_by_rule_type,
        cancel_alerts_on_rule_timeout=runs.cancel_alerts_on_timeout,
        max_actions=runs.max_actions,
        max_actions_by_connector_type=runs.max_actions_by_connector_type,
        max_queued_actions=notifications.max_queued,
        public_base_url=schema.public_base_url,
        minimum_schedule_interval=runs.minimum_schedule_interval,
        enforce_minimum_schedule_interval=runs.enforce_minimum_schedule_interval,
        max_scheduled_per_minute=runs.max_scheduled_per_minute,
        clear_throttle_on_null=schema.api.clear_throttle_on_null,
        consumers=tuple(schema.consumers),
        no_recovery_on_partial_results=frozenset(runs.no_recovery_on_partial_results),
        max_rendered_chars=runs.max_rendered_characters,
        attempts=_attempts(notifications),
        http=_http_settings(schema.http, hosts),
        query=_query_settings(schema.advanced_settings),
        retention=_retention_settings(schema.retention),
        lease_s=_seconds(runs.lease),
        delivery_concurrency=notifications.concurrency,
    )


def space_settings(section: SpaceSection) -> SpaceSettings:
    """What is decided for the rules of a space."""
    flapping = section.flapping
    if flapping is None:
        return SpaceSettings(query_delay_s=section.query_delay_seconds)
    settings = FlappingSettings(flapping.enabled, flapping.look_back_window, flapping.status_change_threshold)
    return SpaceSettings(settings, section.query_delay_seconds)


def boundaries_max_age(section: GeoContainmentSection) -> timedelta | None:
    """How old the boundaries of a rule may be; None = as old as they are."""
    return None if section.boundaries_max_age is None else parse_duration(section.boundaries_max_age)


def _attempts(section: NotificationsSection) -> AttemptSettings:
    return AttemptSettings(section.max_attempts, section.max_attempts_by_connector_type)


def _http_settings(section: HttpSection, hosts: tuple[HostSettings, ...]) -> HttpSettings:
    return HttpSettings(
        allowed_hosts=tuple(section.allowed_hosts),
        response_timeout_s=_seconds(section.response_timeout),
        max_response_bytes=parse_size(section.max_response_size),
        max_redirects=section.max_redirects,
        allowed_addresses=tuple(section.allowed_addresses),
        verification_mode=section.verification_mode,
        custom_hosts=hosts,
        is_pfx_allowed=section.pfx_certificates,
    )


def _query_settings(section: AdvancedSettingsSection) -> QuerySettings:
    zone = section.date_format_tz
    return QuerySettings(
        allow_leading_wildcards=section.allow_leading_wildcards,
        query_string_options=section.query_string_options,
        date_format_tz=process_zone() if zone == "Browser" else zone,
        ignore_filter_if_field_not_in_index=section.ignore_filter_if_field_not_in_index,
    )


def _retention_settings(section: RetentionSection) -> RetentionSettings:
    default = RetentionSettings()
    return RetentionSettings(
        events_days=_days(section.events, default.events_days),
        events_bytes=_bytes(section.events, default.events_bytes),
        documents_days=_days(section.documents, default.documents_days),
        documents_bytes=_bytes(section.documents, default.documents_bytes),
        notifications_days=_days(section.notifications, default.notifications_days),
        notifications_bytes=_bytes(section.notifications, default.notifications_bytes),
    )


def _seconds(duration: str) -> float:
    return parse_duration(duration).total_seconds()


def _days(section: HistorySection, default: int) -> int:
    return default if section.age is None else parse_duration(section.age).days


def _bytes(section: HistorySection, default: int) -> int:
    return default if section.size is None else parse_size(section.size)
