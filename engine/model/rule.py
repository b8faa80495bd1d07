"""A rule as its author defines it (rest-api.md 2, 3)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from engine.model.jsonvalue import JsonObject

NotifyWhen = Literal["onActionGroupChange", "onActiveAlert", "onThrottleInterval"]

DEFAULT_SPACE = "default"


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often an action fires; ``throttle`` is a duration text or None."""

    summary: bool
    notify_when: NotifyWhen
    throttle: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a rule. ``params`` holds templates; ``alerts_filter`` is the member as the author gave it."""

    uuid: str
    connector_id: str
    connector_type_id: str
    group: str
    params: JsonObject = field(default_factory=dict)
    frequency: Frequency | None = None
    alerts_filter: JsonObject | None = None
    use_alert_data_for_template: bool | None = None


@dataclass(frozen=True, slots=True)
class RuleFlapping:
    """A rule's own flapping settings, which replace the space's (rule-run.md 3)."""

    look_back_window: int
    status_change_threshold: int
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class MuteCondition:
    """Something that may happen to an alert: a ``field`` of its document changes, or its severity, or is ``value``."""

    type: Literal["field_change", "severity_change", "severity_equals"]
    field: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class AlertSnooze:
    """The mute of one alert that ends by itself: at ``expires_at``, or when one of the ``conditions`` is met.

    ``needs_all``: only when all of them are, in one run. ``baseline``: the values of their fields when it began, by
    name; None: the next run notes them.
    """

    alert_id: str
    expires_at: datetime | None
    snoozed_at: datetime
    snoozed_by: str | None = None
    conditions: tuple[MuteCondition, ...] = ()
    needs_all: bool = False
    baseline: JsonObject | None = None

    def is_expired(self, at: datetime) -> bool:
        """Whether its time is over; conditions are judged by `engine.run.mute_ends`."""
        return self.expires_at is not None and self.expires_at <= at


@dataclass(frozen=True, slots=True)
class Rule:
    """The definition: everything that users change, nothing that runs change.

    ``interval`` and ``throttle`` are duration texts (``5m``); ``alert_delay`` is the number of consecutive matches
    before an alert becomes visible; ``flapping_is_set`` tells an explicit null from an absent member.
    ``api_key_owner``: the user with whose rights it runs, None: with those of the operator. ``api_key_id``: the key
    that it borrowed for that from a caller; it counts only as long as the key does.
    """

    id: str
    name: str
    rule_type_id: str
    consumer: str
    interval: str
    params: JsonObject
    created_at: datetime
    updated_at: datetime
    space: str = DEFAULT_SPACE
    enabled: bool = True
    tags: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    throttle: str | None = None
    notify_when: NotifyWhen | None = None
    alert_delay: int | None = None
    flapping: RuleFlapping | None = None
    flapping_is_set: bool = False
    artifacts: JsonObject | None = None
    mute_all: bool = False
    muted_alert_ids: tuple[str, ...] = ()
    alert_snoozes: tuple[AlertSnooze, ...] = ()
    snooze_schedule: tuple[JsonObject, ...] = ()
    revision: int = 0
    scheduled_task_id: str | None = None
    created_by: str | None = None
    updated_by: str | None = None
    api_key_owner: str | None = None
    api_key_created_by_user: bool | None = None
    api_key_id: str | None = None

    def muted_ids(self, at: datetime) -> frozenset[str]:
        """The ids of alerts that are muted singly at an instant, for good or until later or until something happens."""
        if not self.alert_snoozes:
            return frozenset(self.muted_alert_ids)
        snoozed = (snooze.alert_id for snooze in self.alert_snoozes if not snooze.is_expired(at))
        return frozenset((*self.muted_alert_ids, *snoozed))
