"""Every route and every kind of caller: one table (rest-api.md 1.1, 1.4, 1.8, 7.1)."""

import base64
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import timedelta
from typing import Any

import orjson
import pytest

from engine.api.authentication import authenticate_by
from engine.api.examples import BODIES
from engine.model.case import Case
from engine.model.space import Space
from engine.model.user import User
from engine.operations.api_keys import ApiKeys
from engine.operations.roles import Roles
from engine.security import failures, passwords
from engine.security.authentication import Authenticator
from engine.security.policy import SecurityPolicy
from tocsin.http_api import ApiContext, api_routes, build_api

ALL_FEATURES = (
    "stackAlerts",
    "logs",
    "actions",
    "indexPatterns",
    "maintenanceWindow",
    "rulesSettings",
    "generalCases",
)
ROLES: Mapping[str, Any] = {
    "logs": {"feature": {"logs": ["all"]}, "spaces": ["default"]},
    "elsewhere": {"feature": {name: ["all"] for name in ALL_FEATURES}, "spaces": ["other"]},
}
"""The editor of another feature; who may do everything, but in another space."""
CALLERS = ("superuser", "editor", "viewer", *ROLES)
WRITERS = ("superuser", "editor")
COLUMNS = (*CALLERS, "unknown", "isolated")
"""``unknown``: the superuser asks for an id that does not exist. ``isolated``: for one of the default space, in another
space. ``-``: the path has no id, or its object is in no space."""

MATRIX = """
POST   /api/alerting/rule                                                       200 200 403 403 403   -   -
POST   /api/alerting/rule/{id}                                                  200 200 403 403 403   -   -
GET    /api/alerting/rule/{id}                                                  200 200 200 403 403 404 404
PUT    /api/alerting/rule/{id}                                                  200 200 403 403 403 404 404
DELETE /api/alerting/rule/{id}                                                  204 204 403 403 403 404 404
POST   /api/alerting/rule/{id}/_enable                                          204 204 403 403 403 404 404
POST   /api/alerting/rule/{id}/_disable                                         204 204 403 403 403 404 404
POST   /api/alerting/rule/{id}/_mute_all                                        204 204 403 403 403 404 404
POST   /api/alerting/rule/{id}/_unmute_all                                      204 204 403 403 403 404 404
POST   /api/alerting/rule/{rule_id}/alert/{alert_id}/_mute                      204 204 403 403 403 404 404
POST   /api/alerting/rule/{rule_id}/alert/{alert_id}/_unmute                    204 204 403 403 403 404 404
POST   /api/alerting/rule/{id}/_update_api_key                                  204 204 403 403 403 404 404
POST   /api/alerting/rule/{id}/snooze_schedule                                  200 200 403 403 403 404 404
DELETE /api/alerting/rule/{rule_id}/snooze_schedule/{schedule_id}               404 404 403 403 403 404 404
GET    /api/alerting/rules/_find                                                200 200 200 200 403   -   -
POST   /internal/alerting/rules/_bulk_edit                                      200 200 200 400 403   -   -
PATCH  /internal/alerting/rules/_bulk_enable                                    200 200 200 400 403   -   -
PATCH  /internal/alerting/rules/_bulk_disable                                   200 200 200 400 403   -   -
PATCH  /internal/alerting/rules/_bulk_delete                                    200 200 200 400 403   -   -
POST   /internal/alerting/alerts/_bulk_untrack                                  204 204 204 204 204   -   -
POST   /internal/alerting/rules/_find                                           200 200 200 200 403   -   -
POST   /internal/alerting/rules/_aggregate                                      200 200 200 200 403   -   -
GET    /internal/alerting/rules/_tags                                           200 200 200 200 403   -   -
GET    /internal/alerting/rules/_schedule_frequency                             200 200 200 200 200   -   -
POST   /internal/alerting/rule/{id}/_clone                                      200 200 403 403 403 404 404
POST   /internal/alerting/rule/{id}/_clone/{new_id}                             200 200 403 403 403 404 404
GET    /internal/alerting/rule/{id}/state                                       204 204 204 403 403 404 404
GET    /internal/alerting/rule/{id}/_alert_summary                              200 200 200 403 403 404 404
GET    /internal/alerting/rule/{id}/_execution_log                              200 200 200 403 403 404 404
GET    /internal/alerting/rule/{id}/_execution_kpi                              200 200 200 403 403 404 404
GET    /internal/alerting/rule/{id}/_action_error_log                           200 200 200 403 403 404 404
GET    /internal/alerting/_global_execution_logs                                200 200 200 200 403   -   -
GET    /internal/alerting/_global_execution_kpi                                 200 200 200 200 403   -   -
GET    /internal/alerting/rule/{id}                                             200 200 200 403 403 404 404
GET    /internal/alerting/rule/{id}/_resolve                                    200 200 200 403 403 404 404
POST   /internal/alerting/rule/{id}/_snooze                                     204 204 403 403 403 404 404
POST   /internal/alerting/rule/{id}/_unsnooze                                   204 204 403 403 403 404 404
POST   /internal/alerting/rule/{id}/_run_soon                                   204 204 403 403 403 404 404
POST   /api/alerting/rules/backfill/_schedule                                   200 200 200 200 200   -   -
POST   /api/alerting/rules/backfill/_find                                       200 200 200 200 200   -   -
GET    /api/alerting/rules/backfill/{id}                                        404 404 404 404 404 404 404
DELETE /api/alerting/rules/backfill/{id}                                        404 404 404 404 404 404 404
POST   /internal/alerting/rules/backfill/_schedule                              200 200 200 200 200   -   -
POST   /internal/alerting/rules/backfill/_find                                  200 200 200 200 200   -   -
GET    /internal/alerting/rules/backfill/{id}                                   404 404 404 404 404 404 404
DELETE /internal/alerting/rules/backfill/{id}                                   404 404 404 404 404 404 404
GET    /api/alerting/rule_types                                                 200 200 200 200 200   -   -
GET    /internal/alerting/_rule_types                                           200 200 200 200 200   -   -
POST   /api/actions/connector                                                   200 200 403 403 403   -   -
POST   /api/actions/connector/{id}                                              200 200 403 403 403   -   -
GET    /api/actions/connector/{id}                                              200 200 200 403 403 404 404
PUT    /api/actions/connector/{id}                                              200 200 403 403 403 404 404
DELETE /api/actions/connector/{id}                                              204 204 403 403 403 404 404
POST   /api/actions/connector/{id}/_execute                                     200 200 200 403 403 404 404
GET    /api/actions/connectors                                                  200 200 200 403 403   -   -
GET    /api/actions/connector_types                                             200 200 200 200 200   -   -
GET    /internal/actions/connectors                                             200 200 200 403 403   -   -
GET    /internal/actions/connector_types                                        200 200 200 200 200   -   -
POST   /internal/actions/_global_connector_execution_logs                       200 200 200 403 403   -   -
POST   /internal/actions/_global_connector_execution_kpi                        200 200 200 403 403   -   -
GET    /api/data_views                                                          200 200 200 200 200   -   -
POST   /api/data_views/swap_references                                          200 200 403 403 403   -   -
POST   /api/data_views/swap_references/_preview                                 200 200 403 403 403   -   -
POST   /api/data_views/data_view                                                200 200 403 403 403   -   -
GET    /api/data_views/data_view/{id}                                           200 200 200 200 200 404 404
POST   /api/data_views/data_view/{id}                                           200 200 403 403 403 404 404
DELETE /api/data_views/data_view/{id}                                           200 200 403 403 403 404 404
POST   /api/data_views/data_view/{id}/fields                                    200 200 403 403 403 404 404
POST   /api/data_views/data_view/{id}/runtime_field                             200 200 403 403 403 404 404
PUT    /api/data_views/data_view/{id}/runtime_field                             200 200 403 403 403 404 404
GET    /api/data_views/data_view/{id}/runtime_field/{name}                      200 200 200 200 200 404 404
POST   /api/data_views/data_view/{id}/runtime_field/{name}                      200 200 403 403 403 404 404
DELETE /api/data_views/data_view/{id}/runtime_field/{name}                      200 200 403 403 403 404 404
GET    /api/data_views/default                                                  200 200 200 200 200   -   -
POST   /api/data_views/default                                                  200 200 403 403 403   -   -
POST   /api/index_patterns/index_pattern                                        400 400 403 403 403   -   -
GET    /api/index_patterns/index_pattern/{id}                                   200 200 200 200 200 404 404
POST   /api/index_patterns/index_pattern/{id}                                   200 200 403 403 403 404 404
DELETE /api/index_patterns/index_pattern/{id}                                   200 200 403 403 403 404 404
POST   /api/index_patterns/index_pattern/{id}/fields                            200 200 403 403 403 404 404
POST   /api/index_patterns/index_pattern/{id}/runtime_field                     200 200 403 403 403 404 404
PUT    /api/index_patterns/index_pattern/{id}/runtime_field                     200 200 403 403 403 404 404
GET    /api/index_patterns/index_pattern/{id}/runtime_field/{name}              200 200 200 200 200 404 404
POST   /api/index_patterns/index_pattern/{id}/runtime_field/{name}              200 200 403 403 403 404 404
DELETE /api/index_patterns/index_pattern/{id}/runtime_field/{name}              200 200 403 403 403 404 404
GET    /api/index_patterns/default                                              200 200 200 200 200   -   -
POST   /api/index_patterns/default                                              200 200 403 403 403   -   -
POST   /api/maintenance_window                                                  200 200 403 403 403   -   -
GET    /api/maintenance_window/_find                                            200 200 200 403 403   -   -
GET    /api/maintenance_window/{id}                                             200 200 200 403 403 404 404
PATCH  /api/maintenance_window/{id}                                             200 200 403 403 403 404 404
DELETE /api/maintenance_window/{id}                                             204 204 403 403 403 404 404
POST   /api/maintenance_window/{id}/_archive                                    200 200 403 403 403 404 404
POST   /api/maintenance_window/{id}/_unarchive                                  200 200 403 403 403 404 404
POST   /api/tocsin/v1/maintenance_window/{id}                                   200 200 403 403 403   -   -
POST   /internal/alerting/rules/maintenance_window                              200 200 403 403 403   -   -
GET    /internal/alerting/rules/maintenance_window/_find                        200 200 200 403 403   -   -
GET    /internal/alerting/rules/maintenance_window/_active                      200 200 200 403 403   -   -
GET    /internal/alerting/rules/maintenance_window/{id}                         200 200 200 403 403 404 404
POST   /internal/alerting/rules/maintenance_window/{id}                         200 200 403 403 403 404 404
DELETE /internal/alerting/rules/maintenance_window/{id}                         204 204 403 403 403 404 404
POST   /internal/alerting/rules/maintenance_window/{id}/_finish                 400 400 403 403 403 404 404
POST   /internal/alerting/rules/maintenance_window/{id}/_archive                200 200 403 403 403 404 404
GET    /internal/alerting/rules/settings/_flapping                              200 200 200 403 403   -   -
POST   /internal/alerting/rules/settings/_flapping                              200 200 403 403 403   -   -
GET    /internal/alerting/rules/settings/_query_delay                           200 200 200 403 403   -   -
POST   /internal/alerting/rules/settings/_query_delay                           200 200 403 403 403   -   -
GET    /api/spaces/space                                                        200 200 200 200 200   -   -
POST   /api/spaces/space                                                        200 403 403 403 403   -   -
GET    /api/spaces/space/{id}                                                   200 200 200 200 200 404   -
PUT    /api/spaces/space/{id}                                                   200 403 403 403 403 404   -
DELETE /api/spaces/space/{id}                                                   204 403 403 403 403 404   -
GET    /api/security/role                                                       200 403 403 403 403   -   -
GET    /api/security/role/{name}                                                200 403 403 403 403 404   -
PUT    /api/security/role/{name}                                                204 403 403 403 403   -   -
DELETE /api/security/role/{name}                                                204 403 403 403 403 404   -
GET    /api/cases/{case_id}                                                     200 200 200 403 403 404 404
PATCH  /api/cases                                                               409 409 403 403 403   -   -
GET    /api/alerting/_health                                                    200 200 200 200 403   -   -
GET    /internal/alerting/_health                                               200 200 200 200 403   -   -
GET    /api/status                                                              200 200 200 200 200   -   -
POST   /api/tocsin/v1/rule/_test                                                200 200 403 403 403   -   -
POST   /api/tocsin/v1/rules/_validate                                           200 200 200 200 403   -   -
POST   /api/tocsin/v1/rule/{id}/_run                                            200 200 403 403 403 404 404
GET    /api/tocsin/v1/rule/{id}/_explain                                        200 200 200 403 403 404 404
GET    /api/tocsin/v1/rules                                                     200 200 200 200 403   -   -
POST   /api/tocsin/v1/rules/_export                                             200 200 200 200 403   -   -
POST   /api/tocsin/v1/rule/{id}/_plan                                           200 200 403 403 403   -   -
POST   /api/tocsin/v1/rule/{id}/_apply                                          200 200 403 403 403   -   -
GET    /api/tocsin/v1/alerts                                                    200 200 200 200 403   -   -
GET    /api/tocsin/v1/data_views                                                200 200 200 200 200   -   -
GET    /api/tocsin/v1/data_views/{id}                                           200 200 200 200 200 404 404
GET    /api/tocsin/v1/notifications                                             200 200 200 403 403   -   -
POST   /api/tocsin/v1/notifications/_retry                                      200 200 200 403 403   -   -
POST   /api/tocsin/v1/notifications/_drop                                       404 404 404 403 403   -   -
GET    /api/v1/rules                                                            200 200 200 200 403   -   -
GET    /api/v1/alerts                                                           200 200 200 200 403   -   -
GET    /-/healthy                                                               200 200 200 200 200   -   -
GET    /-/ready                                                                 503 503 503 503 503   -   -
GET    /metrics                                                                 200 200 200 200 200   -   -
GET    /openapi.json                                                            200 200 200 200 200   -   -
GET    /docs                                                                    200 200 200 200 200   -   -
"""
OPEN = ("/api/status", "/-/healthy", "/-/ready", "/openapi.json", "/docs")
"""For callers without credentials, too."""

CREATES = (
    "POST /api/alerting/rule/{id}",
    "POST /api/actions/connector/{id}",
    "POST /api/tocsin/v1/maintenance_window/{id}",
    "POST /api/tocsin/v1/rule/{id}/_plan",
    "POST /api/tocsin/v1/rule/{id}/_apply",
    "PUT /api/security/role/{name}",
)
"""What is to make an object of the id in its path: that of none that there is."""
OF_NO_SPACE = ("/api/spaces/", "/api/security/")
LOG = {"name": "Log", "connector_type_id": ".server-log"}
VIEW = {"id": "of-{who}", "title": "of-{who}", "runtimeFieldMap": {"hour": {"type": "long"}}}
SWAP = {"fromId": "of-{who}", "toId": "of-{who}"}
START = {"date_start": "now-1d"}
RRULE = {"dtstart": "2026-03-02T00:00:00.000Z", "tzid": "UTC"}
SNOOZE = {"snooze_schedule": {"duration": 1000, "rRule": RRULE}}
BACKFILL = [{"rule_id": "of-{who}", "ranges": [{"start": "2026-02-27T00:00:00Z", "end": "2026-02-28T00:00:00Z"}]}]
OWN_RULES = {"ids": ["of-{who}"]}
OWN_CASE = {"cases": [{"id": "c", "version": "none", "status": "closed"}]}
NAMED: Mapping[str, Any] = {
    "POST /api/actions/connector": LOG,
    "POST /api/actions/connector/{id}": LOG,
    "PUT /api/actions/connector/{id}": {"name": "Log"},
    "POST /api/actions/connector/{id}/_execute": {"params": {"message": "m"}},
    "POST /api/alerting/rules/backfill/_schedule": BACKFILL,
    "POST /internal/alerting/rules/backfill/_schedule": BACKFILL,
    "POST /internal/alerting/rules/_bulk_edit": OWN_RULES | {"operations": [{"operation": "set", "field": "apiKey"}]},
    "PATCH /internal/alerting/rules/_bulk_enable": OWN_RULES,
    "PATCH /internal/alerting/rules/_bulk_disable": OWN_RULES,
    "PATCH /internal/alerting/rules/_bulk_delete": OWN_RULES,
    "POST /internal/alerting/alerts/_bulk_untrack": {"indices": [], "alert_uuids": ["none"]},
    "POST /internal/alerting/rules/_find": {},
    "POST /internal/alerting/rules/_aggregate": {},
    "POST /internal/alerting/rule/{id}/_snooze": SNOOZE,
    "POST /internal/alerting/rule/{id}/_unsnooze": {},
    "POST /internal/actions/_global_connector_execution_logs": START,
    "POST /internal/actions/_global_connector_execution_kpi": START,
    "POST /internal/alerting/rules/maintenance_window": {"title": "t", "duration": 1000, "r_rule": RRULE},
    "POST /internal/alerting/rules/maintenance_window/{id}": {"title": "new"},
    "POST /internal/alerting/rules/maintenance_window/{id}/_archive": {"archive": True},
    "POST /api/data_views/data_view": {"data_view": {"title": "new-{who}"}},
    "POST /api/data_views/data_view/{id}/runtime_field": {"name": "day-{who}", "runtimeField": {"type": "long"}},
    "POST /api/data_views/swap_references": SWAP,
    "POST /api/data_views/swap_references/_preview": SWAP,
    "POST /api/index_patterns/index_pattern": {"index_pattern": {"title": "new-{who}"}},
    "POST /api/index_patterns/index_pattern/{id}": {"index_pattern": {"name": "new-{who}"}},
    "POST /api/index_patterns/default": {"index_pattern_id": "of-{who}"},
    "POST /api/spaces/space": {"id": "new-{who}", "name": "new"},
    "PUT /api/spaces/space/{id}": {"id": "{id}", "name": "new"},
    "PATCH /api/cases": OWN_CASE,
}
LIKE = {"/api/index_patterns/index_pattern/{id}/": "/api/data_views/data_view/{id}/"}
QUERIES = {
    "/_mute": "?validate_alerts_existence=false",
    "_execution_log": "?date_start=now-1d",
    "_kpi": "?date_start=now-1d",
    "_error_log": "?date_start=now-1d",
}


def request_of(route: str, who: str, object_id: str) -> tuple[str, str, Any]:
    """Method, path and body of the request that a caller makes of a route, about an object."""
    method, path = route.split(" ")
    alias = next((path.replace(new, old) for new, old in LIKE.items() if new in path), path)
    body = NAMED.get(route) or NAMED.get(f"{method} {alias}") or BODIES.get(f"{method} {alias}")
    name = f"new-{object_id}" if route in CREATES else object_id
    for parameter, value in (
        ("{case_id}", "c" if object_id == f"of-{who}" else object_id),
        ("{id}", name),
        ("{rule_id}", name),
        ("{name}", "hour" if "runtime_field" in path else name),
        ("{new_id}", f"copy-{who}"),
        ("{alert_id}", "a"),
        ("{schedule_id}", "s"),
    ):
        path = path.replace(parameter, value)
    path += next((query for end, query in QUERIES.items() if path.endswith((end, f"{end}s"))), "")
    filled = orjson.dumps(body).replace(b"{who}", who.encode()).replace(b"{id}", name.encode())
    return method, path, None if body is None else orjson.loads(filled)


class Secured:
    """The whole API with security on, and an object of each sort for each caller."""

    def __init__(self, served: Any) -> None:
        self.served, self.parts = served, served.engine.parts
        self.headers: dict[str, Mapping[str, str]] = {}

    async def prepare(self) -> None:
        self.served.app = build_api(
            self.parts,
            ApiContext(authenticate=authenticate_by(Authenticator(self.parts.security, self.parts.clock.now))),
        )
        now, store = self.parts.clock.now(), self.parts.store
        await store.insert_space(Space("other", "Other"), None)
        await store.insert_case(Case("c", "title", "text", "cases", now), None)
        password_hash = passwords.hash_password("correct horse")
        for who in CALLERS:
            if who in ROLES:
                await Roles(store).put(who, {"elasticsearch": {}, "kibana": [ROLES[who]]}, at=now, actor=None)
            await store.insert_user(User(who, password_hash, now, now, (who,)), None)
            self.headers[who] = {"authorization": f"ApiKey {await self.key(who)}"}
        self.parts.security.policy = SecurityPolicy(setting=True)

    async def key(self, who: str, lasts: timedelta | None = None, *, is_revoked: bool = False) -> str:
        at, keys = self.parts.clock.now(), ApiKeys(self.parts.store)
        made = await keys.create("key", who, at=at, actor=None, lasts=lasts)
        if is_revoked:
            await keys.revoke(made.key.id, at=at, actor=None)
        return str(made.encoded)

    async def __call__(self, who: str, method: str, path: str, body: Any = None) -> int:
        headers = {"kbn-xsrf": "x"} | self.headers[who]
        return int((await self.served(method, path, headers=headers, json=body)).status)

    async def stock(self, body: Any, callers: Iterable[str] = CALLERS) -> None:
        """Make what there is not (any more) of what the callers ask for."""
        for who in callers:
            name = f"of-{who}"
            view = orjson.loads(orjson.dumps(VIEW).replace(b"{who}", who.encode()))
            for path, made in (
                (f"/api/alerting/rule/{name}", body()),
                (f"/api/actions/connector/{name}", LOG),
                (f"/api/tocsin/v1/maintenance_window/{name}", BODIES["POST /api/tocsin/v1/maintenance_window/{id}"]),
                ("/api/data_views/data_view", {"data_view": view}),
                ("/api/spaces/space", {"id": name, "name": name}),
            ):
                assert await self("superuser", "POST", path, made) in (200, 400, 409), path
            assert await self("superuser", "PUT", f"/api/security/role/{name}", {"elasticsearch": {}}) == 204


@pytest.fixture
async def secured(served: Any, body: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Secured]:
    # Each wrong password is hashed, and after some of them one has to wait: neither is the matter here.
    monkeypatch.setattr(passwords, "_TIME_COST", 1)
    monkeypatch.setattr(passwords, "_MEMORY_KIB", 8)
    monkeypatch.setattr(failures, "MOST_OF_ADDRESS", 10_000)
    monkeypatch.setattr(failures, "MOST_OF_USER_AT_ADDRESS", 10_000)
    passwords._hasher.cache_clear()
    made = Secured(served)
    await made.prepare()
    await made.stock(body)
    yield made
    passwords._hasher.cache_clear()


async def answers(secured: Secured, route: str) -> tuple[str, ...]:
    """What the callers are answered, those with the fewest rights first, in the order of `COLUMNS`."""
    found: dict[str, str] = {}
    path = route.partition(" ")[2]
    is_of_one = "{" in path and route not in CREATES
    for column, prefix, name in (("unknown", "", "unknown"), ("isolated", "/s/other", "of-superuser")):
        is_asked = is_of_one and not (column == "isolated" and path.startswith(OF_NO_SPACE))
        method, asked, body = request_of(route, "superuser", name)
        found[column] = str(await secured("superuser", method, prefix + asked, body)) if is_asked else "-"
    for who in reversed(CALLERS):
        found[who] = str(await secured(who, *request_of(route, who, f"of-{who}")))
    return tuple(found[column] for column in COLUMNS)


def rows() -> dict[str, tuple[str, ...]]:
    """The table by route."""
    parted = [line.split() for line in MATRIX.strip().splitlines()]
    return {f"{method} {path}": tuple(statuses) for method, path, *statuses in parted}


async def test_every_route_answers_every_caller_as_the_table_says(secured: Secured, body: Any) -> None:
    found = {}
    for route in rows():
        found[route] = await answers(secured, route)
        if "DELETE" in route or "delete" in route:
            await secured.stock(body, WRITERS)
    assert found == rows()


async def test_the_table_holds_every_route(secured: Secured) -> None:
    routes = {f"{route.method} {route.path}" for route in api_routes(secured.parts, ApiContext())}
    assert routes == set(rows())


async def test_no_route_that_is_not_open_takes_wrong_credentials(secured: Secured) -> None:
    wrong = base64.b64encode(b"superuser:wrong").decode()
    expired = await secured.key("superuser", timedelta(hours=1))
    secured.headers |= {
        "none": {},
        "wrong password": {"authorization": f"Basic {wrong}"},
        "expired key": {"authorization": f"ApiKey {expired}"},
        "revoked key": {"authorization": f"ApiKey {await secured.key('superuser', is_revoked=True)}"},
    }
    secured.parts.clock.advance(timedelta(hours=2))
    for route in api_routes(secured.parts, ApiContext()):
        method, path, body = request_of(f"{route.method} {route.path}", "superuser", "of-superuser")
        for who in ("none", "wrong password", "expired key", "revoked key"):
            # What is open takes no credentials, but no wrong ones; what the server handles alone looks at none.
            is_taken = route.is_open and (who == "none" or route.is_apart)
            status = await secured(who, method, path, body)
            assert (status == 401) is not is_taken, (who, route.path, status)
    assert [route.path for route in api_routes(secured.parts, ApiContext()) if route.is_open] == list(OPEN)
