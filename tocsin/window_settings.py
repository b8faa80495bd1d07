"""The maintenance windows of tocsin.yml, brought into the store."""

import logging
from collections.abc import Sequence

from engine.model.errors import TocsinError
from engine.model.rule import DEFAULT_SPACE
from tocsin.composition import Parts
from tocsin.files.config import WindowDefinition
from tocsin.origins import BY_SETTINGS

_log = logging.getLogger("tocsin.daemon")


async def apply_windows(parts: Parts, windows: Sequence[WindowDefinition], *, is_complete: bool = True) -> None:
    """Make the stored windows what the settings say; one that has vanished from them is deleted.

    ``is_complete`` False: some of the settings could not be read, so none is taken to have vanished. A window that
    cannot be applied is told and holds no other back.
    """
    at = parts.clock.now()
    for definition in windows:
        try:
            outcome = await parts.windows.apply(definition.body, window_id=definition.id, at=at, actor=BY_SETTINGS)
        except TocsinError as error:
            _log.error("maintenance window [%s] was not applied: %s", definition.id, error)
        else:
            if outcome != "unchanged":
                _log.info("maintenance window [%s] %s", definition.id, outcome)
    if not is_complete:
        return
    named = {definition.id for definition in windows}
    for stored in await parts.store.windows(DEFAULT_SPACE):
        window = stored.window
        if window.created_by == BY_SETTINGS and window.id not in named:
            await parts.windows.delete(window.id, at=at, actor=BY_SETTINGS)
            _log.warning(
                "maintenance window [%s] %r is not in tocsin.yml any more: it was deleted", window.id, window.title
            )
