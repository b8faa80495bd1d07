"""Giving many rules other params at once: a few statements for all, as thousands may change in one transaction."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from engine.model.instant import to_ms
from engine.ports.store import ParamsChange, RuleKey
from engine.store.audit_log import record_audits
from engine.store.rules import ids_by_space
from engine.store.tables import rule_references, rules

_CHANGE = (
    update(rules)
    .where(rules.c.no == bindparam("of_rule"))
    .values(params=bindparam("new_params"), updated_at=bindparam("new_time"), version=rules.c.version + 1)
)
_FORGET = delete(rule_references).where(rule_references.c.rule_no == bindparam("of_rule"))


def change_params(connection: Connection, space: str, changes: Sequence[ParamsChange]) -> bool:
    """Change all of the rules or, if one of them has not the expected version any more, none: False then."""
    numbers = _numbers(connection, space, changes)
    if numbers is None:
        return False
    if not changes:
        return True
    changed = [
        {"of_rule": numbers[each.rule_id], "new_params": each.params, "new_time": to_ms(each.updated_at)}
        for each in changes
    ]
    references = [
        {"rule_no": numbers[each.rule_id], "kind": reference.kind, "id": reference.id}
        for each in changes
        for reference in set(each.references)
    ]
    connection.execute(_CHANGE, changed)
    connection.execute(_FORGET, [{"of_rule": number} for number in numbers.values()])
    if references:
        connection.execute(insert(rule_references), references)
    record_audits(connection, [each.audit for each in changes if each.audit is not None])
    return True


def _numbers(connection: Connection, space: str, changes: Sequence[ParamsChange]) -> dict[str, int] | None:
    """Rule id -> number in the store, locked; None if a rule is gone or not as expected."""
    expected = {each.rule_id: each.expected_version for each in changes}
    found: dict[str, int] = {}
    for _, ids in ids_by_space(RuleKey(space, rule_id) for rule_id in expected):
        query = select(rules.c.id, rules.c.no, rules.c.version).where(rules.c.space == space, rules.c.id.in_(ids))
        for row in connection.execute(query.with_for_update()):
            if row.version == expected[row.id]:
                found[row.id] = row.no
    return found if len(found) == len(expected) else None
