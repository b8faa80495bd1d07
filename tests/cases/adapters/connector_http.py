"""The op http_execute of connectors_core: POST `_execute` to the HTTP API, over a connector of the case or none."""

from contextlib import AsyncExitStack
from typing import Any

import orjson

from engine.model.settings import HttpSettings
from engine.ports.search import SearchPort
from engine.search.recording import RecordingSearch
from tests.cases.adapters.connector_expectations import check_request
from tests.cases.adapters.connector_remote import Answers, RemoteCluster, RemoteHttp, Sent
from tests.cases.adapters.rest_server import RestServer
from tests.cases.matching import assert_subset, require_known

Json = dict[str, Any]

_GIVEN = {"op", "connector_id", "connector_type_id", "config", "secrets", "body", "settings"}
_OF_NETWORK = {"http_response", "http_responses", "network_error"}
_EXPECTED = {"http_status", "body_subset", "request", "no_request", "nothing_sent"}
_HEADERS = {"kbn-xsrf": "true", "content-type": "application/json"}
_PLACES = {"publicBaseUrl": "server"}
"""Settings of a case that are none of ``actions``."""


async def check_http_execute(given: Json, expected: Json, settings: HttpSettings) -> None:
    """Send the request of a case, and compare the answer and what left for the other side."""
    require_known(given, _GIVEN | _OF_NETWORK, "given")
    require_known(expected, _EXPECTED, "expect")
    async with AsyncExitStack() as stack:
        http = RemoteHttp(settings, Answers(given))
        search, cluster_sent = await _open_search(given, stack)
        settings_of_case = given.get("settings", {}).items()
        config = {f"{_PLACES.get(name, 'actions')}.{name}": value for name, value in settings_of_case}
        stored = [_row(given)] if "connector_type_id" in given else []
        server = await stack.enter_async_context(RestServer(config, stored=stored, http=http, search=search))
        path = f"/api/actions/connector/{given.get('connector_id', 'c1')}/_execute"
        answered = await server.send("POST", path, _HEADERS, orjson.dumps(given["body"]))
    assert answered.status == expected["http_status"], f"found {answered.status} {answered.content!r}"
    if "body_subset" in expected:
        assert_subset(answered.json, expected["body_subset"], "body")
    sent = http.sent + cluster_sent
    if expected.get("no_request") or expected.get("nothing_sent"):
        assert sent == [], f"sent: {sent}"
    if "request" in expected:
        assert sent, "nothing was sent"
        check_request(sent[-1], expected["request"])


async def _open_search(given: Json, stack: AsyncExitStack) -> tuple[SearchPort, list[Sent]]:
    """A cluster for the connector that writes into one; starting it takes a while."""
    if given.get("connector_type_id") != ".index":
        return RecordingSearch(), []
    cluster = await stack.enter_async_context(RemoteCluster(Answers(given)))
    return cluster.search, cluster.sent


def _row(given: Json) -> Json:
    return {
        "id": given.get("connector_id", "c1"),
        "name": "tested",
        "connector_type_id": given["connector_type_id"],
        "config": given.get("config", {}),
        "secrets": given.get("secrets", {}),
    }
