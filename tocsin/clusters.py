"""The clusters that a command may search, each connected to when it is first needed."""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject
from engine.ports.search import BulkRequest, EsqlRequest, FieldCapsRequest, SearchRequest
from engine.search.cluster.settings import ClusterSettings
from engine.service.clocks import SystemClock
from tocsin.files.config import Config

if TYPE_CHECKING:
    from engine.search.cluster.search import ClusterSearch

_PREFIX = "TOCSIN_ES_"
"""Of the variables with credentials: the setting's name follows, in capitals."""
_FROM_ENVIRONMENT = ("username", "password", "api_key", "bearer_token", "ca_file", "client_cert", "client_key")


class LazyCluster:
    """The search port on a cluster, made when it is first used: most commands use few of the clusters they know, and
    the client library loads slowly.

    ``is_configured``: it stands in tocsin.yml, where its problems are placed; else they are of ``--es`` and variables.
    """

    def __init__(self, settings: ClusterSettings, *, is_configured: bool) -> None:
        self.settings = settings
        self._is_configured = is_configured
        self._search: ClusterSearch | None = None

    def open(self) -> "ClusterSearch":
        """The cluster's search; nothing is sent. Raises InvalidInput for files that cannot be used."""
        if self._search is None:
            from engine.search.cluster.search import ClusterSearch

            try:
                self._search = ClusterSearch(self.settings, SystemClock())
            except InvalidInput as error:
                raise InvalidInput([self._placed(problem) for problem in error.problems]) from None
        return self._search

    async def answer_now(self) -> None:
        """See that it answers. Raises SearchError, SearchUnavailable."""
        await self.open().detect_product()

    async def search(self, request: SearchRequest) -> JsonObject:
        """See the port."""
        return await self.open().search(request)

    async def field_caps(self, request: FieldCapsRequest) -> JsonObject:
        """See the port."""
        return await self.open().field_caps(request)

    async def esql(self, request: EsqlRequest) -> JsonObject:
        """See the port."""
        return await self.open().esql(request)

    async def ensure_index(self, index: str, mappings: JsonObject) -> bool:
        """See the port."""
        return await self.open().ensure_index(index, mappings)

    async def bulk(self, request: BulkRequest) -> JsonObject:
        """See the port."""
        return await self.open().bulk(request)

    async def close(self) -> None:
        if self._search is not None:
            await self._search.close()

    def _placed(self, problem: Problem) -> Problem:
        if self._is_configured:
            return problem.under(f"clusters.{self.settings.name}")
        return replace(problem, path=_place(problem.path))


def clusters_of(config: Config, es: str | None, *, environ: Mapping[str, str] | None = None) -> dict[str, LazyCluster]:
    """The clusters by name, the default one first: the one at the URL ``es`` if that is given.

    A cluster that tocsin.yml does not know by that URL is named ``default``. Raises InvalidInput.
    """
    clusters = {settings.name: LazyCluster(settings, is_configured=True) for settings in config.clusters}
    if es is None:
        return clusters
    settings = _cluster_at(es, config, os.environ if environ is None else environ)
    is_configured = settings in config.clusters
    return {settings.name: LazyCluster(settings, is_configured=is_configured)} | {
        name: cluster for name, cluster in clusters.items() if name != settings.name
    }


def _cluster_at(url: str, config: Config, environ: Mapping[str, str]) -> ClusterSettings:
    """The cluster at a URL: as tocsin.yml knows it, else with credentials from the environment."""
    known = next((cluster for cluster in config.clusters if url.rstrip("/") in _written(cluster)), None)
    if known is not None:
        return known
    given: dict[str, Any] = {name: environ.get(_PREFIX + name.upper()) or None for name in _FROM_ENVIRONMENT}
    try:
        return ClusterSettings(hosts=(url,), **given)
    except InvalidInput as error:
        raise InvalidInput([replace(problem, path=_place(problem.path)) for problem in error.problems]) from None


def _written(cluster: ClusterSettings) -> set[str]:
    return {host.rstrip("/") for host in cluster.hosts}


def _place(setting: str) -> str:
    """Where the user gave it."""
    return "--es" if setting.startswith("hosts") else _PREFIX + setting.upper()
