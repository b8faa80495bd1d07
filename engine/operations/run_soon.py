"""Running a rule now instead of in its next slot (rest-api.md 8)."""

from datetime import datetime

from engine.model.errors import Conflict
from engine.model.rule import Rule
from engine.operations.rule_access import RuleAccess
from engine.ports.store import AuditEntry, RuleChange, RuleKey, StoredRule
from engine.run.schedule import run_soon as scheduled_now


async def run_soon(
    access: RuleAccess, key: RuleKey, *, at: datetime, actor: str | None, is_forced: bool = False
) -> str | None:
    """Let the rule run as soon as something is free to run it; None, or why not, in words.

    ``is_forced``: also if it is running, once more then. Raises NotFound, Forbidden or Conflict.
    """
    reason: str | None = None

    async def decide(stored: StoredRule) -> RuleChange | None:
        nonlocal reason
        reason = _hindrance(stored, is_forced)
        if reason is not None:
            return None
        rule = stored.rule
        audit = AuditEntry(at, actor, "run_soon", "rule", rule.id, rule.space, {"name": rule.name})
        return RuleChange(rule, stored.version, schedule=scheduled_now(stored.schedule, at), audit=audit)

    await access.change(key, decide, "run_soon")
    return reason


def _hindrance(stored: StoredRule, is_forced: bool) -> str | None:
    if not stored.rule.enabled:
        return "the rule is disabled: enable it, which also runs it"
    if stored.schedule.next_run is None:
        return "the rule has no schedule entry: enable it again, which makes one"
    if stored.status.running and not is_forced:
        return "the rule is running already"
    return None


async def note_run(access: RuleAccess, key: RuleKey, *, at: datetime, actor: str | None) -> Rule:
    """Keep in the audit log that a user has the rule run, which the caller does next; the rule.

    Raises NotFound, Forbidden, or Conflict if it is disabled or running.
    """

    async def decide(stored: StoredRule) -> RuleChange:
        rule = stored.rule
        if not rule.enabled:
            raise Conflict(f"rule [{rule.id}] is disabled: enable it, which also runs it")
        if stored.status.running:
            raise Conflict(f"rule [{rule.id}] is running already: ask for its result once it has ended")
        audit = AuditEntry(at, actor, "run", "rule", rule.id, rule.space, {"name": rule.name})
        return RuleChange(rule, stored.version, audit=audit)

    return (await access.change(key, decide, "run")).rule
