"""The connectors that a command can look at: of tocsin.yml and a store, or those that a daemon shows.

Other than by routes of the API alone: its settings show of their connectors what no daemon tells.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.model.connector import Connector
from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject
from tocsin.cli.options import store_url
from tocsin.cli.text import some
from tocsin.client.opening import open_api
from tocsin.client.place import Place, ServerPlace, StorePlace
from tocsin.declared_connectors import find_connector
from tocsin.known_connectors import known_connectors
from tocsin.session import Session, load_settings
from tocsin.stored import refuse_missing_store

_SHOWN = ("id", "name", "connector_type_id", "is_preconfigured", "config", "is_missing_secrets")
"""What is shown of what a daemon tells."""


@dataclass(frozen=True, slots=True)
class ListedConnector:
    """A connector as its place ``shown`` it; ``type_name`` as people know the type."""

    shown: JsonObject
    type_name: str

    @property
    def id(self) -> str:
        return str(self.shown["id"])

    @property
    def name(self) -> str:
        return str(self.shown["name"])

    @property
    def type_id(self) -> str:
        return str(self.shown["connector_type_id"])


async def listed_connectors(place: Place) -> list[ListedConnector]:
    """In order of their ids. What is wrong with tocsin.yml ends the command. Raises TocsinError."""
    return await _of_server(place) if isinstance(place, ServerPlace) else _of_store(place)


def find_among(connectors: Sequence[ListedConnector], text: str) -> ListedConnector:
    """The connector of an id or, case aside, a name. Raises InvalidInput, naming those that there are."""
    named = [each for each in connectors if each.id == text]
    named = named or [each for each in connectors if each.name.casefold() == text.casefold()]
    if len(named) == 1:
        return named[0]
    if named:
        remedy = f"give an id: {some(each.id for each in named)}"
        raise InvalidInput([Problem("NAME", f"{len(named)} connectors are named {text!r}", remedy)])
    known = some(f"{each.id} ({each.name})" for each in connectors)
    raise InvalidInput([Problem("NAME", f"there is no connector {text!r}", f"there are: {known or 'none'}")])


async def _of_server(place: ServerPlace) -> list[ListedConnector]:
    async with open_api(place) as api:
        found = await api.ask("GET", "/api/actions/connectors")
        types = {each["id"]: each["name"] for each in await api.ask("GET", "/api/actions/connector_types")}
    shown = [{name: each[name] for name in _SHOWN if name in each} for each in found]
    listed = [ListedConnector(each, types.get(each["connector_type_id"], "unknown")) for each in shown]
    return sorted(listed, key=lambda each: each.id)


def _of_store(place: StorePlace) -> list[ListedConnector]:
    """The store need not exist unless it is named, and is left as it is."""
    session = load_settings(place.config_file, needs_secrets=False)
    session.refuse_problems()
    url = session.config.store if place.store is None else store_url(place.store)
    if place.store is not None:
        refuse_missing_store(url)
    return [_listed(session, connector) for connector in known_connectors(session, url, place.space)]


def _listed(session: Session, connector: Connector) -> ListedConnector:
    shown: JsonObject = {
        "id": connector.id,
        "name": connector.name,
        "connector_type_id": connector.connector_type_id,
        "is_preconfigured": connector.is_preconfigured,
        "config": connector.config,
    }
    if connector.is_preconfigured:
        shown["secrets"] = sorted(find_connector(session.config, connector.id).body["secrets"])
    else:
        shown["is_missing_secrets"] = connector.is_missing_secrets
    known = session.registry.connector_type(connector.connector_type_id)
    return ListedConnector(shown, "unknown" if known is None else known.name)
