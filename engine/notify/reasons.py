"""Reasons: why an action fired or was kept back, as stored in the decision ledger.

Codes are stable: people search the ledger for them and `tocsin why` explains them.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from engine.model.jsonvalue import JsonObject

ReasonCode = Literal[
    "notified",
    "ruleMuted",
    "ruleSnoozed",
    "runCancelled",
    "maintenanceWindow",
    "muted",
    "delayed",
    "pendingRecovery",
    "noAlertDocuments",
    "filterFailed",
    "filterNotMatched",
    "outsideTimeframe",
    "nothingReported",
    "unknownGroup",
    "groupMismatch",
    "actionGroupHasNotChanged",
    "throttled",
    "nothingToSummarize",
    "limitReached",
    "connectorDisabled",
    "connectorMissing",
    "connectorSecretsMissing",
    "systemActionUnsupported",
]

EXPLANATIONS: Mapping[ReasonCode, str] = {
    "notified": "The action fired: its notification was queued.",
    "ruleMuted": "The whole rule is muted, so no action was considered.",
    "ruleSnoozed": "The whole rule is snoozed, so no action was considered.",
    "runCancelled": "The run was cancelled at its time limit, so no action was considered.",
    "maintenanceWindow": "The alert became new during a maintenance window that has not ended.",
    "muted": "The alert is muted.",
    "delayed": "The alert has not matched in enough consecutive runs for the rule's alert delay.",
    "pendingRecovery": "The alert is flapping and only held active; it did not match in this run.",
    "noAlertDocuments": "The action needs alert documents, which the rule type does not keep.",
    "filterFailed": "The action's filter cannot be evaluated here; the action runs once the filter is changed.",
    "filterNotMatched": "The alert does not match the action's filter; it notifies once its document does.",
    "outsideTimeframe": "The action's filter names other days or hours; it fires in those if the alert is active then.",
    "nothingReported": "The alert was not reported in this run, which reached the alert limit.",
    "unknownGroup": "The alert was reported with an action group that its rule type does not have.",
    "groupMismatch": "The action is for another action group than the one the alert was reported with.",
    "actionGroupHasNotChanged": "The alert already notified for this action group and has not changed since.",
    "throttled": "The last notification is more recent than the throttle allows.",
    "nothingToSummarize": "Nothing is left to sum up: the alerts are muted, delayed, in a window or filtered out.",
    "limitReached": "The run or the queue had no room for another action.",
    "connectorDisabled": "The connector's type is disabled or not allowed.",
    "connectorMissing": "The action's connector does not exist.",
    "connectorSecretsMissing": "The action's connector lacks its secrets.",
    "systemActionUnsupported": "The connector is a system action, for which this program has no adapter.",
}
"""Every code in one sentence."""

Fact: TypeAlias = str | int | tuple[str, ...]


class Reason(NamedTuple):
    """A code with its facts (name, value). Hashable, so that equal decisions can be counted together."""

    code: ReasonCode
    facts: tuple[tuple[str, Fact], ...] = ()

    def facts_as_json(self) -> JsonObject:
        """The facts as a JSON object: tuples become arrays."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in self.facts}
