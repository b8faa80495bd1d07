"""History in the store: alert documents, traces, decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from engine.model.jsonvalue import JsonObject
from engine.model.notification import RunLedger
from engine.model.trace import Trace
from engine.ports.store.keys import RuleKey


@dataclass(frozen=True, slots=True)
class MirrorPlace:
    """How far a mirror of the alert documents has come.

    ``change``: it has seen what the history holds up to this entry. ``copied``: the first copy is still being made,
    and has the documents up to this one; None: it is made.
    """

    change: int
    copied: int | None = None


@dataclass(frozen=True, slots=True)
class DocumentChanges:
    """Whole documents that a mirror lacks, each once, and its place once it has them.

    ``is_last``: there is nothing more for now.
    """

    documents: tuple[JsonObject, ...]
    place: MirrorPlace
    is_last: bool


class HistoryStore(Protocol):
    """What runs left, and how far it has been mirrored."""

    async def documents(
        self,
        space: str,
        *,
        rule_id: str | None = None,
        alert_ids: Sequence[str] | None = None,
        status: Literal["active", "recovered", "untracked"] | None = None,
        limit: int = 1000,
    ) -> list[JsonObject]:
        """Whole alert documents (flat dotted keys), oldest start first; the newest ``limit`` of them.

        An active alert's document is its stored rule fields joined with the changing part kept in the run state.
        """
        ...

    async def ended_documents(self, since: Mapping[RuleKey, datetime]) -> dict[RuleKey, list[JsonObject]]:
        """Whole documents of the rules' alerts that ended after an instant, the rule's own, oldest end first."""
        ...

    async def document_changes(self, place: MirrorPlace | None, limit: int) -> DocumentChanges:
        """What a mirror at that place writes next: about ``limit`` documents, more where one run changed more.

        Without a place, or where history is gone that it has not seen, it is given all documents that are kept; then
        those that runs and users have changed since, as they are now.
        """
        ...

    async def mirror_place(self, name: str) -> MirrorPlace | None:
        """The place of the mirror of that name, None if it has none yet."""
        ...

    async def put_mirror_place(self, name: str, place: MirrorPlace | None) -> None:
        """Remember the place of a mirror, or forget it; what is lost of it is only written again."""
        ...

    async def alert_exists(self, key: RuleKey, alert_id: str) -> bool:
        """Whether the rule tracks or ever recorded an alert of that id."""
        ...

    async def traces(
        self, space: str, *, rule_id: str | None = None, since: datetime | None = None, limit: int = 1000
    ) -> list[Trace]:
        """Traces, oldest first; the newest ``limit`` of them."""
        ...

    async def ledger(
        self, space: str, *, rule_id: str | None = None, since: datetime | None = None, limit: int = 1000
    ) -> list[RunLedger]:
        """Decisions by run, oldest first; those of the newest ``limit`` runs."""
        ...
