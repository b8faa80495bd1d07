"""A rule that is snoozed considers no action of any sort (actions-scheduling.md 2)."""

from engine.notify.decision import DecisionInput
from engine.notify.reasons import Fact, Reason


def judge(situation: DecisionInput) -> Reason | None:
    snooze = situation.snooze
    if snooze is None or not snooze.is_snoozed:
        return None
    facts: list[tuple[str, Fact]] = []
    if snooze.until is not None:
        facts.append(("until", snooze.until))
    if snooze.active_ids:
        facts.append(("snoozes", snooze.active_ids))
    return Reason("ruleSnoozed", tuple(facts))
