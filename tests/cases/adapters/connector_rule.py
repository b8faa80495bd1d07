"""The rule that queues the action of a connector's case."""

from datetime import UTC, datetime
from typing import Any

from engine.model.connector import Connector
from engine.model.jsonvalue import JsonObject
from engine.model.settings import EngineSettings
from engine.notify.injection import injection_of
from engine.service.clocks import ManualClock
from engine.template.links import rule_path, space_segment
from engine.template.variables import RuleVariables
from tests.cases.adapters.lifecycle_rule_type import CaseType
from tests.cases.matching import require_known
from tocsin.composition import builtin_registry
from tocsin.library import AsyncEngine

Json = dict[str, Any]

GIVEN_OF_RULE = {"rule", "rule_id", "rule_name", "rule_url", "alert", "alert_id"}
_BASE_URL = "https://tocsin.example"


class RuleOfCase:
    """A rule with one alert, and one action with the params of the case. The case may say where its page is."""

    def __init__(self, given: Json, base_url: str | None) -> None:
        rule, alert = given.get("rule", {}), given.get("alert", {})
        require_known(rule, {"id", "name", "url", "space"}, "rule")
        alert = {"id": alert} if isinstance(alert, str) else alert
        require_known(alert, {"id"}, "alert")
        self._id = given.get("rule_id") or rule.get("id", "rule-1")
        self._name = given.get("rule_name") or rule.get("name", "My rule")
        self._space = rule.get("space", "default")
        self._params = given.get("params", {})
        self._base_url = base_url or _BASE_URL
        self._foreign_url: str | None = None
        url = given.get("rule_url", rule.get("url"))
        if url is not None:
            self._place(url["absolute_url"] if isinstance(url, dict) else url)
        self._type = CaseType()
        self._type.step = {"reported": [given.get("alert_id") or alert.get("id", "alert-1")]}

    def _place(self, url: str) -> None:
        """Rule and base URL such that the rule's page is there, if it can be."""
        place, page, rule_id = url.partition(rule_path(""))
        if not page:
            self._foreign_url = url
            return
        base, _, space = place.partition(space_segment("x").removesuffix("x"))
        self._id, self._base_url, self._space = rule_id, base, space or self._space

    async def queued_params(self, connector: Connector) -> JsonObject:
        """The params that one run of the rule queues for the connector."""
        clock = ManualClock(datetime.now(UTC))
        settings = EngineSettings(public_base_url=None if self._foreign_url else self._base_url)
        async with AsyncEngine(
            clock=clock, settings=settings, rule_types=(self._type,), send=False, space=self._space
        ) as engine:
            engine.add_connector(
                connector.id, connector.connector_type_id, config=connector.config, secrets=connector.secrets
            )
            await engine.add_rule(self._body(connector.id), self._id)
            await engine.run_rule(self._id)
            [queued] = await engine.notifications(self._id)
        return self._with_foreign_link(queued.notification.params, connector)

    def _with_foreign_link(self, params: JsonObject, connector: Connector) -> JsonObject:
        """A page that is none of ours: the engine makes no such URL, but its injection takes any."""
        connector_type = builtin_registry().connector_type(connector.connector_type_id)
        assert connector_type is not None
        inject = injection_of(connector_type.template_treatment.rule_link)
        if self._foreign_url is None or inject is None:
            return params
        rule = {"id": self._id, "name": self._name, "spaceId": self._space, "url": self._foreign_url}
        return inject(params, RuleVariables({"rule": rule}))

    def _body(self, connector_id: str) -> Json:
        frequency = {"summary": False, "notify_when": "onActiveAlert", "throttle": None}
        action = {"id": connector_id, "group": "default", "params": self._params, "frequency": frequency}
        return {
            "name": self._name,
            "rule_type_id": self._type.id,
            "consumer": "alerts",
            "params": {},
            "schedule": {"interval": "1m"},
            "actions": [action],
        }
