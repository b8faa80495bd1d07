"""The members of ``actions``, named as in Kibana's files (connector-framework.md 10)."""

from datetime import timedelta
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from engine.model.settings import MOST_EMAIL_BYTES, EmailSettings, VerificationMode
from engine.operations.values import NotNull, Strict, as_whole_number, refusal
from tocsin.files.actions.values import ByteSize, Host, HostOrAny, Span, Text

_EMAIL = EmailSettings()
_REFUSED_IDS = frozenset({"", "__proto__", "constructor"})

Attempts: TypeAlias = Annotated[int, Field(ge=1, le=10), BeforeValidator(as_whole_number)]
Limit: TypeAlias = Annotated[int, Field(ge=1, le=10**9), BeforeValidator(as_whole_number)]
Port: TypeAlias = Annotated[int, Field(ge=1, le=65_535), BeforeValidator(as_whole_number)]
Bytes: TypeAlias = Annotated[
    int, BeforeValidator(as_whole_number), AfterValidator(lambda size: min(max(size, 0), MOST_EMAIL_BYTES))
]
EmailService: TypeAlias = Literal[
    "google-mail", "microsoft-exchange", "microsoft-outlook", "amazon-ses", "elastic-cloud", "other", "*"
]


class KibanaSection(Strict):
    """Base of sections whose members have Kibana's names."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, frozen=True)


def _check_connector_ids(connectors: dict[str, Any]) -> dict[str, Any]:
    for connector_id in connectors:
        if connector_id.strip() in _REFUSED_IDS:
            raise refusal(f"{connector_id!r} is no usable id", "give the connector another id")
    return connectors


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class PreconfiguredSection(KibanaSection):
    """A connector of every space (10.1)."""

    name: Text
    action_type_id: Text
    config: dict[str, Any] = Field(default_factory=dict)
    secrets: dict[str, Any] = Field(default_factory=dict)
    expose_config: bool = False


class TlsSection(KibanaSection):
    verification_mode: VerificationMode = "full"
    proxy_verification_mode: VerificationMode = "full"


class HostTlsSection(KibanaSection):
    """``verification_mode`` left out means full, whatever holds for all (6.1)."""

    verification_mode: VerificationMode = "full"
    certificate_authorities_files: Annotated[
        list[Text], BeforeValidator(_as_list), Field(min_length=1, default_factory=list)
    ]
    certificate_authorities_data: Annotated[Text | None, NotNull] = None


class HostMailSection(KibanaSection):
    ignore_tls: Annotated[bool | None, NotNull, Field(alias="ignoreTLS")] = None
    require_tls: Annotated[bool | None, NotNull, Field(alias="requireTLS")] = None


class HostSection(KibanaSection):
    """One of ``customHostSettings`` (6.2)."""

    url: Text
    ssl: Annotated[HostTlsSection | None, NotNull] = None
    smtp: Annotated[HostMailSection | None, NotNull] = None


class AttemptsOfTypeSection(KibanaSection):
    id: Text
    max_attempts: Annotated[Attempts | None, NotNull] = None


class RunSection(KibanaSection):
    max_attempts: Annotated[Attempts | None, NotNull] = None
    connector_type_overrides: list[AttemptsOfTypeSection] = Field(default_factory=list)


class QueuedSection(KibanaSection):
    max: Limit = 1_000_000


class RateLimitSection(KibanaSection):
    limit: Limit
    lookback_window: Span


class BreakerSection(KibanaSection):
    failures: Limit
    open_for: Span


class SesSection(KibanaSection):
    host: Text
    port: Port


class EmailServicesSection(Strict):
    enabled: Annotated[Annotated[list[EmailService], Field(min_length=1)] | None, NotNull] = None
    ses: Annotated[SesSection | None, NotNull] = None

    @model_validator(mode="after")
    def _check_members(self) -> "EmailServicesSection":
        if not self.model_fields_set:
            raise refusal("decides nothing", "give enabled or ses, or leave it out")
        return self


class EmailSection(Strict):
    """What holds for e-mail (9); its members are not in camel case."""

    domain_allowlist: Annotated[list[Text] | None, NotNull] = None
    recipient_allowlist: Annotated[list[Text] | None, NotNull] = None
    services: Annotated[EmailServicesSection | None, NotNull] = None
    maximum_body_length: Bytes = MOST_EMAIL_BYTES

    @model_validator(mode="after")
    def _check_members(self) -> "EmailSection":
        if not self.model_fields_set:
            raise refusal("decides nothing", "give one of its members, or leave it out")
        if self.domain_allowlist is not None and self.recipient_allowlist is not None:
            raise refusal("has both domain_allowlist and recipient_allowlist", "leave one of the two out")
        return self


class PfxSection(KibanaSection):
    enabled: bool = True


class WebhookTlsSection(KibanaSection):
    pfx: PfxSection = PfxSection()


class WebhookSection(KibanaSection):
    ssl: WebhookTlsSection = WebhookTlsSection()


class ActionsSection(KibanaSection):
    """All of them. Sizes are read as bytes, durations as spans of time; None: not set."""

    allowed_hosts: list[HostOrAny] = Field(default_factory=lambda: ["*"])
    enabled_action_types: list[Text] = Field(default_factory=lambda: ["*"])
    preconfigured: Annotated[dict[str, PreconfiguredSection], AfterValidator(_check_connector_ids)] = Field(
        default_factory=dict
    )
    preconfigured_alert_history_es_index: bool = False
    proxy_url: Annotated[str | None, NotNull] = None
    proxy_headers: Annotated[dict[str, str] | None, NotNull] = None
    proxy_bypass_hosts: Annotated[list[Host] | None, NotNull] = None
    proxy_only_hosts: Annotated[list[Host] | None, NotNull] = None
    ssl: TlsSection = TlsSection()
    custom_host_settings: list[HostSection] = Field(default_factory=list)
    max_response_content_length: ByteSize = 1024 * 1024
    response_timeout: Span = timedelta(seconds=60)
    run: RunSection = RunSection()
    queued: QueuedSection = QueuedSection()
    rate_limiter: dict[Text, RateLimitSection] = Field(default_factory=dict)
    breaker: Annotated[BreakerSection | None, NotNull] = None
    email: Annotated[EmailSection | None, NotNull] = None
    enable_footer_in_email: bool = True
    microsoft_graph_api_url: Text = _EMAIL.graph_api_url
    microsoft_graph_api_scope: Text = _EMAIL.graph_api_scope
    microsoft_exchange_url: Text = _EMAIL.exchange_url
    webhook: WebhookSection = WebhookSection()
    usage: Annotated[dict[str, Any] | None, Field(exclude=True)] = None


class XpackSection(KibanaSection):
    """Where Kibana's files have the same section, too."""

    actions: Annotated[ActionsSection | None, NotNull] = None
