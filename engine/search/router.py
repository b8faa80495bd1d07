"""Several search backends as one: each request goes to the one that its index expressions mean (`Routes`)."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace

from engine.model.errors import SearchError
from engine.model.jsonvalue import JsonObject
from engine.ports.search import (
    EMBEDDED_BACKEND,
    BulkRequest,
    EsqlRequest,
    FieldCapsRequest,
    SearchPort,
    SearchRequest,
)
from engine.search.qualified import qualify_field_caps, qualify_search, unqualify_shapes
from engine.search.routes import Route, Routes


class SearchRouter:
    """The search port over files and clusters. It adds nothing to what they do: each fails, waits and rests for itself.

    ``file_indices``: the names of the indices of ``files``. ``default``: the name of the cluster that is meant by
    expressions without a name; None with no cluster.
    """

    def __init__(
        self,
        files: SearchPort | None,
        file_indices: Collection[str],
        clusters: Mapping[str, SearchPort],
        default: str | None,
    ) -> None:
        if default is None and files is None:
            raise ValueError("neither files nor a default cluster")
        if default is not None and default not in clusters:
            raise ValueError(f"no cluster [{default}]")
        self.files = files
        self.routes = Routes(file_indices, clusters, default)
        self._clusters = clusters

    def backend_of(self, index: tuple[str, ...]) -> str:
        """The cluster's name, or that of the embedded engine; ``none`` for expressions that mean several backends."""
        if not index and self.routes.default is not None:
            return self.routes.default
        try:
            cluster = self.routes.of(index).cluster
        except SearchError:
            return "none"
        return EMBEDDED_BACKEND if cluster is None else cluster

    async def search(self, request: SearchRequest) -> JsonObject:
        """See the port. Raises SearchError 400 for index expressions that mean several backends."""
        route = self.routes.of(request.index)
        if route.prefix is None:
            same = request if route.index == request.index else replace(request, index=route.index)
            return await self._backend(route).search(same)
        body = unqualify_shapes(request.body, route.prefix)
        answer = await self._backend(route).search(replace(request, index=route.index, body=body))
        return qualify_search(answer, request.body, route.prefix)

    async def field_caps(self, request: FieldCapsRequest) -> JsonObject:
        """See the port; raises as `search` does."""
        route = self.routes.of(request.index)
        answer = await self._backend(route).field_caps(replace(request, index=route.index))
        return answer if route.prefix is None else qualify_field_caps(answer, route.prefix)

    async def esql(self, request: EsqlRequest) -> JsonObject:
        """See the port. A text that reads no index goes to the default cluster."""
        if not request.index:
            default = self.routes.default
            return await self._backend(Route(default, ())).esql(request)
        route = self.routes.of(request.index)
        if route.index == request.index:
            return await self._backend(route).esql(request)
        start, end = request.index_span
        unnamed = request.query[start:end].replace(f"{route.cluster}:", "")
        query = request.query[:start] + unnamed + request.query[end:]
        renamed = replace(request, query=query, index=route.index, index_span=(start, start + len(unnamed)))
        return await self._backend(route).esql(renamed)

    async def ensure_index(self, index: str, mappings: JsonObject) -> bool:
        """See the port."""
        route = self.routes.of((index,))
        return await self._backend(route).ensure_index(route.index[0], mappings)

    async def bulk(self, request: BulkRequest) -> JsonObject:
        """See the port; the items of the answer call the index as its cluster does."""
        route = self.routes.of((request.index,))
        return await self._backend(route).bulk(replace(request, index=route.index[0]))

    async def close(self) -> None:
        """Close all backends, also when one of them cannot be closed; its error is raised then."""
        backends = [*self._clusters.values(), *(() if self.files is None else (self.files,))]
        outcomes = await asyncio.gather(*(backend.close() for backend in backends), return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    def _backend(self, route: Route) -> SearchPort:
        if route.cluster is not None:
            return self._clusters[route.cluster]
        assert self.files is not None, "without files everything means a cluster"
        return self.files
