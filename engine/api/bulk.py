"""Many rules at once, for the clients that Kibana calls internal (rest-api.md 8, 8.1)."""

from dataclasses import dataclass

from engine.api.route import NO_CONTENT, Answer, Request, Route, answer_json
from engine.model.settings import EngineSettings
from engine.operations.bulk import BulkRules
from engine.operations.bulk_form import BulkDisableBody, BulkEditBody, ChosenBody, UntrackBody
from engine.operations.rules import Rules
from engine.operations.validation import parse_model
from engine.ports.store import Store

_RULES = "/internal/alerting/rules"


def routes(rules: Rules, store: Store, settings: EngineSettings) -> tuple[Route, ...]:
    """Enabling, disabling, deleting and editing rules; untracking alerts."""
    on = _BulkRoutes(rules, store, settings.max_scheduled_per_minute)
    return (
        Route("POST", f"{_RULES}/_bulk_edit", on.edit, body=BulkEditBody),
        Route("PATCH", f"{_RULES}/_bulk_enable", on.enable, body=ChosenBody),
        Route("PATCH", f"{_RULES}/_bulk_disable", on.disable, body=BulkDisableBody),
        Route("PATCH", f"{_RULES}/_bulk_delete", on.delete, body=ChosenBody),
        Route("POST", "/internal/alerting/alerts/_bulk_untrack", on.untrack, body=UntrackBody),
    )


@dataclass(frozen=True, slots=True)
class _BulkRoutes:
    """One method a route; what each may raise is what its operation raises."""

    rules: Rules
    store: Store
    most_runs_per_minute: int

    def _by(self, request: Request) -> BulkRules:
        return BulkRules(self.rules.under(request.caller), self.store, self.most_runs_per_minute)

    async def edit(self, request: Request) -> Answer:
        body = parse_model(BulkEditBody, request.body)
        result = await self._by(request).edit(body, **request.by_caller)
        return answer_json({**result.to_json(request.at), "skipped": result.skipped_to_json()})

    async def enable(self, request: Request) -> Answer:
        body = parse_model(ChosenBody, request.body)
        result = await self._by(request).enable(body, **request.by_caller)
        return answer_json({**result.to_json(request.at), "task_ids_failed_to_be_enabled": []})

    async def disable(self, request: Request) -> Answer:
        body = parse_model(BulkDisableBody, request.body)
        result = await self._by(request).disable(body, untrack=body.untrack, **request.by_caller)
        return answer_json(result.to_json(request.at))

    async def delete(self, request: Request) -> Answer:
        body = parse_model(ChosenBody, request.body)
        result = await self._by(request).delete(body, **request.by_caller)
        return answer_json({**result.to_json(request.at), "task_ids_failed_to_be_deleted": []})

    async def untrack(self, request: Request) -> Answer:
        body = parse_model(UntrackBody, request.body)
        await self._by(request).untrack(body.alert_uuids, **request.by_caller)
        return NO_CONTENT
