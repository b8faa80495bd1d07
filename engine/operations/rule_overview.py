"""All rules of a space in numbers, and their tags, for internal clients (rest-api.md 8)."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from engine.model.jsonvalue import JsonObject
from engine.operations.capacity import runs_per_minute
from engine.operations.presentation import snoozes_to_json
from engine.operations.values import Strict
from engine.ports.store import Store, StoredRule

_STATUSES: Final = ("ok", "active", "error", "pending", "unknown", "warning")
_OUTCOMES: Final = ("succeeded", "warning", "failed")
_MOST_TAGS: Final = 50


class TagsForm(Strict):
    """Which tags: those that begin so, page by page."""

    page: Annotated[int, Field(ge=1, le=10_000)] = 1
    per_page: Annotated[int, Field(ge=1, le=10_000)] = 50
    search: str | None = None


def aggregate(rules: Iterable[StoredRule], at: datetime) -> JsonObject:
    """How many rules are in which state at an instant."""
    rules = list(rules)
    statuses = Counter(stored.status.execution_status.status for stored in rules)
    outcomes = Counter(stored.status.last_run.outcome for stored in rules if stored.status.last_run is not None)
    enabled = sum(stored.rule.enabled for stored in rules)
    muted = sum(stored.rule.mute_all for stored in rules)
    snoozed = sum(bool(snoozes_to_json(stored.rule, at).get("active_snoozes")) for stored in rules)
    return {
        "rule_execution_status": {status: statuses[status] for status in _STATUSES},
        "rule_last_run_outcome": {outcome: outcomes[outcome] for outcome in _OUTCOMES},
        "rule_enabled_status": {"enabled": enabled, "disabled": len(rules) - enabled},
        "rule_muted_status": {"muted": muted, "unmuted": len(rules) - muted},
        "rule_snoozed_status": {"snoozed": snoozed},
        "rule_tags": sorted(tags_of(rules))[:_MOST_TAGS],
    }


def tags_of(rules: Iterable[StoredRule]) -> set[str]:
    """All tags of some rules."""
    return {tag for stored in rules for tag in stored.rule.tags}


def tags_to_json(tags: Iterable[str], form: TagsForm) -> JsonObject:
    """One page of tags, by code point."""
    found = sorted(tag for tag in tags if tag.startswith(form.search or ""))
    before = (form.page - 1) * form.per_page
    page = found[before : before + form.per_page]
    return {"total": len(found), "page": form.page, "per_page": form.per_page, "data": page}


async def schedule_frequency(store: Store, limit: int) -> JsonObject:
    """How many runs a minute the enabled rules of all spaces make, and how many more there may be (2.7)."""
    load = runs_per_minute(await store.rule_intervals())
    return {"total_scheduled_per_minute": load, "remaining_schedules_per_minute": max(limit - load, 0)}
