"""The engine for synchronous code."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from types import TracebackType
from typing import TypeVar

from engine.model.jsonvalue import JsonObject
from engine.model.notification import StoredNotification
from engine.model.rule import DEFAULT_SPACE
from engine.model.settings import EngineSettings
from engine.ports.clock import Clock, Ids
from engine.ports.connector import ConnectorType
from engine.ports.rule_type import RuleType
from engine.ports.search import SearchPort
from engine.service.clocks import random_id
from engine.service.runs import RunReport
from tocsin.library import AsyncEngine
from tocsin.views import AlertView, Reason

_T = TypeVar("_T")


class Engine(AbstractContextManager["Engine"]):
    """`AsyncEngine` for synchronous code: the same methods, each run to its end. Not for use inside an event loop."""

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
        _refuse_running_loop()
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

        try:
            self.asynchronous = self._runner.run(make())
        except BaseException:
            self._runner.close()
            raise
        self.clock = self.asynchronous.clock

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release everything; the engine cannot be used afterwards."""
        try:
            self._runner.run(self.asynchronous.close())
        finally:
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

    def update_rule(self, rule_id: str, body: JsonObject) -> JsonObject:
        """See `AsyncEngine.update_rule`."""
        return self._runner.run(self.asynchronous.update_rule(rule_id, body))

    def delete_rule(self, rule_id: str) -> None:
        """See `AsyncEngine.delete_rule`."""
        self._runner.run(self.asynchronous.delete_rule(rule_id))

    def enable_rule(self, rule_id: str) -> JsonObject:
        """See `AsyncEngine.enable_rule`."""
        return self._runner.run(self.asynchronous.enable_rule(rule_id))

    def disable_rule(self, rule_id: str, *, untrack: bool = False) -> JsonObject:
        """See `AsyncEngine.disable_rule`."""
        return self._runner.run(self.asynchronous.disable_rule(rule_id, untrack=untrack))

    def mute(self, rule_id: str, alert_id: str | None = None) -> JsonObject:
        """See `AsyncEngine.mute`."""
        return self._runner.run(self.asynchronous.mute(rule_id, alert_id))

    def unmute(self, rule_id: str, alert_id: str | None = None) -> JsonObject:
        """See `AsyncEngine.unmute`."""
        return self._runner.run(self.asynchronous.unmute(rule_id, alert_id))

    def add_data_view(self, spec: JsonObject) -> JsonObject:
        """See `AsyncEngine.add_data_view`."""
        return self._runner.run(self.asynchronous.add_data_view(spec))

    def add_maintenance_window(self, body: JsonObject, window_id: str | None = None) -> JsonObject:
        """See `AsyncEngine.add_maintenance_window`."""
        return self._runner.run(self.asynchronous.add_maintenance_window(body, window_id))

    def snooze(self, rule_id: str, snooze: JsonObject) -> JsonObject:
        """See `AsyncEngine.snooze`."""
        return self._runner.run(self.asynchronous.snooze(rule_id, snooze))

    def unsnooze(self, rule_id: str, *snooze_ids: str) -> JsonObject:
        """See `AsyncEngine.unsnooze`."""
        return self._runner.run(self.asynchronous.unsnooze(rule_id, *snooze_ids))

    def untrack(self, rule_id: str, *alert_ids: str) -> JsonObject:
        """See `AsyncEngine.untrack`."""
        return self._runner.run(self.asynchronous.untrack(rule_id, *alert_ids))

    def set_flapping(
        self, *, enabled: bool = True, look_back_window: int = 20, status_change_threshold: int = 4
    ) -> None:
        """See `AsyncEngine.set_flapping`."""
        self._runner.run(
            self.asynchronous.set_flapping(
                enabled=enabled, look_back_window=look_back_window, status_change_threshold=status_change_threshold
            )
        )

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


def _refuse_running_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError("Engine cannot work inside a running event loop; use AsyncEngine there")
