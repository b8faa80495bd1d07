"""Rules over HTTP (rest-api.md 4): create, read, change, delete, switch, mute, snooze."""

from dataclasses import dataclass

from engine.api.query import QueryBool
from engine.api.route import NO_CONTENT, Answer, Request, Route, answer_json
from engine.operations.body import CreateBody, DisableBody, UpdateBody, parse_disable
from engine.operations.muting import MuteBody, read_mute_body
from engine.operations.presentation import rule_to_json
from engine.operations.rules import Rules
from engine.operations.snoozing import SnoozeScheduleBody
from engine.operations.values import Strict
from engine.ports.store import StoredRule

_RULE = "/api/alerting/rule/{id}"
_ALERT = "/api/alerting/rule/{rule_id}/alert/{alert_id}"


class MuteQuery(Strict):
    """The query of muting one alert."""

    validate_alerts_existence: QueryBool = True


def routes(rules: Rules) -> tuple[Route, ...]:
    """The public routes of rules but `_find`."""
    on = _RuleRoutes(rules)
    create = "Create a rule"
    return (
        Route("POST", "/api/alerting/rule", on.create, body=CreateBody, summary=create),
        Route("POST", _RULE, on.create, body=CreateBody, summary=f"{create} with an id of your own"),
        Route("GET", _RULE, on.get, summary="Get a rule"),
        Route("PUT", _RULE, on.update, body=UpdateBody, summary="Change a rule"),
        Route("DELETE", _RULE, on.delete, summary="Delete a rule"),
        Route("POST", f"{_RULE}/_enable", on.enable, summary="Enable a rule"),
        Route(
            "POST",
            f"{_RULE}/_disable",
            on.disable,
            body=DisableBody,
            body_is_optional=True,
            summary="Disable a rule, and let its alerts go if asked to",
        ),
        Route("POST", f"{_RULE}/_mute_all", on.mute_all, summary="Keep all actions of a rule silent"),
        Route("POST", f"{_RULE}/_unmute_all", on.unmute_all, summary="End every mute of a rule"),
        Route(
            "POST",
            f"{_ALERT}/_mute",
            on.mute_alert,
            query=MuteQuery,
            body=MuteBody,
            body_is_optional=True,
            summary="Keep the actions for one alert silent",
        ),
        Route("POST", f"{_ALERT}/_unmute", on.unmute_alert, summary="End the mute of one alert"),
        Route("POST", f"{_RULE}/_update_api_key", on.update_api_key, summary="Let a rule run with your rights"),
        Route(
            "POST",
            f"{_RULE}/snooze_schedule",
            on.add_snooze,
            body=SnoozeScheduleBody,
            summary="Snooze a rule once or again and again",
        ),
        Route(
            "DELETE",
            "/api/alerting/rule/{rule_id}/snooze_schedule/{schedule_id}",
            on.delete_snooze,
            summary="Delete a snooze of a rule",
        ),
    )


@dataclass(frozen=True, slots=True)
class _RuleRoutes:
    """One method a route; what each may raise is what its operation raises."""

    rules: Rules

    def _by(self, request: Request) -> Rules:
        return self.rules.under(request.caller)

    async def create(self, request: Request) -> Answer:
        rule_id = request.parts.get("id")
        return _shown(await self._by(request).create(request.body, rule_id=rule_id, **request.by_caller), request)

    async def get(self, request: Request) -> Answer:
        return _shown(await self._by(request).get(request.parts["id"], space=request.space), request)

    async def update(self, request: Request) -> Answer:
        return _shown(await self._by(request).update(request.parts["id"], request.body, **request.by_caller), request)

    async def delete(self, request: Request) -> Answer:
        await self._by(request).delete(request.parts["id"], **request.by_caller)
        return NO_CONTENT

    async def enable(self, request: Request) -> Answer:
        await self._by(request).enable(request.parts["id"], **request.by_caller)
        return NO_CONTENT

    async def disable(self, request: Request) -> Answer:
        untrack = parse_disable(request.body).untrack
        await self._by(request).disable(request.parts["id"], untrack=untrack, **request.by_caller)
        return NO_CONTENT

    async def mute_all(self, request: Request) -> Answer:
        await self._by(request).mute_all(request.parts["id"], **request.by_caller)
        return NO_CONTENT

    async def unmute_all(self, request: Request) -> Answer:
        await self._by(request).unmute_all(request.parts["id"], **request.by_caller)
        return NO_CONTENT

    async def mute_alert(self, request: Request) -> Answer:
        end = read_mute_body(request.body)
        rule_id, alert_id = request.parts["rule_id"], request.parts["alert_id"]
        must_exist = request.query_as(MuteQuery).validate_alerts_existence
        await self._by(request).mute_alert(
            rule_id, alert_id, validate_existence=must_exist, end=end, **request.by_caller
        )
        return NO_CONTENT

    async def unmute_alert(self, request: Request) -> Answer:
        await self._by(request).unmute_alert(request.parts["rule_id"], request.parts["alert_id"], **request.by_caller)
        return NO_CONTENT

    async def update_api_key(self, request: Request) -> Answer:
        await self._by(request).update_api_key(request.parts["id"], **request.by_caller)
        return NO_CONTENT

    async def add_snooze(self, request: Request) -> Answer:
        return answer_json(
            await self._by(request).add_snooze_schedule(request.parts["id"], request.body, **request.by_caller)
        )

    async def delete_snooze(self, request: Request) -> Answer:
        rule_id, schedule_id = request.parts["rule_id"], request.parts["schedule_id"]
        await self._by(request).delete_snooze_schedule(rule_id, schedule_id, **request.by_caller)
        return NO_CONTENT


def _shown(stored: StoredRule, request: Request) -> Answer:
    return answer_json(rule_to_json(stored, at=request.at))
