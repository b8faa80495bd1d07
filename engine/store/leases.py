"""Claims: who may run which rule until when.

A claim sets a lease and raises the rule's fence. Committing, handing back and renewing all ask for the same fence *and*
a lease that is still set, so that nothing is done twice under one claim.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, or_, select, update

from engine.model.alert import RuleState
from engine.model.instant import from_ms, to_ms
from engine.ports.store import Claim, RuleKey
from engine.store.encoding import instant_or_none
from engine.store.rules import ids_by_space
from engine.store.state_cache import StateCache
from engine.store.state_codec import decode_undamaged_state
from engine.store.status_codec import unpack_schedule
from engine.store.tables import rule_runtime, rules

_log = logging.getLogger(__name__)

_runtime = rule_runtime.c

_CLAIMABLE = select(
    rules.c.space,
    rules.c.id,
    rules.c.version,
    _runtime.rule_no,
    _runtime.next_run,
    _runtime.anchor,
    _runtime.last_planned,
    _runtime.shown_next_run,
    _runtime.is_next_run_hidden,
    _runtime.schedule_version,
    _runtime.fence,
    _runtime.state_version,
).join_from(rule_runtime, rules, rules.c.no == _runtime.rule_no)

# Statements of every tick are made once: making one costs more than running it.
_IS_FREE = or_(_runtime.lease_until.is_(None), _runtime.lease_until <= bindparam("at"))
_DUE = (
    _CLAIMABLE.where(_runtime.next_run <= bindparam("at"), _IS_FREE)
    .order_by(_runtime.next_run, _runtime.rule_no)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True, of=rule_runtime)
)
_ONE = _CLAIMABLE.where(
    rules.c.space == bindparam("in_space"), rules.c.id == bindparam("of_id"), _IS_FREE
).with_for_update(of=rule_runtime)
_STATES = select(_runtime.rule_no, _runtime.state).where(_runtime.rule_no.in_(bindparam("numbers", expanding=True)))
_LEASE = (
    update(rule_runtime)
    .where(_runtime.rule_no.in_(bindparam("numbers", expanding=True)))
    .values(lease_owner=bindparam("owner"), lease_until=bindparam("until"), fence=_runtime.fence + 1)
)
_SCHEDULED = select(_runtime.next_run).where(_runtime.next_run.is_not(None))
_FIRST_FREE = _SCHEDULED.where(_runtime.lease_until.is_(None)).order_by(_runtime.next_run).limit(1)
_LEASED = _SCHEDULED.add_columns(_runtime.lease_until).where(_runtime.lease_until.is_not(None))
_LEASED_BEFORE = _LEASED.where(_runtime.next_run < bindparam("before"))
_HELD = (
    select(rules.c.id, _runtime.rule_no, _runtime.fence)
    .join_from(rules, rule_runtime, rules.c.no == _runtime.rule_no)
    .where(rules.c.space == bindparam("in_space"), rules.c.id.in_(bindparam("ids", expanding=True)))
    .where(_runtime.lease_until.is_not(None))
    .with_for_update(of=rule_runtime)
)


def claim_due(
    connection: Connection, states: StateCache, at: datetime, limit: int, owner: str, lease_until: datetime
) -> list[Claim]:
    """Claim rules whose next run is due and that nobody holds, most overdue first."""
    rows = connection.execute(_DUE, {"at": to_ms(at), "at_most": limit}).mappings().all()
    _lease(connection, rows, owner, lease_until)
    found = _read_states(connection, states, rows)
    return [_unpack_claim(row, from_ms(row["next_run"]), found) for row in rows]


def claim_rule(
    connection: Connection, states: StateCache, key: RuleKey, planned: datetime, owner: str, lease_until: datetime
) -> Claim | None:
    """Claim one rule whatever its schedule says; None if unknown or leased beyond ``planned``."""
    one = {"in_space": key.space, "of_id": key.id, "at": to_ms(planned)}
    rows = connection.execute(_ONE, one).mappings().all()
    _lease(connection, rows, owner, lease_until)
    return _unpack_claim(rows[0], planned, _read_states(connection, states, rows)) if rows else None


def renew_leases(connection: Connection, claims: Sequence[Claim], lease_until: datetime) -> list[bool]:
    """Lengthen leases; False for each one that was lost."""
    held = _numbers_held(connection, claims)
    _change_lease(connection, list(held.values()), lease_until=to_ms(lease_until))
    return [claim.key in held for claim in claims]


def release(connection: Connection, claims: Sequence[Claim]) -> None:
    """Hand rules back unrun."""
    held = _numbers_held(connection, claims)
    _change_lease(connection, list(held.values()), lease_owner=None, lease_until=None)


def end_leases(connection: Connection, owner: str) -> int:
    """Hand back all rules that are leased under a name; how many. A commit that is still to come is refused."""
    held = update(rule_runtime).where(_runtime.lease_until.is_not(None), _runtime.lease_owner == owner)
    return connection.execute(held.values(lease_owner=None, lease_until=None)).rowcount


def next_due(connection: Connection) -> datetime | None:
    """When `claim_due` will next find a rule: a leased one counts from the end of its lease."""
    free = connection.execute(_FIRST_FREE).scalar()
    # All rules before the first free one are leased; as many as there are runs in flight.
    leased = connection.execute(_LEASED) if free is None else connection.execute(_LEASED_BEFORE, {"before": free})
    due = [max(next_run, lease_until) for next_run, lease_until in leased]
    if free is not None:
        due.append(free)
    return instant_or_none(min(due, default=None))


def _lease(connection: Connection, rows: Sequence[RowMapping], owner: str, lease_until: datetime) -> None:
    if rows:
        numbers = [row["rule_no"] for row in rows]
        connection.execute(_LEASE, {"numbers": numbers, "owner": owner, "until": to_ms(lease_until)})


def _change_lease(connection: Connection, numbers: list[int], **columns: Any) -> None:
    if numbers:
        connection.execute(update(rule_runtime).where(_runtime.rule_no.in_(numbers)).values(columns))


def _numbers_held(connection: Connection, claims: Sequence[Claim]) -> dict[RuleKey, int]:
    """The rule numbers of the claims that still hold."""
    fences = {claim.key: claim.fence for claim in claims}
    held: dict[RuleKey, int] = {}
    for space, ids in ids_by_space(fences):
        for row in connection.execute(_HELD, {"in_space": space, "ids": ids}).mappings():
            key = RuleKey(space, row["id"])
            if row["fence"] == fences[key]:
                held[key] = row["rule_no"]
    return held


def _read_states(connection: Connection, states: StateCache, rows: Sequence[RowMapping]) -> dict[int, RuleState | None]:
    """The run states of claimed rules by rule number, None for damaged ones; only unknown ones are read."""
    found = {row["rule_no"]: states.get(row["rule_no"], row["state_version"]) for row in rows}
    unknown = [rule_no for rule_no, state in found.items() if state is None]
    if unknown:
        for rule_no, blob in connection.execute(_STATES, {"numbers": unknown}):
            found[rule_no] = decode_undamaged_state(blob)
    return found


def _unpack_claim(row: RowMapping, planned: datetime, states: Mapping[int, RuleState | None]) -> Claim:
    state = states[row["rule_no"]]
    if state is None:
        _log.error("the run state of rule %s/%s is damaged", row["space"], row["id"])
    return Claim(
        key=RuleKey(row["space"], row["id"]),
        version=row["version"],
        fence=row["fence"] + 1,
        state_version=row["state_version"],
        schedule_version=row["schedule_version"],
        planned=planned,
        schedule=unpack_schedule(row),
        state=state or RuleState(),
        is_state_readable=state is not None,
    )
