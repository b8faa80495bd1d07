"""The two data views of a rule as references beside its params (rule-type-geo-containment.md 2)."""

from collections.abc import Sequence
from typing import NamedTuple

from engine.model.errors import RunError
from engine.model.jsonvalue import JsonObject

DATA_VIEW_TYPE = "index-pattern"
_PREFIX = "param:"


class _Slot(NamedTuple):
    """A member that holds the id of a data view, and what stands for it in stored params."""

    member: str
    stored_member: str
    name_prefix: str


_SLOTS = (
    _Slot("indexId", "indexRefName", "tracked_index_"),
    _Slot("boundaryIndexId", "boundaryIndexRefName", "boundary_index_"),
)


def extract_references(params: JsonObject) -> tuple[JsonObject, list[JsonObject]]:
    """Valid params as they are stored, and the references ``{name, type, id}`` taken out of them."""
    stored = dict(params)
    references: list[JsonObject] = []
    for slot in _SLOTS:
        view_id = stored.pop(slot.member)
        name = f"{slot.name_prefix}{view_id}"
        stored[slot.stored_member] = name
        references.append({"name": f"{_PREFIX}{name}", "type": DATA_VIEW_TYPE, "id": view_id})
    return stored, references


def inject_references(params: JsonObject, references: Sequence[JsonObject]) -> JsonObject:
    """Stored params with the ids back in their places, as users see them and runs need them.

    The ids are those of the references, which may have been swapped since. Raises RunError for a reference that is
    missing; `without_reference_names` is what can be shown then.
    """
    ids = {reference.get("name"): reference.get("id") for reference in references}
    whole = dict(params)
    for slot in _SLOTS:
        name = whole.pop(slot.stored_member, None)
        if name is None:
            continue
        view_id = ids.get(f"{_PREFIX}{name}")
        if view_id is None:
            raise RunError("read", f"the reference [{_PREFIX}{name}] to the data view of [{slot.member}] is missing")
        whole[slot.member] = view_id
    return whole


def without_reference_names(params: JsonObject) -> JsonObject:
    """Stored params without the names of references, which no answer may show."""
    names = {slot.stored_member for slot in _SLOTS}
    return {key: value for key, value in params.items() if key not in names}
