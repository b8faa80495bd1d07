"""The engine embedded in a program or a test: add documents and rules, move the clock, read what happened and why."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from types import TracebackType
from typing import Self, TypedDict

from engine.model.jsonvalue import JsonObject
from engine.model.notification import StoredNotification
from engine.model.rule import DEFAULT_SPACE
from engine.model.settings import EngineSettings
from engine.notify.explanation import explain
from engine.operations.presentation import rule_to_json
from engine.operations.settings import put_flapping
from engine.operations.window_form import window_to_json
from engine.ports.clock import Clock, Ids
from engine.ports.connector import ConnectorType
from engine.ports.rule_type import RuleType
from engine.ports.search import SearchPort
from engine.ports.store import RuleKey, StoredRule
from engine.query.data_view_spec import spec_of
from engine.run.events import expand_all
from engine.search.local.engine import LocalSearch
from engine.service.clocks import ManualClock, random_id
from engine.service.connectors import PreconfiguredConnectors, build_connector
from engine.service.runs import RunReport
from engine.store.connections import file_of
from engine.store.sqlite import open_store
from engine.timing.durations import parse_duration
from engine.vault.vault import AeadVault
from tocsin.composition import builtin_registry, compose
from tocsin.views import AlertView, Reason, view_alert


class _ByUser(TypedDict):
    """What every operation of a user is told: where, when, by whom."""

    space: str
    at: datetime
    actor: str | None


class AsyncEngine:
    """The engine with its store, data and connectors, as an async context manager.

    ``clock``: a `ManualClock` (default, starting now) or a `SystemClock`. ``store``: an SQLAlchemy URL; by default
    everything is kept in memory. ``search``: a search backend; by default the embedded one, filled with
    `add_documents` and `add_files`. ``send``: False records notifications without sending them. ``encryption_key``:
    seals the secrets of connectors in the store; one in memory needs none.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        store: str = "sqlite://",
        search: SearchPort | None = None,
        settings: EngineSettings | None = None,
        rule_types: Iterable[RuleType] = (),
        connector_types: Iterable[ConnectorType] = (),
        new_id: Ids = random_id,
        send: bool = True,
        space: str = DEFAULT_SPACE,
        encryption_key: str | None = None,
    ) -> None:
        self.clock = clock if clock is not None else ManualClock(datetime.now(UTC))
        self.space = space
        self._local = LocalSearch(self.clock.now) if search is None else None
        self.parts = compose(
            store=open_store(store),
            search=search or self._embedded,
            registry=builtin_registry(rule_types, connector_types),
            connectors=PreconfiguredConnectors(()),
            clock=self.clock,
            settings=settings or EngineSettings(),
            new_id=new_id,
            is_dry=not send,
            vault=_vault_of(store, encryption_key),
        )

    @property
    def _embedded(self) -> LocalSearch:
        if self._local is None:
            raise TypeError("documents can be added to the embedded search engine only; this engine searches elsewhere")
        return self._local

    async def __aenter__(self) -> Self:
        await self.parts.store.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self.parts.executor.drain()
        await self.parts.http.close()
        await self.parts.search.close()
        await self.parts.store.close()

    # data, connectors, rules

    async def add_documents(
        self, index: str, documents: Iterable[Mapping[str, object]], mapping: JsonObject | None = None
    ) -> None:
        """Append documents to an index of the embedded search engine; they are visible at once."""
        await self._embedded.add_documents(index, documents, mapping)

    def add_files(
        self, index: str, globs: Sequence[str], *, mapping: JsonObject | None = None, follow: bool = False
    ) -> None:
        """Let an index read NDJSON, JSON, CSV or Parquet files; with ``follow`` lines appended later too."""
        self._embedded.add_files(index, globs, mapping=mapping, follow=follow)

    def add_connector(self, connector_id: str, connector_type_id: str, **definition: JsonObject) -> None:
        """Add a connector; ``config`` and ``secrets`` as its type wants them. Raises InvalidInput."""
        body = {"id": connector_id, "name": connector_id, "connector_type_id": connector_type_id, **definition}
        parts = self.parts
        self.parts.connectors.add(
            build_connector(body, registry=parts.registry, settings=parts.settings.http, is_preconfigured=True)
        )

    async def add_rule(self, body: JsonObject, rule_id: str | None = None) -> JsonObject:
        """Create a rule from the create body of Kibana's API; the stored rule as the API would return it."""
        return self._shown(await self.parts.rules.create(body, rule_id=rule_id, **self._by_user()))

    async def rule(self, rule_id: str) -> JsonObject:
        """The rule as the API would return it. Raises NotFound."""
        return self._shown(await self.parts.rules.get(rule_id, space=self.space))

    async def update_rule(self, rule_id: str, body: JsonObject) -> JsonObject:
        """Change a rule by the update body of Kibana's API; the rule as the API would return it."""
        return self._shown(await self.parts.rules.update(rule_id, body, **self._by_user()))

    async def delete_rule(self, rule_id: str) -> None:
        """Remove a rule; its alerts become untracked, what it recorded stays."""
        await self.parts.rules.delete(rule_id, **self._by_user())

    async def enable_rule(self, rule_id: str) -> JsonObject:
        """Enable a rule; it runs at once."""
        return self._shown(await self.parts.rules.enable(rule_id, **self._by_user()))

    async def disable_rule(self, rule_id: str, *, untrack: bool = False) -> JsonObject:
        """Disable a rule; with ``untrack`` its alerts are let go, else they go on once it is enabled again."""
        return self._shown(await self.parts.rules.disable(rule_id, untrack=untrack, **self._by_user()))

    async def mute(self, rule_id: str, alert_id: str | None = None) -> JsonObject:
        """Keep a rule's actions silent, all of them or those for one alert."""
        rules = self.parts.rules
        if alert_id is None:
            return self._shown(await rules.mute_all(rule_id, **self._by_user()))
        return self._shown(await rules.mute_alert(rule_id, alert_id, validate_existence=False, **self._by_user()))

    async def unmute(self, rule_id: str, alert_id: str | None = None) -> JsonObject:
        """End `mute`; without ``alert_id`` the mutes of single alerts too."""
        rules = self.parts.rules
        if alert_id is None:
            return self._shown(await rules.unmute_all(rule_id, **self._by_user()))
        return self._shown(await rules.unmute_alert(rule_id, alert_id, **self._by_user()))

    async def snooze(self, rule_id: str, snooze: JsonObject) -> JsonObject:
        """Silence a whole rule by a snooze of ``duration`` (ms) and ``rRule``, with an ``id`` if it is to recur."""
        return self._shown(await self.parts.rules.snooze(rule_id, snooze, **self._by_user()))

    async def unsnooze(self, rule_id: str, *snooze_ids: str) -> JsonObject:
        """Remove snoozes by id; without ids, end whatever silences the whole rule now."""
        return self._shown(await self.parts.rules.unsnooze(rule_id, snooze_ids or None, **self._by_user()))

    async def untrack(self, rule_id: str, *alert_ids: str) -> JsonObject:
        """Let chosen active alerts of a rule go; if they still match, the next run makes new ones."""
        return self._shown(await self.parts.rules.untrack_alerts(rule_id, alert_ids, **self._by_user()))

    async def add_data_view(self, spec: JsonObject) -> JsonObject:
        """Create a data view from Kibana's spec object; the view as the API would return it. Raises InvalidInput."""
        return spec_of(await self.parts.data_views.create({"data_view": spec}, **self._by_user()))

    async def add_maintenance_window(self, body: JsonObject, window_id: str | None = None) -> JsonObject:
        """Create a maintenance window from the body of Kibana's API; the window as the API would return it."""
        window = await self.parts.windows.create(body, window_id=window_id, **self._by_user())
        return window_to_json(window, self.clock.now())

    async def set_flapping(
        self, *, enabled: bool = True, look_back_window: int = 20, status_change_threshold: int = 4
    ) -> None:
        """Change flapping detection for all rules without settings of their own, from their next runs on."""
        body = {
            "enabled": enabled,
            "look_back_window": look_back_window,
            "status_change_threshold": status_change_threshold,
        }
        await put_flapping(self.parts.store, self.space, body, at=self.clock.now(), actor=None)

    def _shown(self, stored: StoredRule) -> JsonObject:
        return rule_to_json(stored, at=self.clock.now())

    def _by_user(self) -> "_ByUser":
        return {"space": self.space, "at": self.clock.now(), "actor": None}

    # time

    async def run_due(self) -> list[RunReport]:
        """Run what is due now and deliver what is queued."""
        return (await self.parts.service.tick(self.clock.now())).runs

    async def run_rule(self, rule_id: str) -> RunReport | None:
        """Run one rule now, whatever its schedule says, and deliver what it queued; None if it is being run already."""
        runs = await self.parts.service.run_rules([RuleKey(self.space, rule_id)], self.clock.now())
        await self.parts.service.deliver(self.clock.now())
        return runs[0] if runs else None

    async def advance(self, by: str | timedelta) -> list[RunReport]:
        """Move the manual clock forward, running every rule in every slot on the way; the runs in order."""
        if not isinstance(self.clock, ManualClock):
            raise TypeError("only a ManualClock can be advanced; the system clock advances by itself")
        end = self.clock.now() + (parse_duration(by) if isinstance(by, str) else by)
        runs = await self.run_due()
        while (due := await self.parts.service.next_due(later_than=self.clock.now())) is not None and due <= end:
            self.clock.set(due)
            runs += await self.run_due()
        self.clock.set(max(end, self.clock.now()))
        return runs

    # what happened

    async def alerts(self, rule_id: str | None = None, *, status: str | None = None) -> list[AlertView]:
        """Recorded alerts, oldest first; ``status``: ``active``, ``recovered`` or ``untracked``."""
        documents = await self.parts.store.documents(self.space, rule_id=rule_id, limit=100_000)
        views = [view_alert(document) for document in documents]
        return [view for view in views if status is None or view.status == status]

    async def notifications(self, rule_id: str | None = None) -> list[StoredNotification]:
        """Everything that actions queued, rendered, with the story of its delivery; oldest first."""
        return await self.parts.store.notifications(self.space, rule_id=rule_id, limit=100_000)

    async def reasons(self, rule_id: str, alert_id: str | None = None) -> list[Reason]:
        """Why each action fired or did not, run by run; for one alert, or all."""
        ledgers = await self.parts.store.ledger(self.space, rule_id=rule_id, limit=100_000)
        return [
            Reason(ledger.at, alert, entry.action_uuid, entry.reason, entry.facts, explain(entry.reason, entry.facts))
            for ledger in ledgers
            for entry in ledger.entries
            for alert in entry.alert_ids or (None,)
            if alert_id is None or alert is None or alert == alert_id
        ]

    async def events(self, rule_id: str | None = None) -> list[JsonObject]:
        """The event log as Kibana would record it, oldest first."""
        traces = await self.parts.store.traces(self.space, rule_id=rule_id, limit=100_000)
        return expand_all(traces)


def _vault_of(store: str, encryption_key: str | None) -> AeadVault:
    """The vault of a store. What is in memory only is sealed by a key that ends with it."""
    if encryption_key is None and file_of(store) is None:
        encryption_key = token_urlsafe(48)
    return AeadVault([] if encryption_key is None else [encryption_key])
