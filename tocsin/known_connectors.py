"""Which connectors a command can see: those of tocsin.yml, and those of a space of a store."""

from engine.model.connector import Connector
from engine.model.errors import StoreUnavailable
from engine.model.rule import DEFAULT_SPACE
from tocsin.declared_connectors import declared_connectors
from tocsin.session import Session


def known_connectors(session: Session, store: str, space: str = DEFAULT_SPACE) -> list[Connector]:
    """The connectors in order of their ids, without secrets. Raises StoreUnavailable for a store that cannot be read.

    The store is left as it is; none is needed.
    """
    # Loads what commands that look at no store do without.
    from engine.store.glance import glance_at_connectors

    stored = glance_at_connectors(store, space)
    if stored is None:
        raise StoreUnavailable(f"the connectors of the store at [{store}] cannot be read")
    declared = declared_connectors(session.config, session.registry).by_id
    found = {**{connector.id: connector for connector in stored}, **declared}
    return [found[connector_id] for connector_id in sorted(found)]
