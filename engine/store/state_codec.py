"""A rule's run state as one compact JSON blob.

Members at their default are left out; reading treats absent members as the default and ignores unknown ones
(rule-run.md 2), so that older and newer programs read each other's states.
"""

from engine.model.alert import Alert, RuleState
from engine.model.instant import from_ms, to_ms
from engine.model.jsonvalue import JsonObject
from engine.store.alert_codec import pack_alert, unpack_alert
from engine.store.alert_columns import pack_alerts, unpack_alerts
from engine.store.encoding import compress, decode_json, decompress, encode_json, instant_or_none

EMPTY_STATE = b"{}"

_COLUMNS_FROM = 20
_COLUMNS = "_columns"

_DAMAGED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading a damaged blob raises."""


def encode_state(state: RuleState) -> bytes:
    """The blob of a state. Raises TypeError when a rule type's state is not JSON."""
    fields: JsonObject = {}
    _put_alerts(fields, "active", state.active)
    _put_alerts(fields, "recovered", state.recovered)
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
    return RuleState(
        active=_take_alerts(fields, "active"),
        recovered=_take_alerts(fields, "recovered"),
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


def _put_alerts(fields: JsonObject, name: str, alerts: dict[str, Alert]) -> None:
    """Few alerts are objects by id, many are columns: to make columns costs as much as to make five objects."""
    if len(alerts) >= _COLUMNS_FROM:
        fields[name + _COLUMNS] = pack_alerts(alerts.values())
    elif alerts:
        fields[name] = {alert_id: pack_alert(alert) for alert_id, alert in alerts.items()}


def _take_alerts(fields: JsonObject, name: str) -> dict[str, Alert]:
    columns = fields.get(name + _COLUMNS)
    if columns is not None:
        return unpack_alerts(columns)
    return {alert_id: unpack_alert(alert_id, packed) for alert_id, packed in (fields.get(name) or {}).items()}
