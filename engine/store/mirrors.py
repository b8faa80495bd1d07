"""What a mirror of the alert documents lacks: at first everything, then what the history says was changed.

Every run and every untracking leaves an entry in the history, in the order of the commits, which names the alerts that
it changed. So nothing is noted for mirrors when a run commits, and nothing of what other processes do is missed.
"""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, delete, func, select

from engine.model.trace import RunTrace, Trace
from engine.ports.store import DocumentChanges, MirrorPlace, RuleKey
from engine.store.dialect import upsert
from engine.store.documents import read_copied_documents, read_documents_by_uuid, read_tracked_uuids
from engine.store.tables import events, mirrors
from engine.store.trace_codec import decode_trace

_ENTRIES_AT_ONCE = 200


def read_place(connection: Connection, name: str) -> MirrorPlace | None:
    """Where the mirror of that name is."""
    row = connection.execute(select(mirrors).where(mirrors.c.name == name)).first()
    return None if row is None else MirrorPlace(row.change, row.copied)


def put_place(connection: Connection, name: str, place: MirrorPlace | None) -> None:
    """Remember where the mirror of that name is; None: nowhere."""
    if place is None:
        connection.execute(delete(mirrors).where(mirrors.c.name == name))
        return
    row = {"name": name, "change": place.change, "copied": place.copied}
    connection.execute(upsert(connection, mirrors, ["name"]), row)


def read_changes(connection: Connection, place: MirrorPlace | None, limit: int) -> DocumentChanges:
    """See `engine.ports.store.Store.document_changes`."""
    newest = connection.execute(select(func.max(events.c.seq))).scalar() or 0
    if place is None or _is_history_lost(connection, place, newest):
        place = MirrorPlace(newest, copied=0)
    if place.copied is None:
        return _changed(connection, place, limit)
    documents, last = read_copied_documents(connection, place.copied, limit)
    is_made = len(documents) < limit
    return DocumentChanges(documents, MirrorPlace(place.change, None if is_made else last), is_last=False)


def _is_history_lost(connection: Connection, place: MirrorPlace, newest: int) -> bool:
    """Whether retention has deleted entries that the mirror has not seen, or the store is an older one."""
    oldest = connection.execute(select(func.min(events.c.seq))).scalar()
    return newest < place.change or (oldest is not None and oldest > place.change + 1)


def _changed(connection: Connection, place: MirrorPlace, limit: int) -> DocumentChanges:
    query = select(events.c.seq, events.c.trace).where(events.c.seq > place.change).order_by(events.c.seq)
    entries = connection.execute(query.limit(_ENTRIES_AT_ONCE)).all()
    uuids: dict[str, None] = {}
    hiding: set[RuleKey] = set()
    last, taken = place.change, 0
    for seq, blob in entries:
        if len(uuids) >= limit:
            break
        trace = decode_trace(blob)
        uuids.update(dict.fromkeys(_named(trace)))
        if _is_hiding(trace):
            hiding.add(RuleKey(trace.rule.space, trace.rule.id))
        last, taken = seq, taken + 1
    uuids.update(dict.fromkeys(_tracked(connection, hiding)))
    is_last = taken == len(entries) < _ENTRIES_AT_ONCE
    return DocumentChanges(read_documents_by_uuid(connection, list(uuids)), MirrorPlace(last), is_last)


def _named(trace: Trace) -> Iterable[str]:
    """The uuids of the alerts that the entry names."""
    mentions = (*trace.new, *trace.active, *trace.recovered) if isinstance(trace, RunTrace) else trace.alerts
    return (mention.uuid for mention in mentions)


def _is_hiding(trace: Trace) -> bool:
    """Runs of rule types that do not auto-recover count their active alerts and name none (rule-run.md 11)."""
    return isinstance(trace, RunTrace) and not trace.active and bool(trace.metrics.get("alert_counts.active"))


def _tracked(connection: Connection, rules: Iterable[RuleKey]) -> Iterable[str]:
    by_space: dict[str, list[str]] = defaultdict(list)
    for key in rules:
        by_space[key.space].append(key.id)
    return (uuid for space, ids in by_space.items() for uuid in read_tracked_uuids(connection, space, ids))
