"""The members of tocsin.yml: every one with its default, its bounds and what it decides. All may be left out."""

import json
import re
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from engine.model.settings import VerificationMode
from engine.operations.values import Duration, FlappingNumber, NotNull, Strict, as_whole_number, refusal
from engine.timing.durations import parse_duration
from engine.timing.zones import zone_named
from tocsin.files.actions.section import ActionsSection, XpackSection
from tocsin.files.api_section import ApiSection
from tocsin.files.cluster_section import ClusterName, ClusterSection
from tocsin.files.custom_hosts import CustomHostSection, Network
from tocsin.files.encryption import EncryptionSection
from tocsin.files.sizes import Size

_BASE_URL = re.compile(r"https?://[^/?#\s]+(/[^?#\s]*)?")
_NAME = re.compile(r"[^/\\*?\"<>|\s,#:A-Z_.+-][^/\\*?\"<>|\s,#:A-Z]*")


def _check_days(text: str) -> str:
    if not text.endswith("d"):
        raise refusal(f"{text[:40]!r} is not a number of days", "write whole days, like 30d")
    return text


def _check_at_most_a_day(text: str) -> str:
    if parse_duration(text) > parse_duration("1d"):
        raise refusal(f"{text[:40]!r} is too long", "the minimum interval is at most 1d")
    return text


def _check_base_url(url: str) -> str:
    if _BASE_URL.fullmatch(url) is None:
        raise refusal(f"{url[:60]!r} is no base URL", "write it like https://tocsin.example.org/path, without query")
    return url


def _check_index_name(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise refusal(f"{name[:40]!r} is no index name", "use lower-case letters, digits, '-', '_' and '.'")
    return name


def _check_zone(name: str) -> str:
    if name == "Browser":
        return name
    try:
        zone_named(name)
    except ValueError as error:
        raise refusal(str(error).partition(":")[0], "use a name of the tz database, like Europe/Berlin") from None
    return name


def _from_json_text(value: object) -> object:
    """Kibana keeps the object as JSON text; both forms are taken."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise refusal("is no JSON", 'write {"analyze_wildcard": true}') from None


Days: TypeAlias = Annotated[Duration, AfterValidator(_check_days)]
ShortInterval: TypeAlias = Annotated[Duration, AfterValidator(_check_at_most_a_day)]
IndexName: TypeAlias = Annotated[str, AfterValidator(_check_index_name)]
BaseUrl: TypeAlias = Annotated[str, AfterValidator(_check_base_url)]
Text: TypeAlias = Annotated[str, Field(min_length=1)]
Attempts: TypeAlias = Annotated[int, Field(ge=1, le=10), BeforeValidator(as_whole_number)]
Count: TypeAlias = Annotated[int, Field(ge=0, le=10**9), BeforeValidator(as_whole_number)]
PositiveCount: TypeAlias = Annotated[int, Field(ge=1, le=10**9), BeforeValidator(as_whole_number)]


class FlappingSection(Strict):
    """When alerts count as flapping. All three are given together; the numbers are 2..20."""

    enabled: bool
    look_back_window: FlappingNumber
    status_change_threshold: FlappingNumber

    @model_validator(mode="after")
    def _check_threshold(self) -> "FlappingSection":
        if self.status_change_threshold > self.look_back_window:
            remedy = f"use a status_change_threshold of at most {self.look_back_window}"
            raise refusal("has a status_change_threshold above its look_back_window", remedy)
        return self


class SpaceSection(Strict):
    """What the default space decides for its rules."""

    flapping: Annotated[FlappingSection | None, NotNull, Field(description="Flapping detection.")] = None
    query_delay_seconds: Annotated[
        Count, Field(le=60, description="Shifts searched windows back, for data that arrives late: 0..60.")
    ] = 0


class RunsSection(Strict):
    """How rules run."""

    timeout: Annotated[Duration | None, Field(description="Time limit of a run; null: the rule type's own, or 5m.")] = (
        None
    )
    timeout_by_rule_type: Annotated[dict[str, Duration], Field(description="Time limits by rule type id.")] = Field(
        default_factory=dict
    )
    cancel_alerts_on_timeout: Annotated[
        bool, Field(description="A run beyond its time limit leaves neither alerts nor notifications.")
    ] = True
    max_alerts: Annotated[PositiveCount, Field(description="Alerts one run may report; above 5000 counts as 5000.")] = (
        1000
    )
    max_actions: Annotated[PositiveCount, Field(description="Notifications that one run may queue.")] = 100_000
    max_actions_by_connector_type: Annotated[
        dict[str, PositiveCount], Field(description="The same for single connector types.")
    ] = Field(default_factory=dict)
    max_rendered_characters: Annotated[PositiveCount, Field(description="Length of one rendered template.")] = (
        25_000_000
    )
    minimum_schedule_interval: Annotated[
        ShortInterval, Field(description="The shortest sensible interval of rules, at most 1d.")
    ] = "1m"
    enforce_minimum_schedule_interval: Annotated[
        bool, Field(description="Refuse rules with a shorter interval instead of warning.")
    ] = False
    max_scheduled_per_minute: Annotated[Count, Field(description="Runs a minute of all enabled rules together.")] = (
        32_000
    )
    no_recovery_on_partial_results: Annotated[
        list[str], Field(description="Rule types whose alerts stay active while searches answer only in part.")
    ] = Field(default_factory=list)
    lease: Annotated[Duration, Field(description="How long a claimed rule is held without a sign of life.")] = "60s"


class NotificationsSection(Strict):
    """How queued notifications are sent."""

    max_attempts: Annotated[Attempts | None, Field(description="Attempts, the first included: 1..10; null: 3.")] = None
    max_attempts_by_connector_type: Annotated[
        dict[str, Attempts], Field(description="The same for single connector types.")
    ] = Field(default_factory=dict)
    max_queued: Annotated[PositiveCount, Field(description="Notifications that may wait at any time.")] = 1_000_000
    concurrency: Annotated[PositiveCount, Field(le=1000, description="Notifications sent at the same time.")] = 4


class HttpSection(Strict):
    """What connectors may do on the network."""

    allowed_hosts: Annotated[list[Text], Field(description="Host names that may be called; '*' = all.")] = Field(
        default_factory=lambda: ["*"]
    )
    response_timeout: Annotated[Duration, Field(description="Time limit of one request.")] = "60s"
    max_response_size: Annotated[Size, Field(description="Longer answers are refused.")] = "1mb"
    max_redirects: Annotated[Count, Field(le=20, description="Redirects that are followed.")] = 5
    allowed_addresses: Annotated[
        list[Network], Field(description="Networks that may be connected to, whatever the host's name; '*' = all.")
    ] = Field(default_factory=lambda: ["*"])
    verification_mode: Annotated[VerificationMode, Field(description="none, certificate or full.")] = "full"
    custom_hosts: Annotated[
        list[CustomHostSection], Field(description="Hosts with settings of their own, which go before connectors'.")
    ] = Field(default_factory=list)
    pfx_certificates: Annotated[bool, Field(description="Connectors may have certificates in PKCS #12.")] = True


class HistorySection(Strict):
    """How long one kind of history is kept: what exceeds either bound goes, oldest first."""

    age: Annotated[Days | None, NotNull, Field(description="Whole days.")] = None
    size: Annotated[Size | None, NotNull, Field(description="Size in the store.")] = None


class RetentionSection(Strict):
    """How long history is kept; alerts that are active and notifications that wait always stay."""

    events: Annotated[HistorySection, Field(description="Runs and decisions. Default: 30d, 2gb.")] = HistorySection()
    documents: Annotated[HistorySection, Field(description="Ended alerts. Default: 90d, 2gb.")] = HistorySection()
    notifications: Annotated[HistorySection, Field(description="Sent and dead ones. Default: 30d, 1gb.")] = (
        HistorySection()
    )


class DataSection(Strict):
    """An index made of files: NDJSON, JSON, CSV or Parquet."""

    files: Annotated[list[Text], Field(min_length=1, description="Paths or globs; relative ones from this file on.")]
    mapping: Annotated[Text | None, NotNull, Field(description="A JSON file with the types of the fields.")] = None
    follow: Annotated[bool, Field(description="Read lines that are appended later, too.")] = False


class AlertDocumentsSection(Strict):
    """An index into which every alert document is written, and kept as the alert is."""

    index: Annotated[IndexName, Field(description="Its name; it is made, with a mapping, if it is missing.")]
    cluster: Annotated[ClusterName | None, NotNull, Field(description="Default: the default cluster.")] = None


class AdvancedSettingsSection(Strict):
    """How queries of rules are translated; the names are those of Kibana's advanced settings."""

    allow_leading_wildcards: Annotated[
        bool, Field(alias="query:allowLeadingWildcards", description="Values in KQL may begin with '*'.")
    ] = True
    query_string_options: Annotated[
        dict[str, Any],
        BeforeValidator(_from_json_text),
        Field(alias="query:queryString:options", description="Options that are set on queries in Lucene."),
    ] = Field(default_factory=lambda: {"analyze_wildcard": True})
    date_format_tz: Annotated[
        str,
        AfterValidator(_check_zone),
        Field(alias="dateFormat:tz", description="Zone of dates in queries, or Browser: the process's own."),
    ] = "UTC"
    ignore_filter_if_field_not_in_index: Annotated[
        bool,
        Field(
            alias="courier:ignoreFilterIfFieldNotInIndex",
            description="Leave out filters on fields that the data view lacks.",
        ),
    ] = False


class GeoContainmentSection(Strict):
    """What rules of the type .geo-containment do."""

    boundaries_max_age: Annotated[
        Duration | None, Field(description="Boundaries found longer ago are searched again; null: never for that.")
    ] = None


class SecuritySection(Strict):
    """Who may call the HTTP API."""

    enabled: Annotated[
        bool | None,
        Field(
            description="Whether callers must say who they are; null: once there are users, and wherever others can "
            "reach the API."
        ),
    ] = None


class ConnectorSection(Strict):
    """A connector that rules can name by its id."""

    name: Annotated[Text, Field(description="Its name for people.")]
    connector_type_id: Annotated[Text, Field(description="Its type, such as .server-log or .webhook.")]
    config: Annotated[dict[str, Any], Field(description="As the type defines it.")] = Field(default_factory=dict)
    secrets: Annotated[
        dict[str, Any], Field(description="As the type defines them: only as ${env:NAME} or ${file:PATH}.")
    ] = Field(default_factory=dict)
    expose_config: Annotated[bool, Field(description="The HTTP API shows its config.")] = False


class ConfigSchema(Strict):
    """The whole of tocsin.yml."""

    store: Annotated[Text, Field(description="An SQLite file (a relative path counts from this file on) or a URL.")] = (
        "tocsin.db"
    )
    rules: Annotated[list[Text], Field(description="Rule files and folders of them.")] = Field(default_factory=list)
    data_views: Annotated[list[Text], Field(description="Files of data views and folders of them.")] = Field(
        default_factory=list
    )
    public_base_url: Annotated[BaseUrl | None, Field(description="Where links in messages lead to.")] = None
    consumers: Annotated[list[Text], Field(description="Consumers of rules besides the known ones.")] = Field(
        default_factory=list
    )
    space: Annotated[
        SpaceSection | None,
        NotNull,
        Field(description="Settings of the default space, at each start; absent: as users changed them over HTTP."),
    ] = None
    runs: Annotated[RunsSection, Field(description="How rules run.")] = RunsSection()
    notifications: Annotated[NotificationsSection, Field(description="How notifications are sent.")] = (
        NotificationsSection()
    )
    api: Annotated[ApiSection, Field(description="The HTTP API.")] = ApiSection()
    security: Annotated[SecuritySection, Field(description="Who may call the HTTP API.")] = SecuritySection()
    http: Annotated[HttpSection, Field(description="What connectors may do on the network.")] = HttpSection()
    actions: Annotated[
        ActionsSection | None, NotNull, Field(description="Settings of connectors, as a kibana.yml has them.")
    ] = None
    xpack: Annotated[
        XpackSection | None, NotNull, Field(description="Where a kibana.yml has the same: under xpack.actions.")
    ] = None
    retention: Annotated[RetentionSection, Field(description="How long history is kept.")] = RetentionSection()
    advanced_settings: Annotated[AdvancedSettingsSection, Field(description="How queries of rules are translated.")] = (
        AdvancedSettingsSection()
    )
    geo_containment: Annotated[
        GeoContainmentSection, Field(description="What rules of the type .geo-containment do.")
    ] = GeoContainmentSection()
    data: Annotated[dict[IndexName, DataSection], Field(description="Indices made of files.")] = Field(
        default_factory=dict
    )
    clusters: Annotated[
        dict[ClusterName, ClusterSection], Field(description="Clusters of Elasticsearch or OpenSearch.")
    ] = Field(default_factory=dict)
    alert_documents: Annotated[
        AlertDocumentsSection | None, NotNull, Field(description="Where alert documents are written, too.")
    ] = None
    maintenance_windows: Annotated[
        dict[Text, dict[str, Any]], Field(description="Times in which new alerts notify nobody, by id.")
    ] = Field(default_factory=dict)
    encryption: Annotated[
        EncryptionSection, Field(description="The key that secrets of stored connectors are sealed by.")
    ] = EncryptionSection()
    connectors: Annotated[dict[Text, ConnectorSection], Field(description="Connectors by id.")] = Field(
        default_factory=dict
    )
