"""Which connectors a command can see: those of tocsin.yml, and those of a store's default space."""

from collections.abc import Sequence

from engine.model.connector import Connector
from engine.model.errors import InvalidInput, Problem, StoreUnavailable
from engine.model.rule import DEFAULT_SPACE
from tocsin.cli.text import some
from tocsin.declared_connectors import declared_connectors
from tocsin.session import Session


def known_connectors(session: Session, store: str) -> list[Connector]:
    """The connectors in order of their ids, without secrets. Raises StoreUnavailable for a store that cannot be read.

    The store is left as it is; none is needed.
    """
    # Loads what commands that look at no store do without.
    from engine.store.glance import glance_at_connectors

    stored = glance_at_connectors(store, DEFAULT_SPACE)
    if stored is None:
        raise StoreUnavailable(f"the connectors of the store at [{store}] cannot be read")
    declared = declared_connectors(session.config, session.registry).by_id
    found = {**{connector.id: connector for connector in stored}, **declared}
    return [found[connector_id] for connector_id in sorted(found)]


def find_among(connectors: Sequence[Connector], text: str) -> Connector:
    """The connector of an id or, case aside, a name. Raises InvalidInput, naming those that there are."""
    named = [each for each in connectors if each.id == text]
    named = named or [each for each in connectors if each.name.casefold() == text.casefold()]
    if len(named) == 1:
        return named[0]
    if named:
        remedy = f"give an id: {some(each.id for each in named)}"
        raise InvalidInput([Problem("NAME", f"{len(named)} connectors are named {text!r}", remedy)])
    known = some(f"{each.id} ({each.name})" for each in connectors)
    message = f"there is no connector {text!r}, neither in tocsin.yml nor in the store"
    raise InvalidInput([Problem("NAME", message, f"there are: {known or 'none'}")])
