"""Rules: what users store and change."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    RowMapping,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)

from engine.model.alert import RuleState
from engine.model.instant import from_ms
from engine.model.outcome import MonitoringEntry, RuleStatus, Schedule
from engine.model.reference import CONNECTOR_KIND, DASHBOARD_KIND, Reference
from engine.model.rule import Rule
from engine.model.trace import Trace
from engine.ports.store import (
    AuditEntry,
    NewestRuns,
    RuleChange,
    RuleKey,
    RulePage,
    RuleQuery,
    StoredRule,
    UntrackedDocument,
    VersionedState,
)
from engine.ports.store.rule_conditions import IsAnyOf
from engine.store.audit_log import record_audit
from engine.store.bulk import execute_rows
from engine.store.dialect import insert_unless_present
from engine.store.documents import untrack_documents
from engine.store.encoding import encode_text
from engine.store.history import insert_events, pack_event
from engine.store.rule_codec import pack_rule, unpack_rule
from engine.store.rule_search import member_fits, rule_condition, sort_column
from engine.store.state_codec import EMPTY_STATE, decode_undamaged_state, encode_state
from engine.store.status_codec import pack_schedule, pack_status, unpack_schedule, unpack_status
from engine.store.tables import monitoring, rule_connectors, rule_references, rule_runtime, rule_tags, rules
from engine.store.time_limit import limited

_log = logging.getLogger(__name__)

LONGEST_SEARCH_S = 5.0
"""How long a search by conditions may take."""
_KEYS_A_QUERY = 500

_RUNTIME_COLUMNS = [column for column in rule_runtime.c if column.name not in {"rule_no", "state"}]
_STORED = select(rules, *_RUNTIME_COLUMNS).join_from(rules, rule_runtime, rules.c.no == rule_runtime.c.rule_no)

# Statements about single rules are made once: making one costs more than running it.
_IS_IT = (rules.c.space == bindparam("in_space"), rules.c.id == bindparam("of_id"))
_LOAD_ONE = _STORED.where(*_IS_IT)
_LOAD = _STORED.where(rules.c.space == bindparam("in_space"), rules.c.id.in_(bindparam("ids", expanding=True)))
_LOCK = (
    select(
        rules.c.no,
        rules.c.version,
        rules.c.enabled,
        rules.c.tags,
        rules.c.actions,
        rule_runtime.c.state_version,
        rule_runtime.c.schedule_version,
        rule_runtime.c.state,
    )
    .join_from(rules, rule_runtime, rules.c.no == rule_runtime.c.rule_no)
    .where(*_IS_IT)
    .with_for_update()
)
_STATE = (
    select(rule_runtime.c.state, rule_runtime.c.state_version)
    .join_from(rule_runtime, rules, rules.c.no == rule_runtime.c.rule_no)
    .where(*_IS_IT)
)
_INTERVALS = select(rules.c.interval, func.count().label("rules")).where(rules.c.enabled).group_by(rules.c.interval)
_INSERT_RUNTIME, _INSERT_TAGS = insert(rule_runtime), insert(rule_tags)
_INSERT_CONNECTORS, _INSERT_REFERENCES = insert(rule_connectors), insert(rule_references)
_JSON_COLUMNS = tuple(column.name for column in rules.c if isinstance(column.type, JSON))
_UPDATE = update(rules).where(rules.c.no == bindparam("of_rule"))
_UPDATE_RUNTIME = update(rule_runtime).where(rule_runtime.c.rule_no == bindparam("of_rule"))
_DELETE_TAGS, _DELETE_CONNECTORS, _DELETE_REFERENCES, *_DELETE_OTHERS = (
    delete(column.table).where(column == bindparam("of_rule"))
    for column in (
        rule_tags.c.rule_no,
        rule_connectors.c.rule_no,
        rule_references.c.rule_no,
        rule_runtime.c.rule_no,
        monitoring.c.rule_no,
        rules.c.no,
    )
)
_DELETE_ALL = (_DELETE_TAGS, _DELETE_CONNECTORS, _DELETE_REFERENCES, *_DELETE_OTHERS)


def insert_rule(
    connection: Connection,
    rule: Rule,
    schedule: Schedule,
    status: RuleStatus,
    audit: AuditEntry | None,
    references: Iterable[Reference] = (),
) -> bool:
    """Store a new rule with empty state; False if the id is taken."""
    insert_row = insert_unless_present(connection, rules, ["space", "id"]).returning(rules.c.no)
    no = connection.execute(insert_row, pack_rule(rule) | {"version": 1}).scalar()
    if no is None:
        return False
    runtime = {
        "rule_no": no,
        **pack_schedule(schedule, enabled=rule.enabled),
        "schedule_version": 1,
        # Fences of a rule that is deleted and made again go on rising, so that a run of the old one cannot commit.
        "fence": no << 20,
        **pack_status(status),
        "monitored_runs": 0,
        "state_version": 1,
        "state": EMPTY_STATE,
    }
    execute_rows(connection, _INSERT_RUNTIME, [runtime])
    _insert_tags(connection, no, rule)
    _insert_connectors(connection, no, rule)
    _insert_references(connection, no, references)
    record_audit(connection, audit)
    return True


def load_rules(connection: Connection, keys: Iterable[RuleKey]) -> dict[RuleKey, StoredRule]:
    """The rules that exist among the keys; one that cannot be read is left out and logged."""
    found: dict[RuleKey, StoredRule] = {}
    for space, ids in ids_by_space(keys):
        found |= _load_readable(connection, space, ids)
    return found


def _load_readable(connection: Connection, space: str, ids: Sequence[str]) -> dict[RuleKey, StoredRule]:
    try:
        if len(ids) == 1:
            found = connection.execute(_LOAD_ONE, _named(RuleKey(space, ids[0])))
        else:
            found = connection.execute(_LOAD, {"in_space": space, "ids": ids})
        return {RuleKey(space, row["id"]): _unpack_stored(row) for row in found.mappings()}
    except (LookupError, TypeError, ValueError) as error:
        if len(ids) == 1:
            _log.error("rule %s/%s cannot be read: %s", space, ids[0], error)
            return {}
    # Reading stops at a damaged row: find out which one it is.
    return {key: rule for rule_id in ids for key, rule in _load_readable(connection, space, [rule_id]).items()}


def find_rules(connection: Connection, space: str, query: RuleQuery) -> RulePage:
    """One page of a space's rules; equals are in order of creation, then id. Raises Refused if it takes too long."""
    if query.where is None:
        return _find_page(connection, space, query)
    with limited(connection, LONGEST_SEARCH_S):
        return _find_page(connection, space, query)


def _find_page(connection: Connection, space: str, query: RuleQuery) -> RulePage:
    conditions = [rules.c.space == space, *_conditions(query)]
    counted = rules if query.where is None else rules.join(rule_runtime, rules.c.no == rule_runtime.c.rule_no)
    total = connection.execute(select(func.count()).select_from(counted).where(*conditions)).scalar_one()
    if query.offset >= total or query.limit == 0:
        return RulePage(total, ())
    page = (
        _STORED.where(*conditions)
        .order_by(_order(query), rules.c.created_at, rules.c.id)
        .offset(query.offset)
        .limit(query.limit)
    )
    return RulePage(total, tuple(_unpack_stored(row) for row in connection.execute(page).mappings()))


def count_intervals(connection: Connection) -> dict[str, int]:
    """How many enabled rules have each interval."""
    return {row.interval: row.rules for row in connection.execute(_INTERVALS)}


def read_newest_runs(connection: Connection) -> NewestRuns:
    """When rules of all spaces ran last, those in error apart from the others."""
    is_failed = rule_runtime.c.execution_status == "error"
    ended = connection.execute(select(func.max(rule_runtime.c.last_execution_at)).where(~is_failed)).scalar()
    failed: dict[str, datetime] = {}
    for row in connection.execute(select(*_RUNTIME_COLUMNS).where(is_failed)).mappings():
        status = unpack_status(row).execution_status
        if status.error is not None:
            reason, at = status.error.reason, status.last_execution_date
            failed[reason] = max(at, failed.get(reason, at))
    return NewestRuns(None if ended is None else from_ms(ended), failed)


def count_referring(connection: Connection, space: str, reference: Reference) -> int:
    """How many rules of a space refer to an object."""
    query = select(func.count()).select_from(rules).where(rules.c.space == space, _refers_to(reference))
    return connection.execute(query).scalar_one()


def change_rule(connection: Connection, change: RuleChange) -> bool:
    """Apply a user's change; False if a version was not the expected one."""
    rule = change.rule
    key = RuleKey(rule.space, rule.id)
    row = _lock_rule(connection, key)
    if row is None or row["version"] != change.expected_version:
        return False
    if change.state is not None and change.expected_state_version not in (None, row["state_version"]):
        return False
    it = {"of_rule": row["no"]}
    definition = _encoded(pack_rule(rule)) | {"version": row["version"] + 1}
    execute_rows(connection, _UPDATE, [definition | it])
    if row["tags"] != list(rule.tags):
        execute_rows(connection, _DELETE_TAGS, [it])
        _insert_tags(connection, row["no"], rule)
    if {action["connector_id"] for action in row["actions"]} != _connector_ids(rule):
        execute_rows(connection, _DELETE_CONNECTORS, [it])
        _insert_connectors(connection, row["no"], rule)
    if change.references is not None:
        execute_rows(connection, _DELETE_REFERENCES, [it])
        _insert_references(connection, row["no"], change.references)
    runtime = _runtime_changes(change, row)
    if runtime:
        execute_rows(connection, _UPDATE_RUNTIME, [runtime | it])
    untrack_documents(connection, key, row["state"], change.untracked)
    insert_events(connection, [pack_event(trace) for trace in change.traces])
    record_audit(connection, change.audit)
    return True


def delete_rule(
    connection: Connection,
    key: RuleKey,
    untracked: Sequence[UntrackedDocument],
    traces: Sequence[Trace],
    audit: AuditEntry | None,
) -> bool:
    """Remove a rule and what belongs to it alone; False if unknown."""
    row = _lock_rule(connection, key)
    if row is None:
        return False
    untrack_documents(connection, key, row["state"], untracked)
    for statement in _DELETE_ALL:
        execute_rows(connection, statement, [{"of_rule": row["no"]}])
    insert_events(connection, [pack_event(trace) for trace in traces])
    record_audit(connection, audit)
    return True


def load_state(connection: Connection, key: RuleKey) -> VersionedState | None:
    """A rule's run state, None if the rule is unknown; a damaged one is empty, so that writing it mends it."""
    row = connection.execute(_STATE, _named(key)).one_or_none()
    return None if row is None else VersionedState(decode_undamaged_state(row.state) or RuleState(), row.state_version)


def read_monitoring(connection: Connection, key: RuleKey) -> list[MonitoringEntry]:
    """The runs in a rule's ring, oldest first."""
    query = (
        select(monitoring, rule_runtime.c.monitored_runs)
        .join(rule_runtime, rule_runtime.c.rule_no == monitoring.c.rule_no)
        .join(rules, rules.c.no == monitoring.c.rule_no)
        .where(*_IS_IT)
        .order_by(monitoring.c.slot)
    )
    rows = connection.execute(query, _named(key)).all()
    oldest = rows[0].monitored_runs % len(rows) if rows else 0
    return [MonitoringEntry(from_ms(row.at), row.success, row.duration_ms) for row in [*rows[oldest:], *rows[:oldest]]]


def ids_by_space(keys: Iterable[RuleKey]) -> Iterator[tuple[str, list[str]]]:
    """Keys as lists of ids short enough for one statement."""
    by_space: dict[str, list[str]] = defaultdict(list)
    for space, rule_id in keys:
        by_space[space].append(rule_id)
    for space, ids in by_space.items():
        for start in range(0, len(ids), _KEYS_A_QUERY):
            yield space, ids[start : start + _KEYS_A_QUERY]


def _named(key: RuleKey) -> dict[str, str]:
    return {"in_space": key.space, "of_id": key.id}


def _lock_rule(connection: Connection, key: RuleKey) -> RowMapping | None:
    return connection.execute(_LOCK, _named(key)).mappings().one_or_none()


def _runtime_changes(change: RuleChange, row: RowMapping) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if change.schedule is not None:
        changes |= pack_schedule(change.schedule, enabled=change.rule.enabled)
    elif row["enabled"] and not change.rule.enabled:
        changes |= {"next_run": None, "shown_next_run": None, "is_next_run_hidden": False}
    if changes:
        changes["schedule_version"] = row["schedule_version"] + 1
    if change.status is not None:
        changes |= pack_status(change.status)
    if change.state is not None:
        changes |= {"state": encode_state(change.state), "state_version": row["state_version"] + 1}
    return changes


def _encoded(row: dict[str, Any]) -> dict[str, Any]:
    """The columns of a definition as the driver takes them."""
    return row | {name: encode_text(row[name]) for name in _JSON_COLUMNS if row[name] is not None}


def _insert_tags(connection: Connection, no: int, rule: Rule) -> None:
    rows = [{"rule_no": no, "position": position, "tag": tag} for position, tag in enumerate(rule.tags)]
    if rows:
        execute_rows(connection, _INSERT_TAGS, rows)


def _insert_connectors(connection: Connection, no: int, rule: Rule) -> None:
    rows = [{"rule_no": no, "connector_id": connector_id} for connector_id in sorted(_connector_ids(rule))]
    if rows:
        execute_rows(connection, _INSERT_CONNECTORS, rows)


def _connector_ids(rule: Rule) -> set[str]:
    return {action.connector_id for action in rule.actions}


def _insert_references(connection: Connection, no: int, references: Iterable[Reference]) -> None:
    rows = [{"rule_no": no, "kind": each.kind, "id": each.id} for each in set(references)]
    if rows:
        execute_rows(connection, _INSERT_REFERENCES, rows)


def _refers_to(reference: Reference) -> ColumnElement[bool]:
    if reference.kind == CONNECTOR_KIND:
        column, condition = rule_connectors.c.rule_no, rule_connectors.c.connector_id == reference.id
        return rules.c.no.in_(select(column).where(condition))
    if reference.kind == DASHBOARD_KIND:
        return member_fits(rules.c.artifacts, ("dashboards", "id"), IsAnyOf((reference.id,)))
    named = (rule_references.c.kind == reference.kind, rule_references.c.id == reference.id)
    return rules.c.no.in_(select(rule_references.c.rule_no).where(*named))


def _conditions(query: RuleQuery) -> Iterator[ColumnElement[bool]]:
    if query.enabled is not None:
        yield rules.c.enabled == query.enabled
    if query.rule_type_id is not None:
        yield rules.c.rule_type_id == query.rule_type_id
    if query.tag is not None:
        yield rules.c.no.in_(select(rule_tags.c.rule_no).where(rule_tags.c.tag == query.tag))
    if query.name_contains is not None:
        yield rules.c.name_folded.contains(query.name_contains.casefold(), autoescape=True)
    if query.execution_status is not None:
        in_status = rule_runtime.c.execution_status == query.execution_status
        yield rules.c.no.in_(select(rule_runtime.c.rule_no).where(in_status))
    if query.kinds is not None:
        yield tuple_(rules.c.rule_type_id, rules.c.consumer).in_(query.kinds)
    if query.refers_to is not None:
        yield _refers_to(query.refers_to)
    if query.where is not None:
        yield rule_condition(query.where)


def _order(query: RuleQuery) -> ColumnElement[Any]:
    if query.sort_by is None:
        column: ColumnElement[Any] = rules.c[query.sort]
        return column.desc() if query.descending else column
    column = sort_column(query.sort_by, descending=query.descending)
    return (column.desc() if query.descending else column).nulls_last()


def _unpack_stored(row: RowMapping) -> StoredRule:
    return StoredRule(unpack_rule(row), row["version"], unpack_status(row), unpack_schedule(row))
