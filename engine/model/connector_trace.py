"""What an execution of a connector leaves in the event log, in compact form (connector-framework.md 12)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ExecutionSource = Literal["http_request", "saved_object", "notification", "background_task"]
"""Who asked for an execution (connector-framework.md 5.4); of a rule: ``saved_object``."""


@dataclass(frozen=True, slots=True)
class ExecutingRule:
    """The rule that queued an execution, with its run."""

    id: str
    rule_type_id: str
    consumer: str
    execution_uuid: str


@dataclass(frozen=True, slots=True)
class UsedKey:
    """The API key that somebody used."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ConnectorTrace:
    """One execution. Nothing of its params, of the config or of answers is in it but the text of an error.

    ``is_space_agnostic``: the connector belongs to no space. ``scheduled_at``: of a queued execution, when it was due.
    ``user``: who asked over HTTP, with ``api_key`` if that stood for the password; None without security.
    """

    execution_uuid: str
    space: str
    connector_id: str
    connector_name: str
    connector_type_id: str
    source: ExecutionSource
    started_at: datetime
    ended_at: datetime
    is_ok: bool
    error_message: str | None = None
    has_timed_out: bool = False
    is_space_agnostic: bool = False
    request_body_bytes: int = 0
    user: str | None = None
    rule: ExecutingRule | None = None
    scheduled_at: datetime | None = None
    api_key: UsedKey | None = None
