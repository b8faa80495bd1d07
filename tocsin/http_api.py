"""The HTTP API over the engine's parts: which resources there are, in one list."""

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.api import (
    alerts,
    backfills,
    bulk,
    cases,
    connector_log,
    connectors,
    data_view_specs,
    data_views,
    explanations,
    find,
    health,
    internal_rules,
    internal_windows,
    metrics,
    notifications,
    prometheus,
    reference,
    roles,
    rule_files,
    rule_history,
    rule_overview,
    rule_types,
    rules,
    space_settings,
    spaces,
    status,
    trials,
    vitality,
    windows,
)
from engine.api.app import (
    Api,
    Authenticate,
    HandOver,
    ignore_changes,
    let_in_anybody,
    stay,
)
from engine.api.metrics import Metrics
from engine.api.route import Route
from engine.api.settings import ApiSettings
from engine.api.status import Level
from engine.api.trials import Trials
from engine.operations.cases import Cases
from engine.operations.field_lists import FieldLists
from engine.operations.health import Protection
from engine.operations.reference_swap import ReferenceSwaps
from engine.operations.roles import Roles
from engine.service.clocks import random_id
from engine.service.pulse import Pulse
from tocsin.composition import Parts
from tocsin.trial import Trial


def _always_available() -> Level:
    return "available"


@dataclass(frozen=True, slots=True)
class ApiContext:
    """What the API needs to know besides the parts.

    ``authenticate``, ``hand_over``, ``on_change`` as in `engine.api.app`; ``level`` tells how the
    service is. ``pulse`` and ``metrics`` observe it, once they are added to the parts' observers.
    """

    settings: ApiSettings = field(default_factory=ApiSettings)
    authenticate: Authenticate = let_in_anybody
    hand_over: HandOver = stay
    on_change: Callable[[], None] = ignore_changes
    protection: Protection = field(default_factory=Protection)
    level: Callable[[], Level] = _always_available
    pulse: Pulse = field(default_factory=Pulse)
    metrics: Metrics = field(default_factory=Metrics)


def build_api(parts: Parts, context: ApiContext) -> Api:
    """The application that serves the parts."""
    return Api(
        api_routes(parts, context),
        now=parts.clock.now,
        new_id=random_id,
        settings=context.settings,
        authenticate=context.authenticate,
        space_exists=parts.spaces.exists,
        hand_over=context.hand_over,
        on_change=context.on_change,
        on_answer=context.metrics.answered,
    )


def api_routes(parts: Parts, context: ApiContext) -> tuple[Route, ...]:
    """The routes of all resources, and of the reference that tells of them."""
    served = _resources(parts, context)
    return (*served, *reference.routes(served))


def _resources(parts: Parts, context: ApiContext) -> tuple[Route, ...]:
    return (
        *rules.routes(parts.rules),
        *find.routes(parts.rules),
        *bulk.routes(parts.rules, parts.store, parts.settings),
        *rule_overview.routes(parts.rules, parts.store, parts.registry, parts.settings),
        *rule_history.routes(parts.rules, parts.store, parts.registry, parts.settings),
        *internal_rules.routes(parts.rules, parts.store, parts.registry),
        *backfills.routes(parts.rules),
        *rule_types.routes(parts.registry, parts.settings),
        *connectors.routes(parts.connector_operations, parts.connector_executions, parts.registry, parts.settings),
        *connector_log.routes(parts.store),
        *data_views.routes(
            parts.data_views,
            FieldLists(parts.search, parts.clock.monotonic),
            ReferenceSwaps(parts.store, parts.registry),
        ),
        *(_windows(parts) if context.settings.offers_windows else ()),
        *space_settings.routes(parts.store),
        *spaces.routes(parts.spaces),
        *roles.routes(Roles(parts.store)),
        *cases.routes(Cases(parts.store)),
        *health.routes(parts.store, parts.registry, parts.settings, context.protection),
        *status.routes(context.settings, random_id(), context.level),
        *trials.routes(_trials(parts)),
        *explanations.routes(parts.rules, parts.store),
        *rule_files.routes(parts.rules),
        *alerts.routes(parts.store, parts.registry, parts.settings),
        *data_view_specs.routes(parts.data_views),
        *notifications.routes(parts.store, parts.registry),
        *prometheus.routes(parts.rules, parts.store),
        *vitality.routes(context.pulse, parts.store),
        *metrics.routes(context.metrics, context.pulse, parts.store),
    )


def _windows(parts: Parts) -> tuple[Route, ...]:
    return (*windows.routes(parts.windows), *internal_windows.routes(parts.windows))


def _trials(parts: Parts) -> Trials:
    return Trials(
        store=parts.store,
        registry=parts.registry,
        connectors=parts.directory,
        settings=parts.settings,
        service=parts.service,
        try_rule=Trial(parts),
    )
