"""Create and update bodies of rules (rest-api.md 2): the order of the fields is the order in which failures count."""

from typing import Annotated, Any, Literal

from pydantic import Field

from engine.model.jsonvalue import JsonValue
from engine.model.rule import NotifyWhen
from engine.operations.validation import parse_model
from engine.operations.values import (
    ClockEnd,
    ClockStart,
    Duration,
    FlappingNumber,
    NotNull,
    Strict,
    Timezone,
    Weekday,
    WholeNumber,
)


class ScheduleBody(Strict):
    interval: Duration


class FrequencyBody(Strict):
    """How often an action fires (2.3)."""

    summary: bool
    notify_when: NotifyWhen
    throttle: Duration | None = None


class FilterStateBody(Strict):
    store: Literal["appState", "globalState"]


class FilterBody(Strict):
    """One filter pill; what is inside ``meta`` and ``query`` is free."""

    meta: dict[str, Any]
    query: Annotated[dict[str, Any] | None, NotNull] = None
    state: Annotated[FilterStateBody | None, NotNull] = Field(default=None, alias="$state")


class FilterQueryBody(Strict):
    """``dsl`` is read and ignored: the server makes its own of ``kql`` and ``filters`` (2.5)."""

    kql: str
    filters: list[FilterBody]
    dsl: Annotated[str | None, NotNull] = None


class HoursBody(Strict):
    start: ClockStart
    end: ClockEnd


class TimeframeBody(Strict):
    days: list[Weekday]
    hours: HoursBody
    timezone: Timezone


class AlertsFilterBody(Strict):
    query: Annotated[FilterQueryBody | None, NotNull] = None
    timeframe: Annotated[TimeframeBody | None, NotNull] = None


class ActionBody(Strict):
    """An action (2.2). ``group`` may be absent here: only ordinary actions need one, which the connector tells."""

    group: Annotated[str | None, NotNull] = None
    id: str
    params: dict[str, Any] = Field(default_factory=dict)
    frequency: Annotated[FrequencyBody | None, NotNull] = None
    uuid: Annotated[str | None, NotNull] = None
    alerts_filter: Annotated[AlertsFilterBody | None, NotNull] = None
    use_alert_data_for_template: Annotated[bool | None, NotNull] = None


class AlertDelayBody(Strict):
    active: WholeNumber


class FlappingBody(Strict):
    """A rule's own flapping settings (2.4); threshold against window is checked after the whole body."""

    look_back_window: FlappingNumber
    status_change_threshold: FlappingNumber
    enabled: bool = True


class DashboardBody(Strict):
    id: str


class InvestigationGuideBody(Strict):
    blob: Annotated[str, Field(max_length=10_000)]


class ArtifactsBody(Strict):
    dashboards: Annotated[list[DashboardBody] | None, NotNull, Field(max_length=10)] = None
    investigation_guide: Annotated[InvestigationGuideBody | None, NotNull] = None


class CreateBody(Strict):
    """The body of POST (2.1). Whether a nullable member was given at all is in ``model_fields_set``."""

    name: str
    rule_type_id: str
    enabled: bool = True
    consumer: str
    tags: list[str] = Field(default_factory=list)
    throttle: Duration | None = None
    params: dict[str, Any] = Field(default_factory=dict)
    schedule: ScheduleBody
    actions: list[ActionBody] = Field(default_factory=list)
    notify_when: NotifyWhen | None = None
    alert_delay: Annotated[AlertDelayBody | None, NotNull] = None
    flapping: FlappingBody | None = None
    artifacts: Annotated[ArtifactsBody | None, NotNull] = None


class UpdateBody(Strict):
    """The body of PUT (2.8): what an absent member does is in `engine.operations.definition`."""

    name: str
    tags: list[str] = Field(default_factory=list)
    schedule: ScheduleBody
    throttle: Duration | None = None
    params: dict[str, Any] = Field(default_factory=dict)
    actions: list[ActionBody] = Field(default_factory=list)
    notify_when: NotifyWhen | None = None
    alert_delay: Annotated[AlertDelayBody | None, NotNull] = None
    flapping: FlappingBody | None = None
    artifacts: Annotated[ArtifactsBody | None, NotNull] = None


class DisableBody(Strict):
    """The body of ``_disable`` (4.2)."""

    untrack: bool = False


def parse_create(body: JsonValue) -> CreateBody:
    """A create body. Raises InvalidInput with all schema problems, the first failing member first."""
    return parse_model(CreateBody, body)


def parse_update(body: JsonValue) -> UpdateBody:
    """An update body. Raises InvalidInput like `parse_create`."""
    return parse_model(UpdateBody, body)


def parse_disable(body: JsonValue) -> DisableBody:
    """The body of a disable request; none at all and null mean the default. Raises InvalidInput."""
    return parse_model(DisableBody, {} if body is None else body)
