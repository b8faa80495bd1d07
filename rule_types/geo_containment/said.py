"""What a run says about its alerts, to templates and on documents (rule-type-geo-containment.md 3.5, 4)."""

import logging
from datetime import datetime

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.ports.rule_type import Recovery, RecoveryCandidate, Report
from rule_types.geo_containment.boundaries import boundary_name
from rule_types.geo_containment.locations import Location, Movement, newest_first

ACTION_GROUP = "Tracked entity contained"
_ENTITY_ID, _BOUNDARY_ID, _BOUNDARY_NAME = "entityId", "boundaryId", "boundaryName"

_LOG = logging.getLogger(__name__)


class Said:
    """Contexts and documents of one run."""

    def __init__(self, names: JsonObject, at: datetime) -> None:
        self._names, self._detected = names, iso(at)

    def report(self, entity: str, location: Location) -> Report:
        """The alert for an entity inside a boundary; its state tells a recovery whom it is about."""
        boundary_id = location.boundary_id
        name = boundary_name(self._names, boundary_id)
        context = self._of_entity(entity, location) | {
            "containingBoundaryId": boundary_id,
            "containingBoundaryName": name,
        }
        payload = {
            "kibana.alert.entityId": entity,
            "kibana.alert.entityTimestamp": location.date,
            "kibana.alert.entityLocation": location.text,
            "kibana.alert.detectionTimestamp": self._detected,
            "kibana.alert.boundaryId": boundary_id,
            "kibana.alert.boundaryName": name,
        }
        state = {_ENTITY_ID: entity, _BOUNDARY_ID: boundary_id, _BOUNDARY_NAME: name}
        return Report(f"{entity}-{name}", ACTION_GROUP, context, payload, state)

    def recovery(self, candidate: RecoveryCandidate, movement: Movement) -> Recovery:
        """Where the entity is now; no context where that, or which entity it is, is not known."""
        entity = _entity_of(candidate)
        location = None if entity is None else _whereabouts(entity, movement)
        if entity is None or location is None:
            return Recovery()
        return Recovery(self._of_entity(entity, location))

    def _of_entity(self, entity: str, location: Location) -> JsonObject:
        return {
            "entityId": entity,
            "entityDateTime": location.date or None,
            "entityDocumentId": location.document_id,
            "entityLocation": location.text,
            "detectionDateTime": self._detected,
        }


def _whereabouts(entity: str, movement: Movement) -> Location | None:
    if entity in movement.active:
        return newest_first(movement.active[entity])[0]
    return next(iter(movement.inactive.get(entity, ())), None)


def _entity_of(candidate: RecoveryCandidate) -> str | None:
    """The entity of an alert. Those that Kibana left have only their id to tell it."""
    entity: JsonValue = candidate.state.get(_ENTITY_ID)
    if isinstance(entity, str):
        return entity
    parts = candidate.id.split("-")
    if len(parts) == 2:
        return parts[0]
    _LOG.warning(
        "the alert id [%s] does not tell entity and boundary apart: it recovers without a context", candidate.id
    )
    return None
