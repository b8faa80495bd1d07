"""One run of a ``.geo-containment`` rule (rule-type-geo-containment.md 3)."""

from datetime import timedelta

from engine.model.errors import RunError, SearchError, SearchUnavailable
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.ports.rule_type import Evaluation, EvaluationContext, Report, Reports
from rule_types.answer import whole_answer
from rule_types.geo_containment.boundaries import OUTSIDE, Boundaries, BoundarySource
from rule_types.geo_containment.locations import (
    Locations,
    cut_boundaries,
    locations_from_state,
    locations_to_state,
    move,
    read_locations,
)
from rule_types.geo_containment.params import GeoContainmentParams
from rule_types.geo_containment.request import EntityRequestSkeleton
from rule_types.geo_containment.said import Said
from rule_types.partial_results import partial_result_warnings
from rule_types.time_window import TimeWindow

_LOCATIONS = "prevLocationMap"
_FIRST_WINDOW = timedelta(minutes=1)
_NOT_FETCHED = "containment could not be fetched"


class GeoContainmentEvaluator:
    """A rule compiled from its params. Holds no state of runs."""

    window = None
    """Every run looks at the time since the one before: there can be no gap."""
    is_window_delayed = False

    def __init__(self, params: GeoContainmentParams, boundaries_max_age: timedelta | None = None) -> None:
        self._date_field, self._geo_field = params.date_field, params.geo_field
        self._source = BoundarySource(params, boundaries_max_age)
        self._request = EntityRequestSkeleton(params)

    async def evaluate(self, context: EvaluationContext) -> Evaluation:
        """Search, report who is inside, remember where everybody is. Raises RunError and SearchUnavailable."""
        alert_limit = context.reports.ask_limit()
        kept = self._source.kept(context.state, context.at)
        boundaries = kept or await self._source.fetch(context.search, context.at)
        try:
            answer = await self._find_entities(context, boundaries)
        except SearchError as error:
            if kept is None:
                raise RunError("execute", f"{_NOT_FETCHED}: {error}") from error
            # A boundary that was deleted meanwhile makes every search fail.
            boundaries = await self._source.fetch(context.search, context.at)
            answer = await self._find_entities_again(context, boundaries)

        movement = move(locations_from_state(context.state.get(_LOCATIONS)), self._read(answer))
        said = Said(boundaries.names, context.at)
        _report(_alerts(said, movement.seen), context.reports, alert_limit)
        partial = [*boundaries.warnings, *partial_result_warnings(answer)]
        warnings = partial + _cut_warnings(answer, boundaries)
        return Evaluation(
            state=self._source.remember(boundaries) | {_LOCATIONS: locations_to_state(movement.active)},
            warnings=warnings,
            outcome_message=warnings[-1] if warnings else None,
            recover=lambda candidate: said.recovery(candidate, movement),
            hold_recoveries=bool(partial) and context.no_recovery_on_partial_results,
        )

    async def _find_entities(self, context: EvaluationContext, boundaries: Boundaries) -> JsonObject:
        """The answer to the entity search. Raises SearchError."""
        start = context.previous_started_at or context.at - _FIRST_WINDOW
        request = self._request.request(TimeWindow(iso(start), iso(context.at)), boundaries.filters)
        try:
            return whole_answer(await context.search.search(request))
        except SearchUnavailable as error:
            raise SearchUnavailable(f"{_NOT_FETCHED}: {error}") from error

    async def _find_entities_again(self, context: EvaluationContext, boundaries: Boundaries) -> JsonObject:
        try:
            return await self._find_entities(context, boundaries)
        except SearchError as error:
            raise RunError("execute", f"{_NOT_FETCHED}, not with fresh boundaries either: {error}") from error

    def _read(self, answer: JsonObject) -> Locations:
        return read_locations(answer, date_field=self._date_field, geo_field=self._geo_field)


def _alerts(said: Said, seen: Locations) -> list[Report]:
    """An alert for every entity and boundary; of those with one id the last counts."""
    alerts: dict[str, Report] = {}
    for entity, locations in seen.items():
        for location in locations:
            if not location.is_outside:
                alert = said.report(entity, location)
                alerts[alert.id] = alert
    return list(alerts.values())


def _report(alerts: list[Report], reports: Reports, limit: int) -> None:
    for alert in alerts[:limit]:
        reports.add(alert)
    reports.declare_limit_reached(len(alerts) > limit)


def _cut_warnings(answer: JsonObject, boundaries: Boundaries) -> list[str]:
    cut = [
        "outside all boundaries" if boundary_id == OUTSIDE else f"in [{boundaries.name_of(boundary_id)}]"
        for boundary_id in cut_boundaries(answer)
    ]
    return [f"there are more entities than one search can tell: {', '.join(cut)}"] if cut else []
