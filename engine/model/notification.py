"""Notifications in the outbox, and the decision ledger."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from engine.model.jsonvalue import JsonObject

NotificationState = Literal["pending", "sending", "delivered", "dead", "dropped", "dry"]
"""``dead``: given up by the engine, and kept; ``dropped``: given up by a user, for good."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One queued execution of a connector with its rendered params (actions-scheduling.md 11).

    ``id`` is the idempotency key, the same on every attempt. ``alert_id`` is None for summaries. ``dry`` rows are
    recorded by one-shot runs and never sent.
    """

    id: str
    space: str
    rule_id: str
    rule_type_id: str
    execution_uuid: str
    consumer: str
    action_uuid: str
    connector_id: str
    connector_type_id: str
    group: str
    alert_id: str | None
    alert_uuid: str | None
    params: JsonObject
    created_at: datetime
    dry: bool = False


@dataclass(frozen=True, slots=True)
class StoredNotification:
    """A notification with the story of its delivery."""

    notification: Notification
    state: NotificationState
    attempts: int = 0
    next_attempt_at: datetime | None = None
    finished_at: datetime | None = None
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One decision, for all alerts it holds for alike. ``reason`` is ``notified`` or the code of what kept it back.

    ``alert_ids`` is empty when the decision concerns the whole rule or a summary; ``action_uuid`` is None when it
    concerns all actions.
    """

    action_uuid: str | None
    reason: str
    alert_ids: tuple[str, ...] = ()
    facts: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunLedger:
    """The decisions of one run."""

    rule_id: str
    space: str
    execution_uuid: str
    at: datetime
    entries: tuple[LedgerEntry, ...]
