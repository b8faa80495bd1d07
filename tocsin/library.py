"""The engine embedded in a program or a test: add documents and rules, move the clock, read what happened and why."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self, TypeVar

from engine.model.jsonvalue import JsonObject
from engine.model.notification import StoredNotification
from engine.model.rule import DEFAULT_SPACE
from engine.model.settings import EngineSettings
from engine.notify.explanation import explain
from engine.operations.presentation import rule_to_json
from engine.ports.clock import Clock, Ids
from engine.ports.connector import ConnectorType
from engine.ports.rule_type import RuleType
from engine.ports.search import SearchPort
from engine.ports.store import RuleKey
from engine.run.events import expand
from engine.search.local.engine import LocalSearch
from engine.service.clocks import ManualClock, random_id
from engine.service.connectors import PreconfiguredConnectors, build_connector
from engine.service.executor import RunReport
from engine.store.sqlite import open_store
from engine.timing.durations import parse_duration
from tocsin.composition import builtin_registry, compose

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert as recorded: ``document`` is its whole alert document with flat dotted keys."""

    id: str
    uuid: str
    status: str
    group: str | None
    start: str
    end: str | None
    is_flapping: bool
    document: JsonObject


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an action did or did not fire for an alert in one run. ``code`` is ``notified`` or what kept it back."""

    at: datetime
    alert_id: str | None
    action_uuid: str | None
    code: str
    facts: JsonObject
    text: str


class AsyncEngine:
    """The engine with its store, data and connectors, as an async context manager.

    ``clock``: a `ManualClock` (default, starting now) or a `SystemClock`. ``store``: an SQLAlchemy URL; by default
    everything is kept in memory. ``search``: a search backend; by default the embedded one, filled with
    `add_documents` and `add_files`. ``send``: False records notifications without sending them.
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
        stored = await self.parts.rules.create(body, space=self.space, rule_id=rule_id, at=self.clock.now(), actor=None)
        return rule_to_json(stored)

    async def rule(self, rule_id: str) -> JsonObject:
        """The rule as the API would return it. Raises NotFound."""
        return rule_to_json(await self.parts.rules.get(rule_id, space=self.space))

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
        while (due := await self.parts.service.next_due()) is not None and due <= end:
            self.clock.set(max(due, self.clock.now()))
            runs += await self.run_due()
        self.clock.set(end)
        return runs

    # what happened

    async def alerts(self, rule_id: str | None = None, *, status: str | None = None) -> list[AlertView]:
        """Recorded alerts, oldest first; ``status``: ``active``, ``recovered`` or ``untracked``."""
        documents = await self.parts.store.documents(self.space, rule_id=rule_id, limit=100_000)
        views = [_alert_view(document) for document in documents]
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
        return [event for trace in traces for event in expand(trace)]


class Engine(AbstractContextManager["Engine"]):
    """`AsyncEngine` for synchronous code: the same methods, each run to its end. Not for use inside a running loop."""

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
    ) -> None:
        self._runner = asyncio.Runner()

        async def make() -> AsyncEngine:
            engine = AsyncEngine(
                clock=clock,
                store=store,
                search=search,
                settings=settings,
                rule_types=rule_types,
                connector_types=connector_types,
                new_id=new_id,
                send=send,
                space=space,
            )
            return await engine.__aenter__()

        self.asynchronous = self._runner.run(make())
        self.clock = self.asynchronous.clock

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release everything; the engine cannot be used afterwards."""
        self._runner.run(self.asynchronous.close())
        self._runner.close()

    def call(self, function: Callable[[AsyncEngine], Coroutine[object, object, _T]]) -> _T:
        """Run an async function of the engine to its end, for what this face does not offer."""
        return self._runner.run(function(self.asynchronous))

    def add_documents(
        self, index: str, documents: Iterable[Mapping[str, object]], mapping: JsonObject | None = None
    ) -> None:
        """See `AsyncEngine.add_documents`."""
        self._runner.run(self.asynchronous.add_documents(index, documents, mapping))

    def add_files(
        self, index: str, globs: Sequence[str], *, mapping: JsonObject | None = None, follow: bool = False
    ) -> None:
        """See `AsyncEngine.add_files`."""
        self.asynchronous.add_files(index, globs, mapping=mapping, follow=follow)

    def add_connector(self, connector_id: str, connector_type_id: str, **definition: JsonObject) -> None:
        """See `AsyncEngine.add_connector`."""
        self.asynchronous.add_connector(connector_id, connector_type_id, **definition)

    def add_rule(self, body: JsonObject, rule_id: str | None = None) -> JsonObject:
        """See `AsyncEngine.add_rule`."""
        return self._runner.run(self.asynchronous.add_rule(body, rule_id))

    def rule(self, rule_id: str) -> JsonObject:
        """See `AsyncEngine.rule`."""
        return self._runner.run(self.asynchronous.rule(rule_id))

    def run_due(self) -> list[RunReport]:
        """See `AsyncEngine.run_due`."""
        return self._runner.run(self.asynchronous.run_due())

    def run_rule(self, rule_id: str) -> RunReport | None:
        """See `AsyncEngine.run_rule`."""
        return self._runner.run(self.asynchronous.run_rule(rule_id))

    def advance(self, by: str | timedelta) -> list[RunReport]:
        """See `AsyncEngine.advance`."""
        return self._runner.run(self.asynchronous.advance(by))

    def alerts(self, rule_id: str | None = None, *, status: str | None = None) -> list[AlertView]:
        """See `AsyncEngine.alerts`."""
        return self._runner.run(self.asynchronous.alerts(rule_id, status=status))

    def notifications(self, rule_id: str | None = None) -> list[StoredNotification]:
        """See `AsyncEngine.notifications`."""
        return self._runner.run(self.asynchronous.notifications(rule_id))

    def reasons(self, rule_id: str, alert_id: str | None = None) -> list[Reason]:
        """See `AsyncEngine.reasons`."""
        return self._runner.run(self.asynchronous.reasons(rule_id, alert_id))

    def events(self, rule_id: str | None = None) -> list[JsonObject]:
        """See `AsyncEngine.events`."""
        return self._runner.run(self.asynchronous.events(rule_id))


def _alert_view(document: JsonObject) -> AlertView:
    return AlertView(
        id=document["kibana.alert.instance.id"],
        uuid=document["kibana.alert.uuid"],
        status=document["kibana.alert.status"],
        group=document.get("kibana.alert.action_group"),
        start=document["kibana.alert.start"],
        end=document.get("kibana.alert.end"),
        is_flapping=document["kibana.alert.flapping"],
        document=document,
    )
