"""Who may do what over HTTP: a matrix of requests, callers and spaces (rest-api.md 1.4, 1.8)."""

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.api.authentication import authenticate_by
from engine.model.case import Case
from engine.model.space import Space
from engine.model.user import User
from engine.operations.api_keys import ApiKeys
from engine.operations.roles import Roles
from engine.run.connector_events import expand_execution
from engine.security.authentication import Authenticator
from engine.security.passwords import hash_password
from engine.security.policy import SecurityPolicy
from tocsin.http_api import ApiContext, api_routes, build_api

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse"
ROLES_OF = {
    "admin": ("superuser",),
    "editor": ("editor",),
    "viewer": ("viewer",),
    "stack": ("stack-rules",),
    "nobody": (),
}
CALLERS = tuple(ROLES_OF)
STACK_RULES = {"elasticsearch": {}, "kibana": [{"feature": {"stackAlerts": ["all"]}, "spaces": ["default"]}]}
RULE = "/api/alerting/rule"
FIND = "/api/alerting/rules/_find"
CONNECTOR = "/api/actions/connector"
ROLE = "/api/security/role"
OURS = "/api/tocsin/v1"
VIEW = "/api/data_views"
WINDOW = "/api/maintenance_window"
FLAPPING = "/internal/alerting/rules/settings/_flapping"
FLAPPING_BODY = {"enabled": True, "look_back_window": 20, "status_change_threshold": 4}
LOG = {"name": "Log", "connector_type_id": ".server-log"}
ACTION = {
    "id": "log",
    "group": "threshold met",
    "params": {"message": "m"},
    "frequency": {"summary": False, "notify_when": "onActiveAlert", "throttle": None},
}
SNOOZE = {"schedule": {"custom": {"start": "2026-03-02T00:00:00.000Z", "duration": "1h"}}}


class Secured:
    """The whole API with security on, and users of each sort with a key each."""

    def __init__(self, served: Any) -> None:
        self.served = served
        self.headers: dict[str, Mapping[str, str]] = {}

    async def prepare(self) -> None:
        parts = self.served.engine.parts
        who: dict[str, Any] = {"at": parts.clock.now(), "actor": None}
        await Roles(parts.store).put("stack-rules", STACK_RULES, **who)
        password_hash = hash_password(PASSWORD)
        for name, roles in ROLES_OF.items():
            await parts.store.insert_user(User(name, password_hash, who["at"], who["at"], roles), None)
            basic = base64.b64encode(f"{name}:{PASSWORD}".encode()).decode()
            self.headers[name] = {"authorization": f"Basic {basic}"}
            key = await ApiKeys(parts.store).create("key", name, **who)
            self.headers[f"{name}'s key"] = {"authorization": f"ApiKey {key.encoded}"}
        parts.security.policy = SecurityPolicy()

    async def __call__(
        self, who: str | None, method: str, path: str, *, headers: Mapping[str, str] | None = None, **request: Any
    ) -> Any:
        sent = {"kbn-xsrf": "x"} if headers is None else dict(headers)
        return await self.served(method, path, headers={**sent, **(self.headers[who] if who else {})}, **request)


@pytest.fixture
async def secured(served: Any, body: Callable[..., Any]) -> Secured:
    parts = served.engine.parts

    await parts.store.insert_space(Space("other", "Other"), None)
    authenticate = authenticate_by(Authenticator(parts.security, parts.clock.now))
    served.app = build_api(parts, ApiContext(authenticate=authenticate))
    made = Secured(served)
    await made.prepare()
    for path in (RULE, f"/s/other{RULE}"):
        for rule_id, members in (("r", {}), ("logs", {"consumer": "logs"}), ("acts", {"actions": [ACTION]})):
            created = await made("admin", "POST", f"{path}/{rule_id}", json=body(**members))
            assert created.status == 200, created.content
    await parts.store.insert_case(Case("c", "title", "text", "cases", parts.clock.now()), None)
    return made


def update_of(whole: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in whole.items() if name not in ("rule_type_id", "consumer")}


Row = tuple[str, str, Any, tuple[int, ...]]
"""A request, ``{who}`` in its path being the caller, and what `CALLERS` are answered."""


def rule_rows(body: Callable[..., Any]) -> list[Row]:
    changes = update_of(body())
    return [
        ("POST", f"{RULE}/{{who}}", body(), (200, 200, 403, 200, 403)),
        ("POST", f"{RULE}/{{who}}-acts", body(actions=[ACTION]), (200, 200, 403, 403, 403)),
        ("POST", f"{RULE}/{{who}}-logs", body(consumer="logs"), (200, 403, 403, 403, 403)),
        # The order of checks: what is wrong before the right is asked for, and what after it.
        ("POST", RULE, {}, (400, 400, 400, 400, 400)),
        ("POST", RULE, body(rule_type_id=".no"), (400, 400, 400, 400, 400)),
        ("POST", RULE, body(consumer="no"), (403, 403, 403, 403, 403)),
        ("POST", RULE, body(params={}), (400, 400, 403, 400, 403)),
        ("POST", f"{RULE}/r", body(), (409, 409, 403, 409, 403)),
        ("GET", f"{RULE}/r", None, (200, 200, 200, 200, 403)),
        ("GET", f"{RULE}/logs", None, (200, 403, 403, 403, 403)),
        ("GET", f"{RULE}/no", None, (404, 404, 404, 404, 404)),
        ("PUT", f"{RULE}/r", changes, (200, 200, 403, 200, 403)),
        ("PUT", f"{RULE}/acts", update_of(body(actions=[ACTION])), (200, 200, 403, 403, 403)),
        ("PUT", f"{RULE}/no", changes, (404, 404, 404, 404, 404)),
        ("PUT", f"{RULE}/no", {**changes, "schedule": {"interval": "0s"}}, (400, 400, 400, 400, 400)),
        ("POST", f"{RULE}/r/_disable", None, (204, 204, 403, 204, 403)),
        ("POST", f"{RULE}/r/_enable", None, (204, 204, 403, 204, 403)),
        ("POST", f"{RULE}/acts/_enable", None, (204, 204, 403, 403, 403)),
        ("POST", f"{RULE}/r/_update_api_key", None, (204, 204, 403, 204, 403)),
        ("POST", f"{RULE}/r/_mute_all", None, (204, 204, 403, 204, 403)),
        ("POST", f"{RULE}/r/_unmute_all", None, (204, 204, 403, 204, 403)),
        ("POST", f"{RULE}/r/alert/a/_mute", None, (404, 404, 403, 404, 403)),
        ("POST", f"{RULE}/r/alert/a/_unmute", None, (204, 204, 403, 204, 403)),
        ("POST", f"{RULE}/r/snooze_schedule", SNOOZE, (200, 200, 403, 200, 403)),
        ("DELETE", f"{RULE}/r/snooze_schedule/no", None, (404, 404, 403, 404, 403)),
        ("DELETE", f"{RULE}/no", None, (404, 404, 404, 404, 404)),
        ("DELETE", f"{RULE}/logs", None, (204, 404, 404, 404, 404)),
        ("GET", FIND, None, (200, 200, 200, 200, 403)),
        ("GET", f"{FIND}?per_page=no", None, (400, 400, 400, 400, 400)),
        ("GET", "/api/alerting/rule_types", None, (200, 200, 200, 200, 200)),
        ("GET", "/api/alerting/_health", None, (200, 200, 200, 200, 403)),
        ("POST", f"{OURS}/rule/_test", body(), (200, 200, 403, 200, 403)),
        ("POST", f"{OURS}/rule/_test", body(actions=[ACTION]), (200, 200, 403, 403, 403)),
        ("POST", f"{OURS}/rules/_validate", body(), (200, 200, 200, 200, 403)),
        ("POST", f"{OURS}/rule/r/_run", None, (200, 200, 403, 200, 403)),
        ("GET", f"{OURS}/rule/r/_explain", None, (200, 200, 200, 200, 403)),
        ("GET", f"{OURS}/alerts", None, (200, 200, 200, 200, 403)),
        ("GET", f"{OURS}/rules", None, (200, 200, 200, 200, 403)),
        ("POST", f"{OURS}/rules/_export", None, (200, 200, 200, 200, 403)),
        ("POST", f"{OURS}/rule/new/_plan", body(), (200, 200, 403, 200, 403)),
        ("POST", f"{OURS}/rule/new/_plan", body(rule_type_id=".no"), (200, 200, 200, 200, 200)),
        ("POST", f"{OURS}/rule/r/_plan", body(rule_type_id=".es-query"), (200, 200, 403, 200, 403)),
        ("POST", f"{OURS}/rule/r/_apply", body(), (200, 200, 403, 200, 403)),
        ("POST", f"{OURS}/rule/new-{{who}}/_apply", body(), (200, 200, 403, 200, 403)),
        ("POST", f"{OURS}/rule/new-{{who}}-logs/_apply", body(consumer="logs"), (200, 403, 403, 403, 403)),
        ("GET", "/api/v1/rules", None, (200, 200, 200, 200, 403)),
        ("GET", "/api/v1/alerts", None, (200, 200, 200, 200, 403)),
    ]


OTHER_ROWS: list[Row] = [
    ("GET", f"{CONNECTOR}s", None, (200, 200, 200, 403, 403)),
    ("GET", f"{CONNECTOR}_types", None, (200, 200, 200, 200, 200)),
    ("GET", f"{CONNECTOR}/log", None, (200, 200, 200, 403, 403)),
    ("GET", f"{CONNECTOR}/no", None, (404, 404, 404, 403, 403)),
    ("POST", CONNECTOR, {}, (400, 400, 400, 400, 400)),
    ("PUT", f"{CONNECTOR}/no", {"name": "n"}, (404, 404, 403, 403, 403)),
    ("PUT", f"{CONNECTOR}/log", {"name": "n"}, (400, 400, 403, 403, 403)),
    ("DELETE", f"{CONNECTOR}/no", None, (404, 404, 403, 403, 403)),
    ("POST", f"{CONNECTOR}/log/_execute", {"params": {"message": "m"}}, (200, 200, 200, 403, 403)),
    ("POST", f"{CONNECTOR}/no/_execute", {"params": {}}, (404, 404, 404, 403, 403)),
    ("GET", f"{WINDOW}/_find", None, (200, 200, 200, 403, 403)),
    ("GET", f"{WINDOW}/no", None, (404, 404, 404, 403, 403)),
    ("POST", WINDOW, {}, (400, 400, 400, 400, 400)),
    ("POST", WINDOW, {"title": "t", **SNOOZE}, (200, 200, 403, 403, 403)),
    ("POST", f"{OURS}/maintenance_window/{{who}}", {"title": "t", **SNOOZE}, (200, 200, 403, 403, 403)),
    ("DELETE", f"{WINDOW}/no", None, (404, 404, 403, 403, 403)),
    ("GET", FLAPPING, None, (200, 200, 200, 403, 403)),
    ("POST", FLAPPING, FLAPPING_BODY, (200, 200, 403, 403, 403)),
    ("GET", VIEW, None, (200, 200, 200, 200, 200)),
    ("GET", f"{VIEW}/data_view/no", None, (404, 404, 404, 404, 404)),
    ("GET", f"{OURS}/data_views", None, (200, 200, 200, 200, 200)),
    ("GET", f"{OURS}/data_views/no", None, (404, 404, 404, 404, 404)),
    ("POST", f"{VIEW}/data_view", {}, (400, 400, 403, 403, 403)),
    ("POST", f"{VIEW}/data_view/no", {"data_view": {}}, (404, 404, 403, 403, 403)),
    ("DELETE", f"{VIEW}/data_view/no", None, (404, 404, 403, 403, 403)),
    ("POST", f"{VIEW}/swap_references/_preview", {}, (400, 400, 403, 403, 403)),
    ("GET", ROLE, None, (200, 403, 403, 403, 403)),
    ("GET", f"{ROLE}/viewer", None, (200, 403, 403, 403, 403)),
    ("GET", f"{ROLE}/no", None, (404, 403, 403, 403, 403)),
    ("PUT", f"{ROLE}/{{who}}", {"elasticsearch": {}}, (204, 403, 403, 403, 403)),
    ("PUT", f"{ROLE}/viewer", {"elasticsearch": {}}, (400, 403, 403, 403, 403)),
    ("DELETE", f"{ROLE}/no", None, (404, 403, 403, 403, 403)),
    ("GET", "/api/cases/c", None, (200, 200, 200, 403, 403)),
    ("GET", "/api/cases/no", None, (404, 404, 404, 404, 404)),
    ("GET", "/api/status", None, (200, 200, 200, 200, 200)),
    ("GET", f"{OURS}/notifications", None, (200, 200, 200, 403, 403)),
    ("POST", f"{OURS}/notifications/_drop", {"all_dead": True}, (200, 200, 200, 403, 403)),
    ("GET", "/metrics", None, (200, 200, 200, 200, 200)),
    ("GET", "/-/healthy", None, (200, 200, 200, 200, 200)),
    ("GET", "/openapi.json", None, (200, 200, 200, 200, 200)),
    ("GET", "/api/no", None, (404, 404, 404, 404, 404)),
]
SPACE_ROWS: list[Row] = [
    ("GET", f"/s/default{RULE}/r", None, (200, 200, 200, 200, 403)),
    ("GET", f"/s/other{RULE}/r", None, (200, 200, 200, 403, 403)),
    ("POST", f"/s/other{RULE}/r/_mute_all", None, (204, 204, 403, 403, 403)),
    ("GET", f"/s/other{RULE}/no", None, (404, 404, 404, 404, 404)),
    ("GET", f"/s/unknown{RULE}/r", None, (404, 404, 404, 404, 404)),
    ("GET", "/s/other/api/cases/c", None, (404, 404, 404, 404, 404)),
    ("GET", f"/s/other{ROLE}/viewer", None, (200, 403, 403, 403, 403)),
]


async def answered(secured: Secured, rows: list[Row], kind: str = "") -> list[Row]:
    """The rows with what was answered in truth; ``kind`` is appended to the callers' names."""
    return [
        (
            method,
            path,
            body,
            tuple([(await secured(f"{who}{kind}", method, path.format(who=who), json=body)).status for who in CALLERS]),
        )
        for method, path, body, _ in rows
    ]


async def test_rules(secured: Secured, body: Callable[..., Any]) -> None:
    rows = rule_rows(body)
    assert await answered(secured, rows) == rows


@pytest.mark.parametrize("rows", [OTHER_ROWS, SPACE_ROWS])
async def test_connectors_roles_cases_and_spaces(secured: Secured, rows: list[Row]) -> None:
    assert await answered(secured, rows) == rows


async def test_a_key_opens_what_its_user_may(secured: Secured, body: Callable[..., Any]) -> None:
    rows = rule_rows(body)
    assert await answered(secured, rows, "'s key") == rows


async def test_a_change_is_kept_with_what_the_client_calls_it(secured: Secured, body: Callable[..., Any]) -> None:
    for rule_id, headers in (("a", {"x-opaque-id": "deploy 7" + "x" * 300}), ("b", {})):
        sent = {"kbn-xsrf": "x", **headers}
        assert (await secured("admin", "POST", f"{RULE}/{rule_id}", headers=sent, json=body())).status == 200
    entries = {entry.object_id: entry for entry in await secured.served.engine.parts.store.audit("default")}
    assert entries["a"].opaque_id == ("deploy 7" + "x" * 300)[:256]
    assert entries["b"].opaque_id is None
    assert "opaque_id" not in entries["a"].details


async def test_an_execution_stands_in_the_log_with_user_and_key(secured: Secured) -> None:
    path, sent = "/api/actions/connector/log/_execute", {"params": {"message": "m"}}
    for who in ("admin", "admin's key"):
        assert (await secured(who, "POST", path, json=sent)).status == 200
    by_password, by_key = await secured.served.engine.parts.store.executions(["default"])
    for trace in (by_password, by_key):
        assert {(each["user.name"], each["user.id"]) for each in expand_execution(trace)} == {("admin", "admin")}
    assert not [name for name in expand_execution(by_password)[1] if name.startswith("kibana.user_api_key")]
    for record in expand_execution(by_key):
        assert record["kibana.user_api_key.name"] == "key"
        assert record["kibana.user_api_key.id"]


async def test_every_route_asks_who_comes_but_those_that_are_open(secured: Secured) -> None:
    routes = api_routes(secured.served.engine.parts, ApiContext())
    wrong = {"authorization": "Basic " + base64.b64encode(b"admin:wrong").decode()}
    for route in routes:
        path = route.path.replace("{", "x").replace("}", "x")
        without = await secured(None, route.method, path, headers={})
        assert (without.status == 401) is not route.is_open, route
        if not route.is_open:
            assert without.json["error"] == "Unauthorized"
            assert without.headers["www-authenticate"] == 'Basic realm="Authorization Required", ApiKey'
    assert [route.path for route in routes if route.is_open] == [
        "/api/status",
        "/-/healthy",
        "/-/ready",
        "/openapi.json",
        "/docs",
    ]
    assert (await secured(None, "GET", "/api/status")).json == {"status": {"overall": {"level": "available"}}}
    assert (await secured(None, "GET", "/api/status", headers=wrong)).status == 401


HEADERS: list[tuple[str | None, Mapping[str, str], bytes, str, int]] = [
    # Who asks is judged before the body and the headers, but after the path.
    (None, {}, b"{", RULE, 401),
    (None, {}, b"", "/api/no", 404),
    (None, {"kbn-xsrf": "x", "content-type": "text/plain"}, b"x", RULE, 401),
    (None, {"kbn-xsrf": "x", "authorization": "Bearer x"}, b"{}", RULE, 401),
    (None, {"kbn-xsrf": "x", "authorization": "Basic \xff"}, b"{}", RULE, 401),
    ("nobody", {}, b"{", RULE, 400),
    ("nobody", {"content-type": "application/json"}, b"{}", RULE, 400),
    ("nobody", {"kbn-xsrf": "x", "content-type": "text/plain"}, b"x", RULE, 415),
    ("nobody", {"kbn-xsrf": "x"}, b"", f"{RULE}/r/_mute_all", 403),
    ("nobody", {}, b"", f"{RULE}/r/_mute_all", 400),
    ("stack", {"kbn-version": "9.1.0"}, b"", f"{RULE}/r/_mute_all", 204),
    ("stack", {"kbn-version": "8.0.0"}, b"", f"{RULE}/r/_mute_all", 400),
    ("stack", {"kbn-xsrf": "", "elastic-api-version": "2023-10-31"}, b"", f"{RULE}/r/_mute_all", 204),
    ("stack", {"kbn-xsrf": "", "elastic-api-version": "1"}, b"", f"{RULE}/r/_mute_all", 400),
]


async def test_headers_and_who_asks(secured: Secured) -> None:
    found = [
        (who, headers, content, path, (await secured(who, "POST", path, headers=headers, content=content)).status)
        for who, headers, content, path, _ in HEADERS
    ]
    assert found == HEADERS


JUDGED_BY_OPERATIONS = (
    "/api/alerting/rule",
    "/api/cases",
    "/api/tocsin/v1/alerts",
    "/api/tocsin/v1/rule",
    "/api/v1/",
    "/internal/alerting/alerts/",
    "/internal/alerting/rule",
)
"""Below these the right depends on what the request is about, and is judged once that is loaded."""
FOR_EVERY_CALLER = (
    "/-/",
    "/api/actions/connector_types",
    "/api/alerting/_health",
    "/api/data_views",
    "/api/index_patterns",
    "/api/spaces/space",
    "/api/status",
    "/api/tocsin/v1/data_views",
    "/docs",
    "/internal/actions/connector_types",
    "/internal/alerting/_global_execution_",
    "/internal/alerting/_health",
    "/internal/alerting/_rule_types",
    "/metrics",
    "/openapi.json",
)
"""What any caller may look at, or what hides by itself what the caller may not see."""


async def test_every_other_route_needs_a_right(secured: Secured) -> None:
    routes = api_routes(secured.served.engine.parts, ApiContext())
    unguarded = [route for route in routes if route.needs is None and not route.path.startswith(JUDGED_BY_OPERATIONS)]
    assert [route for route in unguarded if route.method != "GET"] == []
    assert [route for route in unguarded if not route.path.startswith(FOR_EVERY_CALLER)] == []


HOSTS = {
    "127.0.0.1:9095": 200,
    "[::1]:9095": 200,
    "localhost": 200,
    "LOCALHOST:1": 200,
    "::1": 403,
    "127.0.0.1.evil.example:9095": 403,
    "evil.example": 403,
    "192.0.2.1:9095": 403,
    "": 403,
}


async def test_without_users_only_this_machine_s_own_names_are_answered(served: Any) -> None:
    parts = served.engine.parts
    authenticator = Authenticator(parts.security, parts.clock.now)
    served.app = build_api(parts, ApiContext(authenticate=authenticate_by(authenticator)))

    async def answers() -> dict[str, int]:
        types = "/api/alerting/rule_types"
        return {host: (await served("GET", types, headers={"host": host})).status for host in HOSTS}

    parts.security.policy = SecurityPolicy()
    assert await answers() == HOSTS
    assert (await served("GET", "/api/alerting/rule_types", headers={})).status == 200
    parts.security.policy = SecurityPolicy(setting=False)
    assert set((await answers()).values()) == {200}


async def test_rule_types_show_what_one_may_have(secured: Secured) -> None:
    shown = {}
    for who in CALLERS:
        types = (await secured(who, "GET", "/api/alerting/rule_types")).json
        shown[who] = {each["id"]: each["authorized_consumers"] for each in types}
    assert shown["nobody"] == {}
    whole = {"read": True, "all": True}
    assert shown["stack"][".index-threshold"] == {"alerts": whole, "stackAlerts": whole}
    assert shown["viewer"][".es-query"]["logs"] == {"read": True, "all": False}
    assert set(shown["stack"][".es-query"]) == {"alerts", "stackAlerts", "discover"}
    assert len(shown["admin"][".index-threshold"]) == 14


async def test_rules_that_one_may_not_read_are_not_found_by_any_filter(secured: Secured) -> None:
    for query in ("", "?filter=alert.attributes.name:CPU", "?search=CPU&sort_field=name", "?per_page=0"):
        totals = {
            (who, space): (await secured(who, "GET", f"{space}{FIND}{query}")).json["total"]
            for who, space in (("admin", ""), ("editor", ""), ("stack", ""), ("viewer", "/s/other"))
        }
        assert list(totals.values()) == [3, 2, 2, 2], query
    assert (await secured("stack", "GET", f"/s/other{FIND}")).status == 403


async def test_rules_show_whose_rights_they_have(secured: Secured, body: Callable[..., Any]) -> None:
    created = (await secured("stack", "POST", f"{RULE}/mine", json=body())).json
    members = ("created_by", "updated_by", "api_key_owner", "api_key_created_by_user")
    assert [created[member] for member in members] == ["stack", "stack", "stack", False]
    changed = (await secured("editor's key", "PUT", f"{RULE}/mine", json=update_of(body(name="New")))).json
    assert [changed[member] for member in members] == ["stack", "editor", "editor", True]
    await secured("admin", "POST", f"{RULE}/mine/_update_api_key")
    shown = (await secured("viewer", "GET", f"{RULE}/mine")).json
    assert [shown[member] for member in members] == ["stack", "admin", "admin", False]
    disabled = (await secured("stack", "POST", f"{RULE}/off", json=body(enabled=False))).json
    assert [disabled[member] for member in members] == ["stack", "stack", None, None]


async def test_guessing_ends_in_429(secured: Secured) -> None:
    wrong = {"authorization": "ApiKey " + base64.b64encode(b"id:guess").decode()}
    statuses = [(await secured(None, "GET", f"{RULE}/r", headers=wrong)).status for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    last = await secured(None, "GET", f"{RULE}/r", headers=wrong)
    assert int(last.headers["retry-after"]) <= 60
    assert (await secured("viewer", "GET", f"{RULE}/r")).status == 200


async def test_roles_over_http(secured: Secured) -> None:
    body = {"elasticsearch": {"cluster": ["read_security"]}, "kibana": [{"base": ["read"]}]}
    put = await secured("admin", "PUT", f"{ROLE}/a%2Fb?createOnly=true", json=body)
    assert (put.status, put.content) == (204, b"")
    assert (await secured("admin", "PUT", f"{ROLE}/a%2Fb?createOnly=true", json=body)).status == 409
    shown = (await secured("admin", "GET", f"{ROLE}/a%2Fb?replaceDeprecatedPrivileges=true")).json
    assert (shown["name"], shown["kibana"]) == ("a/b", [{"base": ["read"], "feature": {}, "spaces": ["*"]}])
    names = [role["name"] for role in (await secured("admin", "GET", ROLE)).json]
    assert names == ["a/b", "editor", "kibana_admin", "stack-rules", "superuser", "viewer"]
    for path, content, message in (
        (f"{ROLE}/x", {}, "[request body.elasticsearch]"),
        (f"{ROLE}/x", {"elasticsearch": {"cluster": [1]}}, "[request body.elasticsearch.cluster.0]"),
        (f"{ROLE}/x?createOnly=1", body, "[request query.createOnly]"),
        (f"{ROLE}/{'x' * 1025}", body, "[request params.name]"),
    ):
        refused = await secured("admin", "PUT", path, json=content)
        assert (refused.status, refused.message.startswith(message)) == (400, True), refused.content
    # Who may read security may read roles, and no more.
    parts = secured.served.engine.parts
    [viewer] = [user for user in await parts.store.users() if user.name == "viewer"]
    await parts.store.change_user(User(viewer.name, viewer.password_hash, NOW, NOW, ("a/b",)), viewer.version, None)
    assert (await secured("viewer", "GET", f"{ROLE}/viewer")).status == 200
    assert (await secured("viewer", "DELETE", f"{ROLE}/a%2Fb")).status == 403
    assert (await secured("admin", "DELETE", f"{ROLE}/a%2Fb")).status == 204
    assert (await secured("viewer", "GET", f"{ROLE}/viewer")).status == 403


async def test_a_case_is_closed_over_http(secured: Secured) -> None:
    case = (await secured("editor", "GET", "/api/cases/c")).json
    body = {"cases": [{"id": "c", "version": case["version"], "status": "closed"}]}
    assert (await secured("viewer", "PATCH", "/api/cases", json=body)).status == 403
    [closed] = (await secured("editor", "PATCH", "/api/cases", json=body)).json
    assert (closed["status"], closed["closed_by"]["username"], closed["duration"]) == ("closed", "editor", 0)
    assert (await secured("editor", "PATCH", "/api/cases", json=body)).status == 409
