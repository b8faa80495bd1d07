"""The search of a rule over a data view (rule-type-es-query.md 6.4, data-views.md 6)."""

from dataclasses import dataclass

from engine.model.data_view import DataView
from engine.model.errors import InvalidInput, RunError
from engine.model.jsonvalue import JsonObject
from engine.model.settings import QuerySettings
from engine.ports.rule_type import EvaluationContext
from engine.ports.search import FieldCapsRequest, SearchRequest
from engine.query.assembly import Assembly, assemble
from engine.query.data_view_spec import runtime_mappings
from engine.query.errors import FilterError, KqlError
from engine.query.field import Field, FieldList
from engine.query.field_caps import read_field_caps, with_surrounding_objects
from engine.query.filters import DataViewFields
from engine.query.options import options_of
from rule_types.es_query.configuration import Configuration, read_configuration
from rule_types.es_query.evaluator import Asked
from rule_types.es_query.params import SearchSourceParams
from rule_types.es_query.request import RANGE_FORMAT, SORT_FORMAT, Aggregations
from rule_types.es_query.wording import SearchWording
from rule_types.time_window import TimeWindow


@dataclass(frozen=True, slots=True)
class _Compiled:
    """What stays the same while the data view, its fields and the settings do."""

    view: DataView
    time_field: str
    fields: tuple[Field, ...]
    settings: QuerySettings
    assembly: Assembly
    body: JsonObject
    wording: SearchWording


class DataViewSearching:
    """Compiles the query against the data view as it is, and anew only when that or its fields change."""

    def __init__(self, params: SearchSourceParams) -> None:
        self._params = params
        self._aggregations = Aggregations(params)
        self._read: tuple[QuerySettings, Configuration] | None = None
        self._compiled: _Compiled | None = None

    async def ask(
        self, context: EvaluationContext, window: TimeWindow, seen_until: str | None, alert_limit: int
    ) -> Asked:
        """The search for a window; documents up to ``seen_until`` are left out if that lies in it.

        Raises RunError, caused by the user, for a missing data view or time field and for queries that cannot be.
        """
        configuration = self._configuration(context.query)
        compiled = await self._compile(context, configuration)
        bounds = [{"gte": window.start, "lte": window.end}]
        if seen_until is not None and seen_until > window.start:
            bounds.append({"gt": seen_until})
        times = [{"range": {compiled.time_field: {**each, "format": RANGE_FORMAT}}} for each in bounds]
        parts = compiled.assembly.query["bool"]
        query = {"bool": {**parts, "filter": [*parts["filter"], *times]}}
        body = {**compiled.body, "query": query, "aggs": self._aggregations.within(alert_limit)}
        request = SearchRequest((compiled.view.title,), body, ignore_unavailable=True, allow_no_indices=True)
        return Asked(request, compiled.wording, compiled.assembly.warnings)

    def _configuration(self, settings: QuerySettings) -> Configuration:
        if self._read is None or self._read[0] is not settings:
            try:
                read = read_configuration(self._params.search_configuration, options_of(settings))
            except InvalidInput as error:
                raise _user_error(str(error)) from None
            self._read = settings, read
        return self._read[1]

    async def _compile(self, context: EvaluationContext, configuration: Configuration) -> _Compiled:
        view = await _find(context, configuration)
        if view.time_field is None:
            raise _user_error(f"data view [{view.id}] has no time field: give it one, rules search by time")
        names = with_surrounding_objects([*configuration.names, view.time_field])
        asked = FieldCapsRequest((view.title,), names, ignore_unavailable=True)
        fields = read_field_caps(await context.search.field_caps(asked), view.runtime_types)
        known = self._compiled
        if known and (known.view, known.fields, known.settings) == (view, fields.fields, context.query):
            return known
        if fields.named(view.time_field) is None:
            gone = f"names the time field [{view.time_field}], which is gone from its indices [{view.title}]"
            raise _user_error(f"data view [{view.id}] {gone}")
        self._compiled = self._compiled_for(view, view.time_field, fields, configuration, context.query)
        return self._compiled

    def _compiled_for(
        self, view: DataView, time_field: str, fields: FieldList, configuration: Configuration, settings: QuerySettings
    ) -> _Compiled:
        try:
            assembly = assemble(
                configuration.queries,
                configuration.filters,
                view=DataViewFields(fields, view.id),
                options=options_of(settings),
            )
        except (KqlError, FilterError) as error:
            raise _user_error(f"searchConfiguration: {error}") from None
        wording = SearchWording(self._params, f"data view {view.name}")
        return _Compiled(view, time_field, fields.fields, settings, assembly, self._body(view, time_field), wording)

    def _body(self, view: DataView, time_field: str) -> JsonObject:
        """Everything about the request but its query and aggregations."""
        is_grouped = bool(self._params.group_fields)
        body: JsonObject = {
            "size": 0 if is_grouped else self._params.size,
            "sort": [{time_field: {"order": "desc", "format": SORT_FORMAT}}],
        }
        if not is_grouped:
            body["track_total_hits"] = True
        if view.runtime_fields:
            body["runtime_mappings"] = runtime_mappings(view)
        if view.source_filters:
            body["_source"] = {"excludes": [each["value"] for each in view.source_filters]}
        return body


async def _find(context: EvaluationContext, configuration: Configuration) -> DataView:
    if isinstance(configuration.view, DataView):
        return configuration.view
    view = await context.data_views.find(context.space, configuration.view)
    if view is None:
        raise _user_error(
            f"data view [index-pattern/{configuration.view}] not found: make one with that id, or name another"
        )
    return view


def _user_error(message: str) -> RunError:
    return RunError("execute", message, user_caused=True)
