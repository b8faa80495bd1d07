"""The snoozes of one version of a rule: judged once, then again only when the verdict may have changed."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from engine.model.alert import Alert
from engine.model.errors import StoreUnavailable
from engine.model.jsonvalue import JsonObject
from engine.model.rule import Rule
from engine.ports.store import RuleChange, Store
from engine.run.mute_ends import settle_mutes
from engine.timing.remembered import Remembered, Verdict
from engine.timing.snooze import RuleSnooze, Snooze, judge_rule

_log = logging.getLogger("tocsin.rules")

_NOBODY: Mapping[str, Alert] = {}
_NONE = RuleSnooze(is_snoozed=False, until=None, active_ids=())


class _Judged(NamedTuple):
    verdict: RuleSnooze
    kept: tuple[JsonObject, ...]


class RuleSnoozes:
    """Whether the snoozes of a rule silence it, and which of them are over (snooze-and-recurrence.md 3)."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._snoozes = [Snooze(stored) for stored in rule.snooze_schedule]
        self._judged = Remembered(self._judge)
        self._told: set[int] = set()

    def verdict_at(self, now: datetime) -> RuleSnooze:
        """What the snoozes come to, the muting of the rule aside."""
        return self._judged.at(now).verdict if self._snoozes else _NONE

    def without_expired(self, now: datetime, known: Mapping[str, Alert] = _NOBODY) -> Rule | None:
        """The rule without the snoozes and mutes that are over; None if none is. Not a new revision.

        ``known``: the alerts of the last run, by id.
        """
        kept = self._judged.at(now).kept if self._snoozes else ()
        settled = settle_mutes(self._rule, known) if self._rule.alert_snoozes else None
        if len(kept) == len(self._snoozes):
            return settled
        return replace(settled or self._rule, snooze_schedule=kept)

    def _judge(self, now: datetime) -> Verdict[_Judged]:
        verdict = judge_rule(mute_all=False, snoozes=self._snoozes, now=now)
        pairs = zip(self._snoozes, self._rule.snooze_schedule, strict=True)
        kept = tuple(stored for snooze, stored in pairs if not snooze.is_over(now))
        changes = [at for snooze in self._snoozes if (at := snooze.changes_after(now)) is not None]
        self._tell_problems()
        return Verdict(_Judged(verdict, kept), min(changes, default=None))

    def _tell_problems(self) -> None:
        for number, snooze in enumerate(self._snoozes):
            if snooze.problem is not None and number not in self._told:
                self._told.add(number)
                message = "rule [%s]: its snooze %s is never active, since it cannot be evaluated: %s"
                _log.warning(message, self._rule.id, snooze.id or "without id", snooze.problem)


async def remove_expired(
    store: Store, rules: Iterable[tuple[RuleSnoozes, int, Mapping[str, Alert]]], now: datetime
) -> None:
    """Take from stored rules of that version the snoozes and mutes that are over; best effort (3.2).

    With each rule come the alerts of its last run. One that somebody else has changed meanwhile is left alone now.
    """
    for snoozes, version, known in rules:
        rule = snoozes.without_expired(now, known)
        if rule is None:
            continue
        try:
            is_removed = await store.change_rule(RuleChange(rule, version))
        except StoreUnavailable as error:
            _log.warning("rule [%s]: its expired snoozes were not removed yet: %s", rule.id, error)
        else:
            _log.debug("rule [%s]: expired snoozes %s", rule.id, "removed" if is_removed else "are left to a later run")
