"""Pushing an incident: create or update it, then add the comments (connectors-incident.md 1.3, 1.4)."""

import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from connectors.incident.remote import RemoteFailure
from connectors.shape import Shape
from engine.model.connector import ConnectorResult
from engine.model.jsonvalue import JsonObject

_log = logging.getLogger("tocsin.connectors.incident")

ReadT = TypeVar("ReadT")
_IncidentT = TypeVar("_IncidentT", contravariant=True)


class Comment(Shape):
    """``comment_id`` comes back as it was given."""

    comment: str
    comment_id: str | int


@dataclass(frozen=True, slots=True)
class PushedItem:
    """What was created or updated. ``pushed_date``: ISO 8601 with milliseconds, as the product tells it."""

    id: str
    title: str
    url: str
    pushed_date: str

    def as_json(self) -> JsonObject:
        return {"id": self.id, "title": self.title, "url": self.url, "pushedDate": self.pushed_date}


class PushService(Protocol[_IncidentT]):
    """How one product takes incidents and comments. All raise RemoteFailure."""

    async def create(self, incident: _IncidentT) -> PushedItem: ...

    async def update(self, item_id: str, incident: _IncidentT) -> PushedItem: ...

    async def add_comment(self, item: PushedItem, comment: Comment) -> str | None:
        """The date of the comment; None if it is one that is left out."""
        ...


async def push(
    service: PushService[_IncidentT], incident: _IncidentT, item_id: str | None, comments: Sequence[Comment] | None
) -> ConnectorResult:
    """Update the item of that id, create one if there is no id or a blank one (a template came to nothing).

    Raises RemoteFailure of the first step. A failure of a comment is never tried again: that would create a duplicate;
    its result tells the item.
    """
    if item_id is not None and item_id.strip():
        item = await service.update(item_id, incident)
    else:
        item = await service.create(incident)
    data = item.as_json()
    if comments:
        pushed: list[JsonObject] = []
        data["comments"] = pushed
        for comment in comments:
            try:
                pushed_date = await service.add_comment(item, comment)
            except RemoteFailure as failure:
                text = "the incident was pushed, a comment was not"
                return ConnectorResult("error", text, str(failure), data=data, error_source=failure.error_source)
            if pushed_date is not None:
                pushed.append({"commentId": comment.comment_id, "pushedDate": pushed_date})
    return ConnectorResult("ok", data=data)


async def read_back(reading: Awaitable[ReadT]) -> ReadT | None:
    """What an item reads after it was written; None, with a warning, if that fails: the writing still holds."""
    try:
        return await reading
    except RemoteFailure as failure:
        _log.warning("an incident was pushed and could not be read back: %s", failure)
        return None
