"""The search port on a cluster of Elasticsearch 8, 9 or OpenSearch 2, 3."""

import logging
from functools import lru_cache
from itertools import count
from urllib.parse import quote

import orjson

from engine.model.errors import SearchError
from engine.model.jsonvalue import JsonObject
from engine.ports.clock import Clock
from engine.ports.search import BulkRequest, EsqlRequest, FieldCapsRequest, SearchRequest
from engine.search.cluster.bulk import bulk_query
from engine.search.cluster.connection import Connection
from engine.search.cluster.differences import adapt, adapt_answer, adapt_mappings, product_of
from engine.search.cluster.dispatcher import Dispatcher
from engine.search.cluster.encoding import encode
from engine.search.cluster.part import Query
from engine.search.cluster.recent_answers import RecentAnswers
from engine.search.cluster.settings import ClusterSettings, Product

_log = logging.getLogger("tocsin.search")

_BAD_REQUEST, _FORBIDDEN, _NOT_FOUND = 400, 403, 404
_TEXT = {False: "false", True: "true"}


class ClusterSearch:
    """A search backend on one cluster, used within one event loop. Requests are sent as `Dispatcher` says.

    Raises InvalidInput for a certificate file or cloud id that cannot be used.
    """

    def __init__(self, settings: ClusterSettings, clock: Clock) -> None:
        self._name, self._product = settings.name, settings.product
        self._bulk_bytes, self._write_numbers = settings.limits.bulk_bytes, count(1)
        self._connection = Connection(settings)
        self._dispatcher = Dispatcher(self._connection, settings, clock)
        self._field_caps = RecentAnswers(clock.monotonic)

    def backend_of(self, index: tuple[str, ...]) -> str:
        """The cluster's name, whatever the index."""
        return self._name

    async def search(self, request: SearchRequest) -> JsonObject:
        """See the port. A search that gets no answer in time is a SearchError 408."""
        product = self._product or await self.detect_product()
        target, header = _address(request.index, request.ignore_unavailable, request.allow_no_indices)
        body = encode(adapt(request.body, product))
        answer = await self._dispatcher.ask(Query("POST", target, body, header))
        return adapt_answer(answer, request.body, product)

    async def field_caps(self, request: FieldCapsRequest) -> JsonObject:
        """See the port. What was answered in the last 5 seconds is not asked again."""
        fields = quote(",".join(request.fields), safe="*,")
        options = _options(request.ignore_unavailable, request.allow_no_indices)
        if request.include_hidden:
            options += "&expand_wildcards=open,hidden"
        target = f"/{_index_path(request.index)}/_field_caps?fields={fields}&{options}"
        return await self._field_caps.get(target, lambda: self._dispatcher.ask(Query("GET", target)))

    async def esql(self, request: EsqlRequest) -> JsonObject:
        """See the port. A query that gets no answer in time is a SearchError 408."""
        if await self.detect_product() == "opensearch":
            reason = f"cluster [{self._name}] is OpenSearch, which does not know ES|QL: write the query in DSL or KQL"
            raise SearchError(_BAD_REQUEST, "illegal_argument_exception", reason)
        return await self._dispatcher.ask(Query("POST", "/_query", encode(request.body)))

    async def ensure_index(self, index: str, mappings: JsonObject) -> bool:
        """See the port. An alias or a data stream of that name counts, too."""
        target, product = f"/{quote(index, safe='')}", await self.detect_product()
        try:
            # The answer is kept short: nothing of it is looked at.
            await self._dispatcher.ask(Query("GET", f"{target}?filter_path=*.settings.index.uuid"))
        except SearchError as error:
            if error.status != _NOT_FOUND:
                raise
        else:
            return False
        body = encode({"mappings": adapt_mappings(mappings, product)})
        try:
            await self._dispatcher.ask(Query("PUT", target, body, write_number=next(self._write_numbers)))
        except SearchError as error:
            if error.error_type != "resource_already_exists_exception":
                raise
            return False
        return True

    async def bulk(self, request: BulkRequest) -> JsonObject:
        """See the port. One request, never part of a batch; SearchError 413 where it is larger than the limit."""
        if not request.items:
            return {"took": 0, "errors": False, "items": []}
        return await self._dispatcher.ask(bulk_query(request, next(self._write_numbers), self._bulk_bytes))

    async def detect_product(self) -> Product:
        """What the cluster is: as set, else it is asked. Where that is not allowed it is taken for Elasticsearch.

        Raises SearchError, SearchUnavailable.
        """
        if self._product is not None:
            return self._product
        try:
            info = await self._dispatcher.ask(Query("GET", "/"))
        except SearchError as error:
            if error.status != _FORBIDDEN:
                raise
            info = {}
            text = "cluster [%s] does not say what it is (403): taken for Elasticsearch, set its product if it is not"
            _log.warning(text, self._name)
        self._product = product_of(info)
        return self._product

    async def close(self) -> None:
        """Break off what is under way, and close the connections."""
        await self._dispatcher.close()
        await self._connection.close()


@lru_cache(maxsize=4096)
def _address(index: tuple[str, ...], ignore_unavailable: bool, allow_no_indices: bool) -> tuple[str, bytes]:
    """Where a search goes alone, and its header in a ``_msearch``."""
    header = {"index": index, "ignore_unavailable": ignore_unavailable, "allow_no_indices": allow_no_indices}
    target = f"/{_index_path(index)}/_search?{_options(ignore_unavailable, allow_no_indices)}"
    return target, orjson.dumps(header)


def _index_path(index: tuple[str, ...]) -> str:
    return quote(",".join(index), safe="*,")


def _options(ignore_unavailable: bool, allow_no_indices: bool) -> str:
    return f"ignore_unavailable={_TEXT[ignore_unavailable]}&allow_no_indices={_TEXT[allow_no_indices]}"
