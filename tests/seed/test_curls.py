"""Each curl of the reference's excerpt works here, or stands on a page that is nobody's of an alert engine.

`requests.toml` has the requests. One half of these tests sends them to the API; the other, where the excerpt is at
hand, holds them against it: none is left out, nothing else was changed, and what a page requires is all asked for.
"""

import json
import re
import tomllib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.model.case import AlertAttachment, Case, CaseComment, UserComment
from engine.ports.http import HttpRequest, HttpResponse
from engine.search.local.engine import LocalSearch
from tests.cases.adapters.rest_server import RestServer
from tests.seed.excerpt import EXCERPT, Page, count_curls, read_pages, sample_members, top_members
from tests.servers.asgi import Answered
from tocsin.composition import builtin_registry
from tocsin.files.rules import load_rules

BODIES = Path(__file__).parents[2] / "config" / "samples" / "create-rule"
TABLE = tomllib.loads((Path(__file__).parent / "requests.toml").read_text(encoding="utf-8"))
REQUESTS = [pytest.param(request, id=f"{request['page']}: {request['name']}") for request in TABLE["request"]]
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CONNECTORS = (
    "d0db1fe0-78d6-11ee-9177-f7d404c8c945",
    "fdbece50-406c-11ee-850e-c71febc4ca7f",
    "48de3460-f401-11ed-9f8e-399c75a2deeb",
)
CASE = "9c235210-6834-11ea-a78c-6ffb38a34414"
FLIGHTS = "ff959d40-b880-11e8-a6d9-e546fe2bba5f"
HOUR = {"type": "long", "script": {"source": "emit(doc['timestamp'].value.getHour());"}}
VIEWS = {
    "90943e30-9a47-11e8-b64d-95841ca0b247": {"title": "kibana_sample_data_logs", "timeFieldName": "@timestamp"},
    "0cd90abf-abe7-44c7-909a-f621bbbcfefc": {"title": "boundary*"},
    FLIGHTS: {"title": "kibana_sample_data_flights", "runtimeFieldMap": {"hour_of_day": HOUR}},
}
ROLE = {
    "description": "Grants all.",
    "metadata": {"version": 1},
    "elasticsearch": {
        "cluster": ["all"],
        "indices": [{"names": ["index1"], "privileges": ["all"]}],
        "remote_cluster": [{"clusters": ["remote_cluster1"], "privileges": ["monitor_enrich"]}],
        "remote_indices": [{"names": ["remote_index1"], "clusters": ["remote_cluster1"], "privileges": ["all"]}],
    },
    "kibana": [{"base": ["all"], "spaces": ["default"], "feature": {}}],
}
RULE = {
    "name": "CPU",
    "rule_type_id": ".index-threshold",
    "consumer": "alerts",
    "schedule": {"interval": "1m"},
    "params": {
        "index": ["metrics"],
        "timeField": "@timestamp",
        "timeWindowSize": 5,
        "timeWindowUnit": "m",
        "thresholdComparator": ">",
        "threshold": [1],
    },
}
HEADERS = {"kbn-xsrf": "true", "content-type": "application/json"}


class Services:
    """The services that connectors talk to: each answers as the table says."""

    def __init__(self) -> None:
        self._answers = {at: text for one in TABLE["connector"] for at, text in one["answers"].items()}

    async def send(self, request: HttpRequest) -> HttpResponse:
        answer = self._answers[f"{request.method} {request.url.partition('?')[0]}"]
        return HttpResponse(200, "OK", {"content-type": "application/json"}, answer.encode())

    async def close(self) -> None: ...


def body_of(request: dict[str, Any]) -> Any:
    """What a request sends; None: nothing."""
    if "file" in request:
        [definition] = load_rules([BODIES / f"{request['file']}.yml"]).rules
        return definition.body
    return json.loads(request["body"]) if "body" in request else None


async def send(server: RestServer, method: str, path: str, body: Any = None) -> Answered:
    content = b"" if body is None else json.dumps(body).encode()
    return await server.send(method, path, HEADERS, content)


async def prepare(server: RestServer, method: str, path: str, body: Any) -> None:
    answered = await send(server, method, path, body)
    assert answered.status < 300, answered.content


@pytest.fixture
async def server() -> AsyncIterator[RestServer]:
    """A server that has whatever the curls name."""
    not_built = [
        {"id": f"of{kind}", "name": kind, "connector_type_id": kind, "is_missing_secrets": False}
        for kind in TABLE["not_built"]
    ]
    search = LocalSearch(lambda: NOW)
    await search.add_documents("kibana_sample_data_flights", [{"timestamp": "2026-03-01T11:00:00Z", "Dest": "Oslo"}])
    async with RestServer(stored=not_built, search=search, now=NOW, http=Services()) as server:
        for connector in CONNECTORS:
            made = {"name": connector, "connector_type_id": ".server-log"}
            await prepare(server, "POST", f"/api/actions/connector/{connector}", made)
        index = {"name": "index", "connector_type_id": ".index", "config": {"index": "my-index"}}
        await prepare(server, "POST", "/api/actions/connector/of.index", index)
        for one in TABLE["connector"]:
            parts = {name: one[name] for name in ("config", "secrets")}
            made = {"name": one["type"], "connector_type_id": one["type"], **parts}
            await prepare(server, "POST", f"/api/actions/connector/of{one['type']}", made)
        for view_id, spec in VIEWS.items():
            await prepare(server, "POST", "/api/data_views/data_view", {"data_view": {"id": view_id, **spec}})
        await prepare(server, "POST", "/api/data_views/default", {"data_view_id": FLIGHTS, "force": True})
        await prepare(server, "POST", "/api/alerting/rule/r1", RULE)
        await prepare(server, "PUT", "/api/security/role/my_kibana_role", ROLE)
        await add_case(server)
        yield server


async def add_case(server: RestServer) -> None:
    """No route makes cases, so the store is told."""
    comments = (
        CaseComment("c1", UserComment("A new comment"), NOW, "elastic"),
        CaseComment("c2", AlertAttachment(("a1",), (".alerts",), "r1", "CPU"), NOW, "elastic"),
    )
    case = Case(CASE, "Case title 1", "A case", "cases", NOW, created_by="elastic", comments=comments)
    assert await server.parts.store.insert_case(case, None)


@pytest.mark.parametrize("request_", REQUESTS)
async def test_a_request_of_the_reference_is_answered_as_it_says(server: RestServer, request_: dict[str, Any]) -> None:
    answered = await send(server, request_["method"], request_["path"], body_of(request_))
    assert answered.status == request_["status"], answered.content
    if answered.status == 204:
        assert answered.content == b""
        return
    assert answered.headers["content-type"].startswith("application/json")
    if answered.status == 200:
        required = TABLE["required"].get(request_["page"], ())
        assert [path for path in required if lacks(answered.json, path.split("."))] == []
        assert answered.json.get("status") != "error", answered.content
    else:
        told = answered.json
        assert (told["statusCode"], told["error"]) == (400, "Bad Request")
        assert request_["connector"] in told["message"]


def lacks(value: Any, path: list[str]) -> bool:
    """Whether a member is missing whose parent is there; lists count as what they hold, ``*`` is every name."""
    if isinstance(value, list):
        return any(lacks(each, path) for each in value)
    if not isinstance(value, dict):
        return False
    name, *rest = path
    if name == "*":
        return any(lacks(each, rest) for each in value.values())
    return name not in value if not rest else name in value and lacks(value[name], rest)


def test_lacking_is_seen_wherever_the_parent_is() -> None:
    assert lacks({"a": [{"b": 1}, {}]}, ["a", "b"])
    assert lacks({"a": {"x": {"b": 1}, "y": {}}}, ["a", "*", "b"])
    assert not lacks({"a": None}, ["a", "b"])
    assert not lacks({}, ["a", "b"])
    assert lacks({}, ["a"])


def test_types_are_built_or_listed_as_not_built() -> None:
    registry = builtin_registry()
    built = {kind for kind in TABLE["not_built"] if registry.connector_type(kind) is not None}
    assert built == set(), "take them out of not_built, and say what their requests are answered"


# ---- the table against the excerpt

needs_excerpt = pytest.mark.skipif(not EXCERPT.exists(), reason=f"{EXCERPT} is not at hand")


@pytest.fixture(scope="module")
def pages() -> dict[str, Page]:
    return {page.title: page for page in read_pages()}


@needs_excerpt
def test_every_curl_is_shown_or_elsewhere(pages: dict[str, Page]) -> None:
    assert sum(len(page.curls) for page in pages.values()) == count_curls()
    shown = {request["page"] for request in TABLE["request"] if "lines" not in request}
    assert shown | set(TABLE["elsewhere"]) == set(pages)
    assert shown.isdisjoint(TABLE["elsewhere"])


@needs_excerpt
def test_every_sample_body_is_shown(pages: dict[str, Page]) -> None:
    for title in {request["page"] for request in TABLE["request"]}:
        mine = [request for request in TABLE["request"] if request["page"] == title]
        taken = {number for request in mine for number in spans(request)}
        assert [line for number, line in samples_of(pages[title]) if number not in taken] == []


def spans(request: dict[str, Any]) -> Iterator[int]:
    for first, last in (*([request["lines"]] if "lines" in request else ()), *request.get("samples", ())):
        yield from range(first, last + 1)


def samples_of(page: Page) -> Iterator[tuple[int, str]]:
    """The indented lines between the curl and the answers that the page shows by name."""
    [curl] = page.curls
    is_command = True
    for number, line in page.lines.items():
        if number < curl.line or (is_command and line.startswith((" --", "curl"))):
            continue
        is_command = False
        if line == "" or line.startswith(("The response", "Response example")):
            return
        if line.startswith("  "):
            yield number, line


@needs_excerpt
@pytest.mark.parametrize("request_", REQUESTS)
def test_nothing_but_what_is_listed_differs_from_the_page(pages: dict[str, Page], request_: dict[str, Any]) -> None:
    page = pages[request_["page"]]
    [curl] = page.curls
    assert request_["method"] == curl.method
    pattern = "[^/]+".join(re.escape(part) for part in re.split(r"\{\w+\}", page.route[1]))
    assert re.fullmatch(pattern, request_["path"])
    if "{" not in curl.path:
        assert request_["path"] == curl.path or "lines" in request_
    if curl.method != "GET":
        assert "kbn-xsrf" in curl.headers
    if "lines" not in request_:
        sent = None if curl.body is None else json.loads(repaired(curl.body, request_))
        assert body_of(request_) == sent
        return
    told = sample_members(repaired("\n".join(page.text(request_["lines"])), request_).splitlines())
    left = [(path, value) for path, value in leaves(body_of(request_), ()) if not took(told, path[-1], value)]
    assert told == []
    assert {".".join(path) for path, _ in left} == set(request_.get("lost", ()))


def repaired(text: str, request: dict[str, Any]) -> str:
    for repair in request.get("repairs", ()):
        assert repair["was"] in text, f"the page does not say {repair['was']}"
        assert repair["why"]
        text = text.replace(repair["was"], repair["now"])
    return text


def leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Scalars, and what is empty, with the names that lead there; each list of scalars is one."""
    if isinstance(value, dict) and value:
        for name, member in value.items():
            yield from leaves(member, (*path, name))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for member in value:
            yield from leaves(member, path)
    else:
        yield path, value


def took(told: list[tuple[str, Any]], name: str, value: Any) -> bool:
    """Whether the page tells that member; it is taken away then."""
    if (name, value) in told:
        told.remove((name, value))
        return True
    return False


@needs_excerpt
def test_what_a_page_requires_is_asked_for(pages: dict[str, Page]) -> None:
    stated = {title: set(paths) for title, paths in TABLE["required"].items()}
    # The list on the page of _execute belongs to another page: its samples count.
    told = {title: page.required for title, page in pages.items() if title in stated}
    assert {title for title in pages if title not in stated} == {*TABLE["elsewhere"], "Run a connector"}
    assert told == stated


def has_answer(request: Any) -> bool:
    """Whether the page shows what the request is answered here; it does not for types that are not built."""
    return "samples" in request and request["status"] == 200


@needs_excerpt
@pytest.mark.parametrize("request_", [param for param in REQUESTS if has_answer(param.values[0])])
async def test_an_answer_has_what_its_sample_has(
    server: RestServer, pages: dict[str, Page], request_: dict[str, Any]
) -> None:
    answered = await send(server, request_["method"], request_["path"], body_of(request_))
    for lines in request_["samples"]:
        assert top_members(pages[request_["page"]].text(lines)) <= set(answered.json)
