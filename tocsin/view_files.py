"""The data views of files, brought into the store."""

import logging
from collections.abc import Sequence

from engine.model.errors import TocsinError
from engine.model.rule import DEFAULT_SPACE
from tocsin.composition import Parts
from tocsin.files.data_views import ViewDefinition

_log = logging.getLogger("tocsin.daemon")

BY_VIEW_FILES = "data view files"
"""Who created the data views that come from files; others are never touched by them."""


async def apply_data_views(parts: Parts, views: Sequence[ViewDefinition], *, is_complete: bool = True) -> None:
    """Make the stored data views what the files say; one that has vanished from them is deleted.

    ``is_complete`` False: some files could not be read, so none is taken to have vanished. A view that cannot be
    applied is told and holds no other back.
    """
    at = parts.clock.now()
    for definition in views:
        try:
            outcome = await parts.data_views.apply(definition.spec, view_id=definition.id, at=at, actor=BY_VIEW_FILES)
        except TocsinError as error:
            _log.error("data view [%s] of %s was not applied: %s", definition.id, definition.place, error)
        else:
            if outcome != "unchanged":
                _log.info("data view [%s] %s", definition.id, outcome)
    if not is_complete:
        return
    named = {definition.id for definition in views}
    for view in await parts.store.data_views(DEFAULT_SPACE):
        if view.created_by == BY_VIEW_FILES and view.id not in named:
            await parts.data_views.delete(view.id, at=at, actor=BY_VIEW_FILES)
            _log.warning("data view [%s] %r is in no file any more: it was deleted", view.id, view.name)
