"""The one place where the engine is put together with its rule types and connectors."""

import os
import random
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import entry_points
from typing import Any

from connectors.builtin import builtin_connector_types
from engine.model.settings import EngineSettings
from engine.operations.connector_executions import ConnectorExecutions
from engine.operations.connectors import ConnectorOperations
from engine.operations.data_views import DataViewOperations
from engine.operations.rules import Rules
from engine.operations.spaces import Spaces
from engine.operations.windows import MaintenanceWindows
from engine.ports.clock import Clock, Ids
from engine.ports.connector import ConnectorType
from engine.ports.http import HttpClient
from engine.ports.registry import Registry
from engine.ports.rule_type import RuleType
from engine.ports.search import SearchPort
from engine.ports.store import Store
from engine.security.policy import Security
from engine.service.access_tokens import SealedTokens
from engine.service.clocks import random_id
from engine.service.connector_breaker import ConnectorBreaker
from engine.service.connector_directory import SpaceConnectors
from engine.service.connector_execution import ConnectorRunner
from engine.service.connector_recording import RecordedRunner
from engine.service.connectors import PreconfiguredConnectors
from engine.service.delivery import Delivery
from engine.service.document_mirror import DocumentMirror
from engine.service.executor import Executor
from engine.service.observers import Observers
from engine.service.owners import OwnerRights
from engine.service.rate_limiter import RateLimiter
from engine.service.service import Service
from engine.vault.vault import AeadVault
from rule_types.builtin import builtin_rule_types
from tocsin.lazy_http import LazyHttpClient


@dataclass(frozen=True, slots=True)
class Parts:
    """The engine's parts, put together. Whoever composed them opens and closes store, search and HTTP client."""

    store: Store
    search: SearchPort
    registry: Registry
    connectors: PreconfiguredConnectors
    http: HttpClient
    clock: Clock
    new_id: Ids
    settings: EngineSettings
    executor: Executor
    service: Service
    rules: Rules
    directory: SpaceConnectors
    runner: ConnectorRunner
    vault: AeadVault
    security: Security
    observers: Observers
    mirror: DocumentMirror | None = None

    @property
    def windows(self) -> MaintenanceWindows:
        """The operations on maintenance windows."""
        return MaintenanceWindows(self.store, self.new_id)

    @property
    def connector_operations(self) -> ConnectorOperations:
        """The operations on connectors."""
        return ConnectorOperations(
            store=self.store,
            registry=self.registry,
            directory=self.directory,
            vault=self.vault,
            settings=self.settings,
            new_id=self.new_id,
            http=self.http,
        )

    @property
    def connector_executions(self) -> ConnectorExecutions:
        """Executions of connectors on behalf of users."""
        execute = RecordedRunner(self.runner, self.store, self.clock, self.new_id)
        return ConnectorExecutions(self.directory, self.registry, self.settings, execute)

    @property
    def spaces(self) -> Spaces:
        """The operations on spaces."""
        return Spaces(self.store, self.rules)

    @property
    def data_views(self) -> DataViewOperations:
        """The operations on data views."""
        return DataViewOperations(self.store, self.new_id)


def builtin_registry(
    rule_types: Iterable[RuleType] = (),
    connector_types: Iterable[ConnectorType] = (),
    *,
    boundaries_max_age: timedelta | None = None,
) -> Registry:
    """The built-in types, those that installed packages offer by entry points, and more.

    ``boundaries_max_age``: how long rules of the type ``.geo-containment`` use boundaries once found; None = for ever.
    """
    registry = Registry()
    for rule_type in (*builtin_rule_types(boundaries_max_age), *_plugged_in("tocsin.rule_types"), *rule_types):
        registry.add_rule_type(rule_type)
    for connector_type in (*builtin_connector_types(), *_plugged_in("tocsin.connectors"), *connector_types):
        registry.add_connector_type(connector_type)
    return registry


def _plugged_in(group: str) -> Iterable[Any]:
    """What entry points of the group name: an instance, or a class or function that makes one."""
    for entry_point in entry_points(group=group):
        loaded = entry_point.load()
        yield loaded() if callable(loaded) else loaded


def compose(
    *,
    store: Store,
    search: SearchPort,
    registry: Registry,
    connectors: PreconfiguredConnectors,
    clock: Clock,
    settings: EngineSettings,
    new_id: Ids = random_id,
    is_dry: bool = False,
    owner: str | None = None,
    document_index: str | None = None,
    vault: AeadVault | None = None,
    http: HttpClient | None = None,
) -> Parts:
    """Wire the parts. ``is_dry``: notifications are recorded and never sent.

    ``owner`` stands in the leases that are taken; None = a name that only this process has. ``document_index``: alert
    documents are written into this index of ``search``, too. ``vault`` None: there is no key, so that stored connectors
    can be neither made nor used. ``http`` None: the one of the settings.
    """
    http = http or LazyHttpClient(settings.http)
    owner = owner or f"{socket.gethostname()}:{os.getpid()}"
    vault = vault or AeadVault()
    directory = SpaceConnectors(store, connectors)
    security = Security(store)
    tokens = SealedTokens(store, vault)
    limiter = RateLimiter(settings.rate_limits)
    runner = ConnectorRunner(
        registry,
        http,
        settings.http,
        search=search,
        vault=vault,
        tokens=tokens,
        limiter=limiter,
        breaker=None if settings.breaker is None else ConnectorBreaker(settings.breaker),
    )
    observers = Observers()
    executor = Executor(
        store=store,
        search=search,
        registry=registry,
        connectors=directory,
        clock=clock,
        new_id=new_id,
        settings=settings,
        is_dry=is_dry,
        owners=OwnerRights(security),
        observers=observers,
    )
    delivery = Delivery(
        store=store,
        directory=directory,
        runner=runner,
        clock=clock,
        settings=settings,
        random=random.random,
        owner=owner,
        observers=observers,
    )
    mirror = None
    if document_index is not None:
        mirror = DocumentMirror(store=store, search=search, index=document_index, name=document_index)
    service = Service(
        store=store,
        executor=executor,
        delivery=None if is_dry else delivery,
        settings=settings,
        owner=owner,
        mirror=mirror,
        observers=observers,
    )
    rules = Rules(store=store, registry=registry, connectors=directory, settings=settings, new_id=new_id)
    return Parts(
        store=store,
        search=search,
        registry=registry,
        connectors=connectors,
        http=http,
        clock=clock,
        new_id=new_id,
        settings=settings,
        executor=executor,
        service=service,
        rules=rules,
        directory=directory,
        runner=runner,
        vault=vault,
        security=security,
        observers=observers,
        mirror=mirror,
    )
