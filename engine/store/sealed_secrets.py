"""Everything that is stored sealed, table by table, so that it can be sealed anew by another key."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table, select, tuple_, update

from engine.ports.store import AuditEntry, SealedSecret
from engine.ports.vault import ACCESS_TOKEN, CONNECTOR, SealedRecord
from engine.store.audit_log import record_audit
from engine.store.tables import access_tokens, connectors


@dataclass(frozen=True, slots=True)
class _Place:
    """A table with a sealed column; ``type_id``: the column of the type that the bytes are bound to."""

    kind: str
    table: Table
    id: Column[str]
    type_id: Column[str]
    sealed: Column[bytes]


_PLACES = (
    _Place(
        ACCESS_TOKEN,
        access_tokens,
        access_tokens.c.connector_id,
        access_tokens.c.connector_type_id,
        access_tokens.c.sealed,
    ),
    _Place(CONNECTOR, connectors, connectors.c.id, connectors.c.connector_type_id, connectors.c.secrets),
)


def read_sealed(connection: Connection, after: SealedRecord | None, limit: int) -> list[SealedSecret]:
    """The next ``limit`` sealed secrets after a record, in order of kind, space and id."""
    found: list[SealedSecret] = []
    for place in sorted(_PLACES, key=lambda place: place.kind):
        if after is None or place.kind >= after.kind:
            begin = after if after is not None and place.kind == after.kind else None
            found += _read(connection, place, begin, limit - len(found))
    return found


def replace_sealed(connection: Connection, secret: SealedSecret, sealed: bytes, audit: AuditEntry | None) -> bool:
    """Put other bytes in the place of a secret's; False if it has other ones by now, or is gone."""
    [place] = [place for place in _PLACES if place.kind == secret.record.kind]
    is_same = (*_is(place, secret.record), place.sealed == secret.sealed)
    changed = connection.execute(update(place.table).where(*is_same), {place.sealed.name: sealed})
    if changed.rowcount != 1:
        return False
    record_audit(connection, audit)
    return True


def _read(connection: Connection, place: _Place, after: SealedRecord | None, limit: int) -> list[SealedSecret]:
    if limit <= 0:
        return []
    space = place.table.c.space
    query = select(space, place.id.label("id"), place.type_id.label("type_id"), place.sealed.label("sealed"))
    query = query.where(place.sealed.is_not(None)).order_by(space, place.id).limit(limit)
    if after is not None:
        query = query.where(tuple_(space, place.id) > (after.space, after.id))
    return [
        SealedSecret(SealedRecord(place.kind, row.space, row.id, row.type_id), row.sealed)
        for row in connection.execute(query)
    ]


def _is(place: _Place, record: SealedRecord) -> tuple[Any, Any]:
    return place.table.c.space == record.space, place.id == record.id
