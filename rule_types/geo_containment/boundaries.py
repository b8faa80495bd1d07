"""The boundaries of a rule: searched, made filters of, kept in the rule's state (rule-type-geo-containment.md 3.1)."""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.model.errors import RunError, SearchError, SearchUnavailable
from engine.model.instant import iso, parse_iso
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.ports.search import SearchPort, SearchRequest
from rule_types.answer import list_at, number_at, object_at, objects_at, whole_answer
from rule_types.geo_containment.params import GeoContainmentParams, query_text
from rule_types.partial_results import partial_result_warnings
from rule_types.texts import key_text

OUTSIDE = "other"
"""Id of the bucket of documents inside no boundary."""
_MOST_BOUNDARIES = 10_000
_META, _FILTERS, _NAMES, _FETCHED_AT = (
    "boundariesRequestMeta",
    "shapesFilters",
    "shapesIdsNamesMap",
    "boundariesFetchedAt",
)
_REMEMBERED_MEMBERS = ("geoField", "boundaryIndexTitle", "boundaryGeoField", "boundaryNameField", "boundaryIndexQuery")

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Filters and names by boundary id. ``fetched_at``: ISO text, None if that is not known any more.

    ``warnings`` say why they may not be all; such boundaries serve one run and are not kept.
    """

    filters: JsonObject
    names: JsonObject
    fetched_at: str | None = None
    warnings: list[str] = field(default_factory=list)

    def name_of(self, boundary_id: str) -> str:
        """What alerts call the boundary: its name, or its id where that says nothing."""
        return boundary_name(self.names, boundary_id)


def boundary_name(names: JsonObject, boundary_id: str) -> str:
    """The name of a boundary in a map of names."""
    name = names.get(boundary_id)
    is_telling = bool(name) and not isinstance(name, dict | list)
    return key_text(name) if is_telling else boundary_id


class BoundarySource:
    """Where a rule's boundaries come from. ``max_age``: None = kept ones are good for ever."""

    def __init__(self, params: GeoContainmentParams, max_age: timedelta | None) -> None:
        self._max_age = max_age
        self._geo_field, self._shape_field = params.geo_field, params.boundary_geo_field
        self._name_field = params.boundary_name_field
        self._said = _said_of(params)
        values = params.model_dump(by_alias=True)
        self._meta: JsonObject = {name: values[name] for name in _REMEMBERED_MEMBERS if values[name] is not None}
        query = params.boundary_filter()
        body: JsonObject = {
            "size": _MOST_BOUNDARIES,
            "track_total_hits": True,
            "_source": False,
            "fields": [] if self._name_field is None else [self._name_field],
            **({} if query is None else {"query": query}),
        }
        self._request = SearchRequest(params.boundary_indices, body)

    def kept(self, state: JsonObject, at: datetime) -> Boundaries | None:
        """The boundaries in the rule's state, if they are those that this rule asks for and not too old."""
        filters, names, fetched_at = state.get(_FILTERS), state.get(_NAMES), state.get(_FETCHED_AT)
        if not isinstance(filters, dict) or not filters or not self._is_asked_for(state.get(_META)):
            return None
        if self._max_age is not None and _is_older(fetched_at, at - self._max_age):
            return None
        return Boundaries(filters, names if isinstance(names, dict) else {}, fetched_at)

    def remember(self, boundaries: Boundaries) -> JsonObject:
        """The part of the rule's state that holds the boundaries."""
        if boundaries.warnings:
            return {}
        fetched_at = {} if boundaries.fetched_at is None else {_FETCHED_AT: boundaries.fetched_at}
        return {_META: self._meta, _FILTERS: boundaries.filters, _NAMES: boundaries.names, **fetched_at}

    async def fetch(self, search: SearchPort, at: datetime) -> Boundaries:
        """Search the boundaries. Raises RunError, by the user's fault if there are none, and SearchUnavailable."""
        try:
            answer = whole_answer(await search.search(self._request))
        except SearchUnavailable as error:
            raise SearchUnavailable(f"the boundaries could not be fetched: {error}") from error
        except SearchError as error:
            raise RunError("execute", f"the boundaries could not be fetched: {error}") from error
        found = object_at(answer, "hits")
        hits = objects_at(found, "hits")
        if not hits:
            raise RunError("execute", f"no boundaries were found in {self._said}", user_caused=True)
        total = number_at(object_at(found, "total"), "value")
        if total is not None and total > len(hits):
            _LOG.warning("only %d of the %d boundaries in %s are watched", len(hits), total, self._said)
        filters: JsonObject = {}
        names: JsonObject = {}
        for hit in hits:
            self._take(hit, filters, names)
        return Boundaries(filters, names, iso(at), partial_result_warnings(answer))

    def _take(self, hit: JsonObject, filters: JsonObject, names: JsonObject) -> None:
        boundary_id = str(hit.get("_id"))
        if boundary_id == OUTSIDE:
            reason = f"a boundary in {self._said} has the id [{OUTSIDE}], which stands for being outside"
            raise RunError("execute", f"{reason}: give the document another id", user_caused=True)
        if boundary_id in filters:
            _LOG.warning("several boundaries in %s have the id [%s]: the last one is watched", self._said, boundary_id)
            names.pop(boundary_id, None)
        indexed: JsonObject = {"index": hit.get("_index"), "id": boundary_id, "path": self._shape_field}
        filters[boundary_id] = {"geo_shape": {self._geo_field: {"indexed_shape": indexed}}}
        values = [] if self._name_field is None else list_at(object_at(hit, "fields"), self._name_field)
        if values:
            names[boundary_id] = values[0]

    def _is_asked_for(self, meta: JsonValue) -> bool:
        if not isinstance(meta, dict):
            return False
        return all(meta.get(name) == self._meta.get(name) for name in _REMEMBERED_MEMBERS)


def _said_of(params: GeoContainmentParams) -> str:
    query = query_text(params.boundary_index_query)
    return f"[{params.boundary_index_title}]" + (f" by the query [{query}]" if query else "")


def _is_older(fetched_at: JsonValue, earliest: datetime) -> bool:
    try:
        return parse_iso(fetched_at) < earliest
    except (TypeError, ValueError, AttributeError):
        return True
