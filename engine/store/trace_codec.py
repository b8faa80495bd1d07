"""Traces and ledger entries as compact JSON: members by position, the names of the usual metrics left out.

The first member of a trace is its kind. A longer array than this program knows is read by its first members, so that
members can be added at the end.
"""

from collections.abc import Iterable
from typing import Any

from engine.model.instant import from_ms, to_ms
from engine.model.jsonvalue import JsonObject
from engine.model.notification import LedgerEntry
from engine.model.outcome import Gap
from engine.model.trace import ActionMention, AlertMention, RuleIdentity, RunTrace, Trace, UntrackTrace
from engine.store.encoding import compress, decode_json, decompress, encode_json, instant_or_none, ms_or_none

_RUN, _UNTRACK = 1, 2

# Positions are stored: append only.
_METRICS = (
    "number_of_triggered_actions",
    "number_of_generated_actions",
    "alert_counts.active",
    "alert_counts.new",
    "alert_counts.recovered",
    "number_of_delayed_alerts",
    "number_of_searches",
    "es_search_duration_ms",
    "total_search_duration_ms",
    "claim_to_start_duration_ms",
    "prepare_rule_duration_ms",
    "rule_type_run_duration_ms",
    "process_alerts_duration_ms",
    "persist_alerts_duration_ms",
    "trigger_actions_duration_ms",
    "process_rule_duration_ms",
    "total_run_duration_ms",
)
_METRIC_NAMES = frozenset(_METRICS)


def encode_trace(trace: Trace) -> bytes:
    """The bytes of a trace. Raises TypeError if its metrics are not JSON."""
    if isinstance(trace, UntrackTrace):
        return _encode([_UNTRACK, _pack_identity(trace.rule), to_ms(trace.at), _pack_alerts(trace.alerts)])
    return _encode(
        [
            _RUN,
            _pack_identity(trace.rule),
            trace.execution_uuid,
            to_ms(trace.scheduled_at),
            to_ms(trace.started_at),
            to_ms(trace.ended_at),
            trace.status,
            trace.outcome,
            trace.reason,
            trace.message,
            trace.error_message,
            ms_or_none(trace.timed_out_at),
            None if trace.gap is None else [to_ms(trace.gap.start), to_ms(trace.gap.end)],
            _pack_alerts(trace.recovered),
            _pack_alerts(trace.new),
            _pack_alerts(trace.active),
            [_pack_action(action) for action in trace.actions],
            trace.maintenance_window_ids,
            *_pack_metrics(trace.metrics),
            int(trace.is_late),
        ]
    )


def decode_trace(data: bytes) -> Trace:
    """The trace of `encode_trace`'s bytes."""
    packed = _decode(data)
    if packed[0] == _UNTRACK:
        _, rule, at, alerts = packed[:4]
        return UntrackTrace(RuleIdentity(*rule), from_ms(at), _unpack_alerts(alerts))
    rule, execution_uuid, scheduled_at, started_at, ended_at, status, outcome, reason, message = packed[1:10]
    error_message, timed_out_at, gap, recovered, new, active, actions, maintenance_window_ids = packed[10:18]
    usual_metrics, other_metrics = packed[18:20]
    return RunTrace(
        rule=RuleIdentity(*rule),
        execution_uuid=execution_uuid,
        scheduled_at=from_ms(scheduled_at),
        started_at=from_ms(started_at),
        ended_at=from_ms(ended_at),
        status=status,
        outcome=outcome,
        reason=reason,
        message=message,
        error_message=error_message,
        timed_out_at=instant_or_none(timed_out_at),
        gap=None if gap is None else Gap(from_ms(gap[0]), from_ms(gap[1])),
        recovered=_unpack_alerts(recovered),
        new=_unpack_alerts(new),
        active=_unpack_alerts(active),
        actions=tuple(_unpack_action(action) for action in actions),
        maintenance_window_ids=tuple(maintenance_window_ids),
        metrics=_unpack_metrics(usual_metrics, other_metrics),
        is_late=any(packed[20:21]),
    )


def encode_ledger(entries: Iterable[LedgerEntry]) -> bytes:
    """The bytes of a run's decisions. Raises TypeError if facts are not JSON."""
    return _encode([[entry.action_uuid, entry.reason, entry.alert_ids, entry.facts] for entry in entries])


def decode_ledger(data: bytes) -> tuple[LedgerEntry, ...]:
    return tuple(
        LedgerEntry(action_uuid, reason, tuple(alert_ids), facts)
        for action_uuid, reason, alert_ids, facts in _decode(data)
    )


def _encode(packed: list[Any]) -> bytes:
    return compress(encode_json(packed))


def _decode(data: bytes) -> list[Any]:
    packed: list[Any] = decode_json(decompress(data))
    return packed


def _pack_identity(rule: RuleIdentity) -> list[Any]:
    return [
        *(rule.id, rule.space, rule.name, rule.rule_type_id, rule.consumer),
        *(rule.producer, rule.category, rule.revision, rule.license),
    ]


def _pack_alerts(mentions: Iterable[AlertMention]) -> list[Any]:
    return [
        [
            mention.id,
            mention.uuid,
            mention.group,
            int(mention.flapping),
            ms_or_none(mention.start),
            mention.duration_ns,
            ms_or_none(mention.end),
            mention.maintenance_window_ids,
        ]
        for mention in mentions
    ]


def _unpack_alerts(packed: list[Any]) -> tuple[AlertMention, ...]:
    return tuple(
        AlertMention(
            alert_id,
            uuid,
            group,
            bool(flapping),
            instant_or_none(start),
            duration,
            instant_or_none(end),
            tuple(windows),
        )
        for alert_id, uuid, group, flapping, start, duration, end, windows in packed
    )


def _pack_action(action: ActionMention) -> list[Any]:
    return [
        action.notification_id,
        action.action_uuid,
        action.connector_id,
        action.connector_type_id,
        action.alert_id,
        action.alert_group,
        action.summary,
    ]


def _unpack_action(packed: list[Any]) -> ActionMention:
    notification_id, action_uuid, connector_id, connector_type_id, alert_id, alert_group, summary = packed
    return ActionMention(
        notification_id=notification_id,
        action_uuid=action_uuid,
        connector_id=connector_id,
        connector_type_id=connector_type_id,
        alert_id=alert_id,
        alert_group=alert_group,
        summary=None if summary is None else tuple(summary),
    )


def _pack_metrics(metrics: JsonObject) -> tuple[list[Any], JsonObject]:
    usual = [metrics.get(name) for name in _METRICS]
    other = {name: value for name, value in metrics.items() if value is None or name not in _METRIC_NAMES}
    return usual, other


def _unpack_metrics(usual: list[Any], other: JsonObject) -> JsonObject:
    metrics = {name: value for name, value in zip(_METRICS, usual, strict=False) if value is not None}
    return metrics | other
