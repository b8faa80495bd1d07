"""Committing a group of runs: fences are read first, losers dropped, and each table is written by one statement."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, bindparam, select, update

from engine.model.alert import RuleState
from engine.model.instant import to_ms
from engine.ports.store import CommitOutcome, RuleKey, RunRecord
from engine.store.bulk import execute_rows
from engine.store.dialect import upsert
from engine.store.documents import (
    close_documents,
    insert_documents,
    pack_closed,
    pack_new,
    pack_refreshed,
    refresh_documents,
)
from engine.store.history import insert_events, pack_event
from engine.store.outbox import insert_notifications, pack_notification
from engine.store.rules import ids_by_space
from engine.store.state_codec import encode_state
from engine.store.status_codec import pack_schedule, pack_status
from engine.store.tables import MONITORING_SLOTS, monitoring, rule_runtime, rules

_STANDING = (
    select(
        rules.c.id,
        rules.c.enabled,
        rule_runtime.c.rule_no,
        rule_runtime.c.fence,
        rule_runtime.c.lease_until,
        rule_runtime.c.state_version,
        rule_runtime.c.schedule_version,
        rule_runtime.c.next_run,
        rule_runtime.c.anchor,
        rule_runtime.c.last_planned,
        rule_runtime.c.shown_next_run,
        rule_runtime.c.is_next_run_hidden,
        rule_runtime.c.monitored_runs,
    )
    .join_from(rules, rule_runtime, rules.c.no == rule_runtime.c.rule_no)
    .where(rules.c.space == bindparam("in_space"), rules.c.id.in_(bindparam("ids", expanding=True)))
    .with_for_update()
)

_UPDATE_RUNTIME = update(rule_runtime).where(rule_runtime.c.rule_no == bindparam("of_rule"))


class _Winner(NamedTuple):
    """A record that may be written, with how its rule stands."""

    record: RunRecord
    standing: RowMapping


class StoredState(NamedTuple):
    """A run state as it was written."""

    rule_no: int
    version: int
    state: RuleState


def commit_runs(connection: Connection, records: Sequence[RunRecord]) -> tuple[list[CommitOutcome], list[StoredState]]:
    """Write the records whose claims still hold; the others' outcomes say why not. Also the states written.

    Raises what encoding or the database raises when any of them cannot be written.
    """
    standings = _lock_rules(connection, records)
    outcomes: list[CommitOutcome] = []
    winners: list[_Winner] = []
    committed: set[RuleKey] = set()
    for record in records:
        key = record.claim.key
        outcome = CommitOutcome.FENCED if key in committed else _judge(record, standings.get(key))
        outcomes.append(outcome)
        if outcome is CommitOutcome.COMMITTED:
            committed.add(key)
            winners.append(_Winner(record, standings[key]))
    if winners:
        _write(connection, winners)
    return outcomes, [
        StoredState(standing["rule_no"], standing["state_version"] + 1, record.state)
        for record, standing in winners
        if record.state is not None
    ]


def _lock_rules(connection: Connection, records: Sequence[RunRecord]) -> dict[RuleKey, RowMapping]:
    standings: dict[RuleKey, RowMapping] = {}
    for space, ids in ids_by_space(record.claim.key for record in records):
        for row in connection.execute(_STANDING, {"in_space": space, "ids": ids}).mappings():
            standings[RuleKey(space, row["id"])] = row
    return standings


def _judge(record: RunRecord, standing: RowMapping | None) -> CommitOutcome:
    if standing is None:
        return CommitOutcome.GONE
    # A run commits once: that ends its lease. What it publishes after its time-out comes later than that.
    is_held = standing["lease_until"] is not None or record.is_status_kept
    if standing["fence"] != record.claim.fence or not is_held:
        return CommitOutcome.FENCED
    # What is published late mentions alerts too, though it stores no state: none of them may be untracked meanwhile.
    shows_alerts = record.state is not None or record.is_status_kept
    if shows_alerts and standing["state_version"] != record.claim.state_version:
        return CommitOutcome.STATE_CHANGED
    return CommitOutcome.COMMITTED


def _write(connection: Connection, winners: Sequence[_Winner]) -> None:
    _write_runtime(connection, winners)
    _write_monitoring(connection, winners)
    _write_documents(connection, [winner.record for winner in winners])
    insert_events(connection, [pack_event(record.trace, record.ledger) for record, _ in winners])
    insert_notifications(
        connection, [pack_notification(notification) for record, _ in winners for notification in record.notifications]
    )


def _write_runtime(connection: Connection, winners: Sequence[_Winner]) -> None:
    """Update the rules' runtime rows, those with the same columns by one statement."""
    rows_by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for record, standing in winners:
        changes = _runtime_changes(record, standing)
        if changes:
            rows_by_columns[tuple(changes)].append(changes | {"of_rule": standing["rule_no"]})
    for rows in rows_by_columns.values():
        execute_rows(connection, _UPDATE_RUNTIME, rows)


def _runtime_changes(record: RunRecord, standing: RowMapping) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if not record.is_status_kept:
        changes = {"lease_owner": None, "lease_until": None, **pack_status(record.status)}
        changes |= _schedule_columns(record, standing)
    if record.monitoring is not None:
        changes["monitored_runs"] = standing["monitored_runs"] + 1
    if record.state is not None:
        changes["state"] = encode_state(record.state)
        changes["state_version"] = standing["state_version"] + 1
    return changes


def _schedule_columns(record: RunRecord, standing: RowMapping) -> dict[str, Any]:
    """The run's schedule, or the present one if a user changed it since the claim."""
    if standing["schedule_version"] == record.claim.schedule_version:
        return pack_schedule(record.schedule, enabled=standing["enabled"])
    return {
        "next_run": standing["next_run"],
        "anchor": standing["anchor"],
        "last_planned": standing["last_planned"],
        "shown_next_run": standing["shown_next_run"],
        "is_next_run_hidden": standing["is_next_run_hidden"],
    }


def _write_monitoring(connection: Connection, winners: Sequence[_Winner]) -> None:
    rows = [
        {
            "rule_no": standing["rule_no"],
            "slot": standing["monitored_runs"] % MONITORING_SLOTS,
            "at": to_ms(record.monitoring.timestamp),
            "success": record.monitoring.success,
            "duration_ms": record.monitoring.duration_ms,
        }
        for record, standing in winners
        if record.monitoring is not None
    ]
    if rows:
        execute_rows(connection, upsert(connection, monitoring, ["rule_no", "slot"]), rows)


def _write_documents(connection: Connection, records: Sequence[RunRecord]) -> None:
    insert_documents(
        connection, [pack_new(record.claim.key, new) for record in records for new in record.new_documents]
    )
    # Closed before the rest is refreshed: a recovered alert keeps the rule's fields as they were (rule-run.md 10).
    close_documents(connection, [pack_closed(closed) for record in records for closed in record.closed_documents])
    refreshed = [
        pack_refreshed(record.claim.key, record.refreshed_rule_fields)
        for record in records
        if record.refreshed_rule_fields is not None
    ]
    refresh_documents(connection, refreshed)
