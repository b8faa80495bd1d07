"""Changing many rules at once: each in a change of its own, so that one that fails leaves the others be (8, 8.1)."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from engine.model.errors import InvalidInput, NotFound, Problem, StoreUnavailable, TocsinError
from engine.model.jsonvalue import JsonObject
from engine.operations.bulk_form import BulkEditBody, ChosenBody, check_choice, edits_of
from engine.operations.capacity import check_capacity, runs_per_minute
from engine.operations.find import MAX_WINDOW
from engine.operations.find_form import FindForm, query_of
from engine.operations.presentation import rule_to_json
from engine.operations.rules import Rules
from engine.ports.store import RuleQuery, Store, StoredRule
from engine.ports.store.rule_conditions import Attribute, Has, IsAnyOf

Change = Callable[[StoredRule], Awaitable[StoredRule | None]]
"""Changes one rule; None: there was nothing to change."""


@dataclass(slots=True)
class BulkResult:
    """What a change of many rules came to. ``total``: how many were chosen."""

    total: int
    rules: list[StoredRule] = field(default_factory=list)
    skipped: list[StoredRule] = field(default_factory=list)
    errors: list[JsonObject] = field(default_factory=list)

    def to_json(self, at: datetime) -> JsonObject:
        return {
            "rules": [rule_to_json(stored, at=at) for stored in self.rules],
            "errors": self.errors,
            "total": self.total,
        }

    def skipped_to_json(self) -> list[JsonObject]:
        return [
            {"id": stored.rule.id, "name": stored.rule.name, "skip_reason": "RULE_NOT_MODIFIED"}
            for stored in self.skipped
        ]


@dataclass(frozen=True, slots=True)
class BulkRules:
    """The operations, by the rights of whoever ``rules`` are under. All may raise InvalidInput and Forbidden."""

    rules: Rules
    store: Store
    most_runs_per_minute: int

    async def enable(self, body: ChosenBody, *, at: datetime, actor: str | None, space: str) -> BulkResult:
        """Enable rules; they run spread over their intervals, not all at once."""
        chosen = await self._chosen(body, at, space)
        await self._check_capacity([stored.rule.interval for stored in chosen if not stored.rule.enabled])

        async def enable(stored: StoredRule) -> StoredRule:
            return await self.rules.enable(stored.rule.id, at=at, actor=actor, space=space, in_bulk=True)

        return await _each(chosen, enable)

    async def disable(
        self, body: ChosenBody, *, at: datetime, actor: str | None, space: str, untrack: bool
    ) -> BulkResult:
        async def disable(stored: StoredRule) -> StoredRule:
            return await self.rules.disable(stored.rule.id, at=at, actor=actor, space=space, untrack=untrack)

        return await _each(await self._chosen(body, at, space), disable)

    async def delete(self, body: ChosenBody, *, at: datetime, actor: str | None, space: str) -> BulkResult:
        async def delete(stored: StoredRule) -> StoredRule:
            await self.rules.delete(stored.rule.id, at=at, actor=actor, space=space)
            return stored

        return await _each(await self._chosen(body, at, space), delete)

    async def edit(self, body: BulkEditBody, *, at: datetime, actor: str | None, space: str) -> BulkResult:
        """Make changes of each rule, all of them or none; a rule that they leave as it is, is skipped."""
        edits = edits_of(body.operations)
        chosen = await self._chosen(body, at, space, is_needed=False)
        intervals = [
            edit.value["interval"] for edit in edits if edit.field == "schedule" and isinstance(edit.value, dict)
        ]
        if intervals:
            moved = [stored.rule.interval for stored in chosen if stored.rule.enabled]
            await self._check_capacity([intervals[-1]] * len(moved), moved)

        async def edit(stored: StoredRule) -> StoredRule | None:
            edited = await self.rules.edit(stored.rule.id, edits, at=at, actor=actor, space=space)
            return None if edited.version == stored.version else edited

        return await _each(chosen, edit)

    async def untrack(self, uuids: Sequence[str], *, at: datetime, actor: str | None, space: str) -> None:
        """Let active alerts go; uuids of others have no effect. Raises Forbidden."""
        wanted, by_rule = set(uuids), defaultdict[str, list[str]](list)
        for document in await self.store.documents(space, status="active", limit=MAX_WINDOW):
            if document["kibana.alert.uuid"] in wanted:
                by_rule[document["kibana.alert.rule.uuid"]].append(document["kibana.alert.instance.id"])
        for rule_id, alert_ids in by_rule.items():
            try:
                await self.rules.untrack_alerts(rule_id, alert_ids, at=at, actor=actor, space=space)
            except NotFound:
                continue

    async def _chosen(
        self, body: ChosenBody, at: datetime, space: str, *, is_needed: bool = True
    ) -> tuple[StoredRule, ...]:
        check_choice(body, is_needed=is_needed)
        query = RuleQuery(limit=MAX_WINDOW)
        if body.ids is not None:
            query = RuleQuery(where=Has(Attribute("id"), IsAnyOf(tuple(body.ids))), limit=MAX_WINDOW)
        elif body.filter:
            query = query_of(FindForm(filter=body.filter, per_page=MAX_WINDOW), at)
        page = await self.rules.find(query, space=space)
        if page.total == 0:
            raise InvalidInput([Problem("", "chooses no rule", "correct the ids or the filter")])
        if page.total > MAX_WINDOW:
            message = f"chooses {page.total} rules, more than {MAX_WINDOW}"
            raise InvalidInput([Problem("", message, "narrow the filter, and ask in several requests")])
        return page.rules

    async def _check_capacity(self, wanted: Sequence[str], freed: Sequence[str] = ()) -> None:
        load = runs_per_minute(await self.store.rule_intervals())
        wanted_load, freed_load = runs_per_minute(Counter(wanted)), runs_per_minute(Counter(freed))
        check_capacity(load, self.most_runs_per_minute, wanted=wanted_load, freed=freed_load)


async def _each(chosen: Sequence[StoredRule], change: Change) -> BulkResult:
    result = BulkResult(len(chosen))
    for stored in chosen:
        # Thousands of changes are no reason to keep everybody else waiting.
        await asyncio.sleep(0)
        try:
            changed = await change(stored)
        except StoreUnavailable:
            raise
        except TocsinError as error:
            rule = {"id": stored.rule.id, "name": stored.rule.name}
            result.errors.append({"message": str(error), "status": error.http_status, "rule": rule})
            continue
        if changed is None:
            result.skipped.append(stored)
        else:
            result.rules.append(changed)
    return result
