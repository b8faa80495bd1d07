"""Which cluster a command searches, if any."""

import os
from collections.abc import Mapping
from dataclasses import replace

from engine.model.errors import InvalidInput
from engine.search.cluster.settings import ClusterSettings
from tocsin.files.config import Config

_PREFIX = "TOCSIN_ES_"
"""Of the variables with credentials: the setting's name follows, in capitals."""


def cluster_at(url: str, config: Config, *, environ: Mapping[str, str] | None = None) -> ClusterSettings:
    """The cluster at a URL: as tocsin.yml knows it, else with credentials from the environment.

    Raises InvalidInput.
    """
    known = next((cluster for cluster in config.clusters if url.rstrip("/") in _written(cluster)), None)
    if known is not None:
        return known
    variables = os.environ if environ is None else environ

    def given(setting: str) -> str | None:
        return variables.get(_PREFIX + setting.upper()) or None

    try:
        return ClusterSettings(
            hosts=(url,),
            username=given("username"),
            password=given("password"),
            api_key=given("api_key"),
            bearer_token=given("bearer_token"),
            ca_file=given("ca_file"),
        )
    except InvalidInput as error:
        raise InvalidInput([replace(problem, path=_place(problem.path)) for problem in error.problems]) from None


def _written(cluster: ClusterSettings) -> set[str]:
    return {host.rstrip("/") for host in cluster.hosts}


def _place(setting: str) -> str:
    """Where the user gave it."""
    return "--es" if setting.startswith("hosts") else _PREFIX + setting.upper()
