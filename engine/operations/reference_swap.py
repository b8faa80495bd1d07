"""Letting rules refer to another data view than before (data-views.md 7)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.reference import DATA_VIEW_KIND, Reference
from engine.model.rule import DEFAULT_SPACE
from engine.operations.data_view_form import SwapBody
from engine.operations.retries import MOST_TRIES, pause_before_retry
from engine.operations.validation import parse_model
from engine.ports.references import references_of, with_data_view
from engine.ports.registry import Registry
from engine.ports.store import AuditEntry, ParamsChange, ReferenceSwap, RuleQuery, Store, StoredRule

RULE_KIND: Final = "alert"
"""What Kibana calls the type of rules."""


@dataclass(frozen=True, slots=True)
class SwapResult:
    """The rules whose references were, or would be, changed; ``remaining``: how many others still name the old object.

    ``remaining`` None: nobody asked whether the old object can be deleted; 0: it is gone.
    """

    rule_ids: tuple[str, ...]
    remaining: int | None = None

    def to_json(self) -> JsonObject:
        """The answer's body."""
        answer: JsonObject = {"result": [{"id": rule_id, "type": RULE_KIND} for rule_id in self.rule_ids]}
        if self.remaining is not None:
            answer["deleteStatus"] = {"remainingRefs": self.remaining, "deletePerformed": self.remaining == 0}
        return answer


class ReferenceSwaps:
    """Swaps of references. Rules are the only objects that refer to data views. All may raise StoreUnavailable."""

    def __init__(
        self, store: Store, registry: Registry, *, pause: Callable[[], Awaitable[None]] = pause_before_retry
    ) -> None:
        self._store, self._registry, self._pause = store, registry, pause

    async def preview(self, body: JsonValue, *, space: str = DEFAULT_SPACE) -> SwapResult:
        """The rules that a swap would change; nothing is written. Raises InvalidInput."""
        parsed = parse_model(SwapBody, body)
        await self._check(parsed, space)
        return SwapResult(_ids(await self._concerned(parsed, space)))

    async def swap(self, body: JsonValue, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE) -> SwapResult:
        """Change all rules or none, and with ``delete`` remove the old view if no rule of any kind uses it then.

        A rule keeps its revision. Raises InvalidInput, also when others changed a rule at the same time.
        """
        parsed = parse_model(SwapBody, body)
        await self._check(parsed, space)
        if parsed.delete and parsed.from_id == parsed.to_id:
            raise InvalidInput([Problem("toId", "is the data view that is to be deleted", "name another one")])
        for attempt in range(MOST_TRIES):
            if attempt:
                await self._pause()
            concerned = await self._concerned(parsed, space)
            changes = tuple(self._changed(stored, parsed, at, actor) for stored in concerned)
            removes = parsed.from_id if parsed.delete else None
            audit = AuditEntry(at, actor, "delete", "data_view", parsed.from_id, space)
            remaining = await self._store.swap_references(ReferenceSwap(space, changes, removes, audit))
            if remaining is not None:
                return SwapResult(_ids(concerned), remaining if parsed.delete else None)
        raise InvalidInput([Problem("", "rules were changed by others at the same time", "try again")])

    async def _check(self, swap: SwapBody, space: str) -> None:
        if swap.from_type != DATA_VIEW_KIND:
            message = f"is {swap.from_type[:60]!r}, of which no object can be swapped here"
            raise InvalidInput([Problem("fromType", message, f"leave it out, or write {DATA_VIEW_KIND}")])
        if all(view.id != swap.to_id for view in await self._store.data_views(space)):
            message = f"[{swap.from_type}/{swap.to_id[:1000]}] not found"
            raise InvalidInput([Problem("toId", message, "name a data view that exists")])

    async def _concerned(self, swap: SwapBody, space: str) -> list[StoredRule]:
        if swap.for_type not in (None, RULE_KIND):
            return []
        query = RuleQuery(refers_to=Reference(swap.from_type, swap.from_id), limit=None)
        page = await self._store.find_rules(space, query)
        return [stored for stored in page.rules if swap.for_id is None or stored.rule.id in swap.for_id]

    def _changed(self, stored: StoredRule, swap: SwapBody, at: datetime, actor: str | None) -> ParamsChange:
        rule = stored.rule
        rule_type = self._registry.rule_type(rule.rule_type_id)
        if rule_type is None:
            message = f"rule [{rule.id}] is of the type [{rule.rule_type_id}], which is not installed"
            raise InvalidInput([Problem("", message, "its references cannot be told: name other rules in forId")])
        params = with_data_view(rule_type, rule.params, swap.from_id, swap.to_id)
        audit = AuditEntry(
            at, actor, "swap_references", "rule", rule.id, rule.space, {"from": swap.from_id, "to": swap.to_id}
        )
        return ParamsChange(rule.id, stored.version, params, references_of(rule_type, params), at, audit)


def _ids(concerned: list[StoredRule]) -> tuple[str, ...]:
    return tuple(stored.rule.id for stored in concerned)
