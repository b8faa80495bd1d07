"""One alert of a run state as a JSON object. Members at their default are left out."""

from typing import Any

from engine.model.alert import Alert, LastScheduledActions
from engine.model.document import DocumentingRun
from engine.model.instant import from_ms, to_ms
from engine.model.jsonvalue import JsonObject
from engine.store.encoding import instant_or_none


def pack_alert(alert: Alert) -> JsonObject:
    """The members of an alert that differ from their defaults; its id is left out."""
    packed: JsonObject = {"uuid": alert.uuid}
    if alert.group is not None:
        packed["group"] = alert.group
    if alert.start is not None:
        packed["start"] = to_ms(alert.start)
    if alert.end is not None:
        packed["end"] = to_ms(alert.end)
    if alert.duration_ns:
        packed["duration"] = alert.duration_ns
    if alert.state:
        packed["state"] = alert.state
    if alert.flapping_history:
        packed["history"] = "".join(map("01".__getitem__, alert.flapping_history))
    if alert.flapping:
        packed["flapping"] = True
    if alert.active_count:
        packed["count"] = alert.active_count
    if alert.visible:
        packed["visible"] = True
    if alert.pending_recovered_count:
        packed["pending"] = alert.pending_recovered_count
    if alert.maintenance_window_ids:
        packed["mw_ids"] = alert.maintenance_window_ids
    if alert.maintenance_window_names:
        packed["mw_names"] = alert.maintenance_window_names
    if alert.last_scheduled_actions is not None:
        packed["last_scheduled"] = pack_last_scheduled(alert.last_scheduled_actions)
    if alert.fields:
        packed["document"] = alert.fields
    if alert.documented is not None:
        packed["run"] = [to_ms(alert.documented.at), alert.documented.execution_uuid]
    return packed


def unpack_alert(alert_id: str, fields: JsonObject) -> Alert:
    """The alert of `pack_alert`."""
    get = fields.get
    last, run = get("last_scheduled"), get("run")
    return Alert(
        id=alert_id,
        uuid=fields["uuid"],
        group=get("group"),
        start=instant_or_none(get("start")),
        end=instant_or_none(get("end")),
        duration_ns=get("duration") or 0,
        state=get("state") or {},
        flapping_history=[changed == "1" for changed in get("history") or ""],
        flapping=get("flapping") or False,
        active_count=get("count") or 0,
        visible=get("visible") or False,
        pending_recovered_count=get("pending") or 0,
        maintenance_window_ids=tuple(get("mw_ids") or ()),
        maintenance_window_names=tuple(get("mw_names") or ()),
        last_scheduled_actions=None if last is None else unpack_last_scheduled(last),
        fields=get("document") or {},
        documented=None if run is None else DocumentingRun(from_ms(run[0]), run[1]),
    )


def pack_last_scheduled(last: LastScheduledActions) -> list[Any]:
    """Group, instant and, if there are any, the instants of throttled actions."""
    packed = [last.group, to_ms(last.date)]
    if last.actions:
        packed.append({action: to_ms(at) for action, at in last.actions.items()})
    return packed


def unpack_last_scheduled(packed: list[Any]) -> LastScheduledActions:
    """The value of `pack_last_scheduled`."""
    group, date, *rest = packed
    actions = rest[0] if rest else {}
    return LastScheduledActions(group, from_ms(date), {action: from_ms(at) for action, at in actions.items()})
