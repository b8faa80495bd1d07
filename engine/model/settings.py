"""Settings of a space and of the engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from engine.model.jsonvalue import JsonValue


@dataclass(frozen=True, slots=True)
class FlappingSettings:
    """Flapping detection in force (rule-run.md 3): window in runs, threshold in status changes."""

    enabled: bool = True
    look_back_window: int = 20
    status_change_threshold: int = 4


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """Who made some settings of a space, and who changed them last."""

    created_at: datetime
    created_by: str | None
    updated_at: datetime
    updated_by: str | None


@dataclass(frozen=True, slots=True)
class SpaceSettings:
    """What a space decides for its rules. ``query_delay_s`` shifts the searched window back (0..60).

    The changes are those made by users; None while none was.
    """

    flapping: FlappingSettings = FlappingSettings()
    query_delay_s: int = 0
    flapping_change: SettingsChange | None = None
    query_delay_change: SettingsChange | None = None


@dataclass(frozen=True, slots=True)
class AttemptSettings:
    """How often a queued notification is tried, the first time included (connector-framework.md 5.3)."""

    max_attempts: int | None = None
    by_connector_type: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """How long history is kept. Ages in days, sizes in bytes; what exceeds either bound goes, oldest first."""

    events_days: int = 30
    events_bytes: int = 2 * 1024**3
    documents_days: int = 90
    documents_bytes: int = 2 * 1024**3
    notifications_days: int = 30
    notifications_bytes: int = 1024**3


VerificationMode: TypeAlias = Literal["none", "certificate", "full"]
"""What is checked of a server's certificate: nothing, who vouches for it, or also whether it is for that host."""


@dataclass(frozen=True, slots=True)
class HostSettings:
    """What holds for one target, whatever connectors say (connector-framework.md 6.1, 6.2).

    ``url``: ``https://host:port`` or ``smtp://host:port``, the host in lower case, the port always written.
    ``verification_mode`` None: the connector's, or the one for all. ``ca``: PEM certificates that are trusted instead
    of the system's. ``ignores_tls`` and ``requires_tls`` are for smtp; None: not said.
    """

    url: str
    verification_mode: VerificationMode | None = "full"
    ca: str | None = None
    ignores_tls: bool | None = None
    requires_tls: bool | None = None


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """The proxy of connectors' requests (connector-framework.md 6.3). ``url``: ``scheme://host:port``.

    ``headers`` and ``credentials`` (user, password) are for the proxy alone. ``only_hosts`` None: all hosts but the
    ``bypass_hosts``. ``verification_mode``: of the certificate of a proxy that is itself reached by https.
    """

    url: str
    credentials: tuple[str, str] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    bypass_hosts: frozenset[str] = frozenset()
    only_hosts: frozenset[str] | None = None
    verification_mode: VerificationMode = "full"

    def is_used_for(self, host: str) -> bool:
        """Whether requests to the host (lower case, without port) go through the proxy."""
        return host not in self.bypass_hosts and (self.only_hosts is None or host in self.only_hosts)


MOST_EMAIL_BYTES = 25_000_000


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """What holds for e-mail (connector-framework.md 9, 10). None: nothing is restricted.

    ``recipient_allowlist``: patterns with ``*``; ``services``: those that may be used; ``ses``: host and port.
    """

    domain_allowlist: tuple[str, ...] | None = None
    recipient_allowlist: tuple[str, ...] | None = None
    services: tuple[str, ...] | None = None
    ses: tuple[str, int] | None = None
    max_body_bytes: int = MOST_EMAIL_BYTES
    has_footer: bool = True
    graph_api_url: str = "https://graph.microsoft.com/v1.0"
    graph_api_scope: str = "https://graph.microsoft.com/.default"
    exchange_url: str = "https://login.microsoftonline.com"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A connector type waits while more than ``limit`` executions lie in the ``window`` (connector-framework.md 7)."""

    limit: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """After that many retryable ``failures`` in a row a connector is left alone for ``open_for``, but for a probe."""

    failures: int
    open_for: timedelta


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Outgoing requests of connectors (connector-framework.md 6). Times in seconds, sizes in bytes.

    ``allowed_addresses``: networks like ``10.0.0.0/8``, in one of which every address that is connected to must lie,
    whatever its name; ``*`` allows all. ``is_pfx_allowed``: connectors may have certificates in PKCS #12.
    """

    allowed_hosts: tuple[str, ...] = ("*",)
    allowed_addresses: tuple[str, ...] = ("*",)
    response_timeout_s: float = 60.0
    max_response_bytes: int = 1_048_576
    max_redirects: int = 5
    verification_mode: VerificationMode = "full"
    custom_hosts: tuple[HostSettings, ...] = ()
    is_pfx_allowed: bool = True
    proxy: ProxySettings | None = None
    email: EmailSettings = EmailSettings()


@dataclass(frozen=True, slots=True)
class QuerySettings:
    """How KQL, Lucene and filters of rules are translated (kql.md 1). ``date_format_tz``: an IANA name."""

    allow_leading_wildcards: bool = True
    query_string_options: Mapping[str, JsonValue] = field(default_factory=lambda: {"analyze_wildcard": True})
    date_format_tz: str = "UTC"
    ignore_filter_if_field_not_in_index: bool = False


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Everything that the operator decides for the whole engine. Durations are duration texts (``5m``).

    ``rate_limits``: by connector type id; others are not limited. ``breaker`` None: failing connectors are tried on.
    """

    max_alerts: int = 1000
    run_timeout: str | None = None
    run_timeout_by_type: Mapping[str, str] = field(default_factory=dict)
    cancel_alerts_on_rule_timeout: bool = True
    max_actions: int = 100_000
    max_actions_by_connector_type: Mapping[str, int] = field(default_factory=dict)
    max_queued_actions: int = 1_000_000
    public_base_url: str | None = None
    minimum_schedule_interval: str = "1m"
    enforce_minimum_schedule_interval: bool = False
    max_scheduled_per_minute: int = 32_000
    clear_throttle_on_null: bool = False
    consumers: tuple[str, ...] = ()
    no_recovery_on_partial_results: frozenset[str] = frozenset()
    max_rendered_chars: int = 25_000_000
    attempts: AttemptSettings = AttemptSettings()
    http: HttpSettings = HttpSettings()
    query: QuerySettings = field(default_factory=QuerySettings)
    retention: RetentionSettings = RetentionSettings()
    lease_s: float = 60.0
    delivery_concurrency: int = 4
    enabled_connector_types: tuple[str, ...] = ("*",)
    rate_limits: Mapping[str, RateLimit] = field(default_factory=dict)
    breaker: BreakerSettings | None = None
