"""The reference of the API, over HTTP: a document for programs, and a page for people."""

from collections.abc import Sequence
from functools import cache

from engine.api.docs_page import CONTENT_POLICY, write_page
from engine.api.openapi import describe
from engine.api.route import Answer, Handler, Request, Route, answer_json
from engine.model.jsonvalue import JsonObject

_HTML = "text/html; charset=utf-8"


def routes(others: Sequence[Route]) -> tuple[Route, ...]:
    """Of the other routes and these. Both tell nothing of the installation, and are open to all."""

    @cache
    def document() -> JsonObject:
        return describe([*others, *own])

    async def openapi(request: Request) -> Answer:
        return answer_json(document())

    async def docs(request: Request) -> Answer:
        page = write_page(document())
        return Answer(200, page.encode(), _HTML, {"content-security-policy": CONTENT_POLICY})

    def open_route(path: str, handle: Handler, summary: str) -> Route:
        return Route("GET", path, handle, is_open=True, is_apart=True, in_spaces=False, summary=summary)

    own = (
        open_route("/openapi.json", openapi, "Get this reference as an OpenAPI document"),
        open_route("/docs", docs, "Read this reference as a page"),
    )
    return own
