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
    "connectorForbidden",
    "connectorSecretsMissing",
    "systemActionUnsupported",
    "paramsTooLarge",
]

EXPLANATIONS: Mapping[ReasonCode, str] = {
    "notified": "The action fired: its notification was queued.",
    "ruleMuted": "The whole rule is muted, so no action was considered; unmute it to be told of what is active then.",
    "ruleSnoozed": "The whole rule is snoozed, so no action was considered; what outlives the snooze is told then.",
    "runCancelled": "The run was cancelled at its time limit, so no action was considered; it needs a faster search or "
    "a longer limit.",
    "maintenanceWindow": "The alert became new during a maintenance window that has not ended; if it is still active "
    "when that ends, it is told then.",
    "muted": "The alert is muted; unmute it to be told of it while it is active.",
    "delayed": "The alert has not matched in enough consecutive runs for the rule's alert delay; once it has, it is "
    "told.",
    "pendingRecovery": "The alert did not match in this run and is only held active, since it is flapping; the action "
    "fires when it matches again.",
    "noAlertDocuments": "The action needs alert documents, which the rule type does not keep; it works without "
    "summary, filter and alert data.",
    "filterFailed": "The action's filter cannot be evaluated here; the action runs once the filter is changed.",
    "filterNotMatched": "The alert does not match the action's filter; it notifies once its document does.",
    "outsideTimeframe": "The action's filter names other days or hours; it fires in those if the alert is active then.",
    "nothingReported": "The alert was not reported in this run, which reached the alert limit; it is judged again once "
    "the rule finds fewer alerts or the limit is raised.",
    "unknownGroup": "The alert was reported with an action group that its rule type does not have; the rule type must "
    "be mended.",
    "groupMismatch": "The action is for another action group than the one the alert was reported with; this one needs "
    "an action of its own.",
    "actionGroupHasNotChanged": "The alert already notified for this action group and has not changed since; it "
    "notifies when its group changes, or when it is back after a recovery.",
    "throttled": "The last notification is more recent than the throttle allows; the next can go out when that ends.",
    "nothingToSummarize": "Nothing is left to sum up: all alerts are muted, delayed, in a window or filtered out; a "
    "summary goes out once one of them is not.",
    "limitReached": "The run or the queue had no room for another action; raise the limit, or let fewer actions fire.",
    "connectorDisabled": "The connector's type is disabled or not allowed; allow it, or use another connector.",
    "connectorMissing": "The action's connector does not exist; add it to the settings, or use another one.",
    "connectorForbidden": "The rule's owner may not use connectors any more; give the owner a role with the feature "
    "actions, or let somebody who has one update the rule.",
    "connectorSecretsMissing": "The action's connector lacks its secrets; add them to the settings.",
    "systemActionUnsupported": "The connector is a system action, for which this program has no adapter; use a "
    "connector of another type.",
    "paramsTooLarge": "The message was too large to be queued; shorten its templates, or what they show.",
}
"""Every code in one sentence: what is so; and, where nobody was notified, what would have to change."""

Fact: TypeAlias = str | int | tuple[str, ...]


class Reason(NamedTuple):
    """A code with its facts (name, value). Hashable, so that equal decisions can be counted together."""

    code: ReasonCode
    facts: tuple[tuple[str, Fact], ...] = ()

    def facts_as_json(self) -> JsonObject:
        """The facts as a JSON object: tuples become arrays."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in self.facts}
