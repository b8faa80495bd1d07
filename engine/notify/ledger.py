"""The decision ledger of one run: equal decisions share one entry."""

from collections import defaultdict

from engine.model.notification import LedgerEntry
from engine.notify.reasons import Reason


class LedgerDraft:
    """Collects decisions; entries come out in the order in which action and reason were first met."""

    def __init__(self) -> None:
        self._by_action: dict[str, defaultdict[Reason, list[str]]] = {}

    def of_action(self, action_uuid: str) -> defaultdict[Reason, list[str]]:
        """The action's decisions so far: reason -> alert ids. Append to it."""
        return self._by_action.setdefault(action_uuid, defaultdict(list))

    def entries(self) -> list[LedgerEntry]:
        """One entry for each (action, reason with its facts)."""
        return [
            LedgerEntry(action_uuid, reason.code, tuple(alert_ids), reason.facts_as_json())
            for action_uuid, by_reason in self._by_action.items()
            for reason, alert_ids in by_reason.items()
        ]
