"""Cases: what people follow up alerts in (rest-api.md 7.2)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from engine.model.rule import DEFAULT_SPACE

CaseOwner = Literal["cases", "observability", "securitySolution"]
CaseStatus = Literal["open", "in-progress", "closed"]
CaseSeverity = Literal["low", "medium", "high", "critical"]


@dataclass(frozen=True, slots=True)
class UserComment:
    """What somebody wrote."""

    text: str


@dataclass(frozen=True, slots=True)
class AlertAttachment:
    """Alerts that belong to a case: their uuids and, in parallel, the indices of their documents; and their rule."""

    alert_ids: tuple[str, ...]
    indices: tuple[str, ...]
    rule_id: str
    rule_name: str


@dataclass(frozen=True, slots=True)
class CaseComment:
    """A comment or an attachment of a case. ``version`` counts changes."""

    id: str
    content: UserComment | AlertAttachment
    created_at: datetime
    created_by: str | None = None
    updated_at: datetime | None = None
    updated_by: str | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Case:
    """A case with its comments, oldest first. ``version`` counts changes; ``closed_at`` None while it is not closed."""

    id: str
    title: str
    description: str
    owner: CaseOwner
    created_at: datetime
    space: str = DEFAULT_SPACE
    status: CaseStatus = "open"
    severity: CaseSeverity = "low"
    tags: tuple[str, ...] = ()
    sync_alerts: bool = False
    created_by: str | None = None
    updated_at: datetime | None = None
    updated_by: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    comments: tuple[CaseComment, ...] = field(default=())
    version: int = 1

    @property
    def alert_ids(self) -> frozenset[str]:
        """The alerts attached, each once."""
        return frozenset(
            alert_id
            for comment in self.comments
            if isinstance(comment.content, AlertAttachment)
            for alert_id in comment.content.alert_ids
        )
