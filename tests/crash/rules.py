"""The rules of the kill test: both rule types, with and without groups, each over an index of its own."""

import json
from dataclasses import dataclass

from engine.model.jsonvalue import JsonObject
from tests.crash.truth import STEP_MS

CONNECTORS = ("first", "second")
_GROUPS = ("a", "b", "c")
_COUNT = 20
_UNGROUPED_ALERT = {".index-threshold": "all documents", ".es-query": "query matched"}
_ACTION_GROUP = {".index-threshold": "threshold met", ".es-query": "query matched"}


@dataclass(frozen=True, slots=True)
class TestedRule:
    """A rule, and what it can find: its ``alerts``, which are its groups if it has any."""

    id: str
    type: str
    window_s: int
    is_grouped: bool
    connector: str

    @property
    def threshold(self) -> int:
        """More documents than this meet the condition: half of those that a window can hold."""
        return self.window_s * 1000 // STEP_MS // 2

    @property
    def alerts(self) -> tuple[str, ...]:
        return _GROUPS if self.is_grouped else (_UNGROUPED_ALERT[self.type],)

    def condition(self, alert: str) -> str:
        """The name of an alert's condition in the truth."""
        return f"{self.id}/{alert}"

    def body(self) -> JsonObject:
        """The rule as a rule file holds it."""
        return {
            "id": self.id,
            "name": self.id,
            "rule_type_id": self.type,
            "consumer": "alerts",
            "schedule": {"interval": "1s"},
            "params": self._params(),
            "actions": [self._action(_ACTION_GROUP[self.type], "start"), self._action("recovered", "end")],
        }

    def _params(self) -> JsonObject:
        shared: JsonObject = {
            "index": [self.id],
            "timeField": "@timestamp",
            "timeWindowSize": self.window_s,
            "timeWindowUnit": "s",
            "threshold": [self.threshold],
            "thresholdComparator": ">",
            "aggType": "count",
            **({"groupBy": "top", "termField": "group", "termSize": 10} if self.is_grouped else {"groupBy": "all"}),
        }
        if self.type == ".index-threshold":
            return shared
        query = json.dumps({"query": {"match_all": {}}})
        return {
            **shared,
            "searchType": "esQuery",
            "esQuery": query,
            "size": 0,
            "excludeHitsFromPreviousRun": False,
        }

    def _action(self, group: str, kind: str) -> JsonObject:
        names = {"rule": "rule.id", "alert": "alert.id", "episode": "alert.uuid"}
        told = {"kind": kind, **{name: f"{{{{{variable}}}}}" for name, variable in names.items()}}
        return {
            "id": self.connector,
            "group": group,
            "frequency": {"summary": False, "notify_when": "onActionGroupChange", "throttle": None},
            "params": {"body": json.dumps(told)},
        }


TESTED_RULES = tuple(
    TestedRule(
        id=f"rule-{number:02}",
        type=(".index-threshold", ".es-query")[number % 2],
        window_s=(1, 2, 2)[number % 3],
        is_grouped=number % 4 < 2,
        connector=CONNECTORS[number // 4 % 2],
    )
    for number in range(_COUNT)
)
RULES_BY_ID = {rule.id: rule for rule in TESTED_RULES}
