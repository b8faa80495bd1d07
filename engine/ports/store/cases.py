"""Cases in the store."""

from typing import Protocol

from engine.model.case import Case, CaseComment
from engine.ports.store.audit import AuditEntry


class CaseStore(Protocol):
    """Cases and what is attached to them."""

    async def insert_case(self, case: Case, audit: AuditEntry | None) -> bool:
        """Store a new case with its comments; False if the id is taken in its space."""
        ...

    async def load_case(self, space: str, case_id: str) -> Case | None: ...

    async def change_case(self, case: Case, expected_version: int, audit: AuditEntry | None) -> bool:
        """Replace a case, but for its comments; False if it has not the expected version any more."""
        ...

    async def add_case_comment(
        self, case: Case, comment: CaseComment, expected_version: int, audit: AuditEntry | None
    ) -> bool:
        """Attach a comment and replace the case as `change_case` does; False if it has another version."""
        ...
