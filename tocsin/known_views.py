"""Which data views a command can see: those of the files, and those of the store if there is one."""

from collections.abc import Callable
from functools import cache

from engine.model.rule import DEFAULT_SPACE
from tocsin.session import Session


def known_views(session: Session) -> Callable[[str], bool]:
    """Whether there is a data view of an id; said to be so where the store cannot be looked into.

    The store is looked into when an id is in no file, and is left as it is.
    """
    declared = {definition.id for definition in session.data_views}

    @cache
    def is_known(view_id: str) -> bool:
        if view_id in declared:
            return True
        # Loads what commands that look at no store do without.
        from engine.store.glance import glance_at_views

        stored = glance_at_views(session.config.store, DEFAULT_SPACE)
        return stored is None or view_id in stored

    return is_known
