"""Where entities were seen, and what that makes of where they are (rule-type-geo-containment.md 3.3, 3.4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from engine.model.jsonvalue import JsonObject, JsonValue
from rule_types.answer import bucket_key, list_at, number_at, object_at, objects_at
from rule_types.geo_containment.boundaries import OUTSIDE
from rule_types.texts import key_text, number_text

_NOWHERE = (0, 0)


@dataclass(frozen=True, slots=True)
class Location:
    """An entity's newest document inside one boundary, or outside all of them.

    ``date`` is an ISO text. ``wkt`` is None only in what Kibana stored long ago; ``point`` (lon, lat) says it then.
    """

    boundary_id: str
    date: str | None
    document_id: str | None
    wkt: str | None
    point: tuple[float, ...] = _NOWHERE

    @property
    def is_outside(self) -> bool:
        return self.boundary_id == OUTSIDE

    @property
    def text(self) -> str:
        """The place as WKT."""
        return f"POINT ({' '.join(map(number_text, self.point))})" if self.wkt is None else self.wkt


Locations: TypeAlias = dict[str, list[Location]]
"""Entity id -> its locations, the newest first."""


@dataclass(frozen=True, slots=True)
class Movement:
    """``seen``: what alerts are reported for; ``active``: where entities are, kept for the next run.

    ``inactive``: those that left every boundary.
    """

    seen: Locations
    active: Locations
    inactive: Locations


def newest_first(locations: Iterable[Location]) -> list[Location]:
    """Sorted by date; those without one come first, ties stay as they are."""
    return sorted(locations, key=lambda location: (location.date is None, location.date or ""), reverse=True)


def move(previous: Mapping[str, list[Location]], current: Mapping[str, list[Location]]) -> Movement:
    """What the documents of one window make of where entities were before; those without any stay where they were."""
    seen = {**previous, **current}
    active: Locations = {}
    inactive: Locations = {}
    for entity, locations in seen.items():
        exit_at = next((at for at, location in enumerate(locations) if location.is_outside), len(locations))
        if exit_at == 0:
            inactive[entity] = locations
        else:
            active[entity] = locations[:exit_at]
    return Movement(seen, active, inactive)


def read_locations(answer: JsonObject, *, date_field: str, geo_field: str) -> Locations:
    """The locations in the answer to the entity search."""
    found: Locations = {}
    for boundary_id, bucket in shape_buckets(answer).items():
        for entity in objects_at(object_at(bucket, "entitySplit"), "buckets"):
            location = _read_hit(boundary_id, entity, date_field, geo_field)
            found.setdefault(key_text(bucket_key(entity)), []).append(location)
    return {entity: newest_first(locations) for entity, locations in found.items()}


def cut_boundaries(answer: JsonObject) -> list[str]:
    """Ids of the boundaries that hold more entities than the search gave."""
    counts = {
        boundary_id: number_at(object_at(bucket, "entitySplit"), "sum_other_doc_count")
        for boundary_id, bucket in shape_buckets(answer).items()
    }
    return [boundary_id for boundary_id, count in counts.items() if count]


def shape_buckets(answer: JsonObject) -> Mapping[str, JsonObject]:
    """The buckets of the answer by boundary id."""
    buckets = object_at(object_at(object_at(answer, "aggregations"), "shapes"), "buckets")
    return {boundary_id: object_at(buckets, boundary_id) for boundary_id in buckets}


def _read_hit(boundary_id: str, bucket: JsonObject, date_field: str, geo_field: str) -> Location:
    hits = objects_at(object_at(object_at(bucket, "entityHits"), "hits"), "hits")
    hit: Mapping[str, Any] = hits[0] if hits else {}
    fields = object_at(hit, "fields")
    wkt, date = _first(fields, geo_field), _first(fields, date_field)
    return Location(
        boundary_id,
        _date_text(date),
        hit.get("_id"),
        wkt if isinstance(wkt, str) else "",
    )


def _date_text(date: JsonValue) -> str | None:
    """A date as it is sorted by and shown; None for what is none."""
    return key_text(date) if isinstance(date, str | int | float) else None


def _first(fields: JsonObject, name: str) -> JsonValue:
    """The first value of a field; names with dots are one key."""
    values = list_at(fields, name)
    return values[0] if values else None


def locations_to_state(locations: Mapping[str, list[Location]]) -> JsonObject:
    """As kept in the rule's state."""
    return {entity: [_to_json(location) for location in found] for entity, found in locations.items()}


def locations_from_state(stored: JsonValue) -> Locations:
    """From the rule's state, which Kibana may have written; what is no location there is left out."""
    found: Locations = {}
    for entity, records in stored.items() if isinstance(stored, dict) else ():
        listed = records if isinstance(records, list) else ()
        locations = [_from_json(record) for record in listed if _is_record(record)]
        if locations:
            found[entity] = locations
    return found


def _to_json(location: Location) -> JsonObject:
    record: JsonObject = {
        "location": list(location.point),
        "shapeLocationId": location.boundary_id,
        "dateInShape": location.date,
        "docId": location.document_id,
    }
    return record if location.wkt is None else record | {"locationWkt": location.wkt}


def _is_record(record: JsonValue) -> bool:
    return isinstance(record, dict) and isinstance(record.get("shapeLocationId"), str)


def _from_json(record: JsonObject) -> Location:
    point, date, wkt = (record.get(name) for name in ("location", "dateInShape", "locationWkt"))
    is_point = isinstance(point, list) and all(isinstance(part, int | float) for part in point)
    return Location(
        record["shapeLocationId"],
        _date_text(date),
        record.get("docId"),
        wkt if isinstance(wkt, str) else None,
        tuple(point) if is_point and point else _NOWHERE,
    )
