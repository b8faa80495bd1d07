"""A rule's run state as one compact JSON blob.

Members at their default are left out; reading treats absent members as the default and ignores unknown ones
(rule-run.md 2), so that older and newer programs read each other's states.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from engine.model.alert import Alert, LastScheduledActions, RuleState
from engine.model.document import DocumentingRun
from engine.model.instant import from_ms, to_ms
from engine.model.jsonvalue import JsonObject
from engine.store.encoding import compress, decode_json, decompress, encode_json, instant_or_none

EMPTY_STATE = b"{}"

_DAMAGED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading a damaged blob raises."""


def encode_state(state: RuleState) -> bytes:
    """The blob of a state. Raises TypeError when a rule type's state is not JSON."""
    fields: JsonObject = {}
    packer = _AlertPacker()
    if state.active:
        fields["active"] = {alert_id: packer.pack(alert) for alert_id, alert in state.active.items()}
    if state.recovered:
        fields["recovered"] = {alert_id: packer.pack(alert) for alert_id, alert in state.recovered.items()}
    if packer.runs:
        fields["runs"] = [[to_ms(run.at), run.execution_uuid] for run in packer.runs]
    if state.summary_actions:
        fields["summary_actions"] = {action: to_ms(at) for action, at in state.summary_actions.items()}
    if state.previous_started_at is not None:
        fields["previous_started_at"] = to_ms(state.previous_started_at)
    if state.type_state:
        fields["type_state"] = state.type_state
    if state.documented_revision is not None:
        fields["documented_revision"] = state.documented_revision
    return compress(encode_json(fields))


def decode_state(blob: bytes) -> RuleState:
    """The state of a blob."""
    if blob == EMPTY_STATE:
        return RuleState()
    fields: JsonObject = decode_json(decompress(blob))
    runs = [DocumentingRun(from_ms(at), execution_uuid) for at, execution_uuid in fields.get("runs") or ()]
    return RuleState(
        active=_unpack_alerts(fields.get("active"), runs),
        recovered=_unpack_alerts(fields.get("recovered"), runs),
        summary_actions={action: from_ms(ms) for action, ms in (fields.get("summary_actions") or {}).items()},
        previous_started_at=instant_or_none(fields.get("previous_started_at")),
        type_state=fields.get("type_state") or {},
        documented_revision=fields.get("documented_revision"),
    )


def decode_undamaged_state(blob: bytes) -> RuleState | None:
    """The state of a blob, None when it is damaged."""
    try:
        return decode_state(blob)
    except _DAMAGED:
        return None


def decode_documents(blob: bytes) -> dict[str, JsonObject]:
    """The changing document parts of the active alerts, by alert uuid; none if the blob is damaged."""
    state = decode_undamaged_state(blob)
    return {} if state is None else {alert.uuid: alert.document for alert in state.active.values()}


def is_tracked(blob: bytes, alert_id: str) -> bool:
    """Whether the state knows an alert of that id, active or recovered; a damaged one knows none."""
    state = decode_undamaged_state(blob)
    return state is not None and (alert_id in state.active or alert_id in state.recovered)


class _AlertPacker:
    """Packs the alerts of one state. Many share an instant or the run that documented them: each is worked out once."""

    def __init__(self) -> None:
        self.runs: dict[DocumentingRun, int] = {}
        self._instants: dict[datetime, int] = {}

    def pack(self, alert: Alert) -> JsonObject:
        packed: JsonObject = {"uuid": alert.uuid}
        if alert.group is not None:
            packed["group"] = alert.group
        if alert.start is not None:
            packed["start"] = self._ms_of(alert.start)
        if alert.end is not None:
            packed["end"] = self._ms_of(alert.end)
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
            packed["last_scheduled"] = _pack_last_scheduled(alert.last_scheduled_actions)
        if alert.fields:
            packed["document"] = alert.fields
        if alert.documented is not None:
            packed["run"] = self._number_of(alert.documented)
        return packed

    def _ms_of(self, at: datetime) -> int:
        ms = self._instants.get(at)
        if ms is None:
            ms = self._instants[at] = to_ms(at)
        return ms

    def _number_of(self, run: DocumentingRun) -> int:
        return self.runs.setdefault(run, len(self.runs))


def _pack_last_scheduled(last: LastScheduledActions) -> list[Any]:
    packed = [last.group, to_ms(last.date)]
    if last.actions:
        packed.append({action: to_ms(at) for action, at in last.actions.items()})
    return packed


def _unpack_alerts(packed: JsonObject | None, runs: Sequence[DocumentingRun]) -> dict[str, Alert]:
    return {alert_id: _unpack_alert(alert_id, fields, runs) for alert_id, fields in (packed or {}).items()}


def _unpack_alert(alert_id: str, fields: JsonObject, runs: Sequence[DocumentingRun]) -> Alert:
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
        last_scheduled_actions=None if last is None else _unpack_last_scheduled(last),
        fields=get("document") or {},
        documented=None if run is None else runs[run],
    )


def _unpack_last_scheduled(packed: list[Any]) -> LastScheduledActions:
    group, date, *rest = packed
    actions = rest[0] if rest else {}
    return LastScheduledActions(group, from_ms(date), {action: from_ms(at) for action, at in actions.items()})
