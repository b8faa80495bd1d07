"""Spaces in the store."""

from typing import Protocol

from engine.model.space import Space
from engine.ports.store.audit import AuditEntry


class SpaceStore(Protocol):
    """Spaces. The default one is stored only once it was changed."""

    async def spaces(self) -> list[Space]:
        """The stored spaces in order of their ids."""
        ...

    async def insert_space(self, space: Space, audit: AuditEntry | None) -> bool:
        """Store a new space; False if the id is taken."""
        ...

    async def put_space(self, space: Space, audit: AuditEntry | None) -> None:
        """Store a space, or replace it as a whole."""
        ...

    async def delete_space(self, space_id: str, audit: AuditEntry | None) -> bool:
        """Remove a space with its connectors, data views, maintenance windows, cases and settings; False if unknown.

        Its rules are to be deleted before, since alerts of theirs become untracked.
        """
        ...
