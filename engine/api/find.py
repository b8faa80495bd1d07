"""Finding rules over HTTP (rest-api.md 4.5)."""

from typing import Annotated

from pydantic import Field

from engine.api.query import QueryInteger
from engine.api.route import Answer, Request, Route, answer_json
from engine.operations.find_form import FindForm, query_of, with_fields
from engine.operations.presentation import rule_to_json
from engine.operations.rules import Rules


class FindQuery(FindForm):
    """The same as texts of a query string."""

    per_page: Annotated[QueryInteger, Field(ge=0)] = 10
    page: Annotated[QueryInteger, Field(ge=1)] = 1


def routes(rules: Rules) -> tuple[Route, ...]:
    """The public route."""

    async def find(request: Request) -> Answer:
        form = request.query_as(FindQuery)
        found = await rules.under(request.caller).find(query_of(form, request.at), space=request.space)
        shown = [rule_to_json(stored, at=request.at) for stored in found.rules]
        if form.fields:
            shown = [with_fields(rule, form.fields) for rule in shown]
        return answer_json({"page": form.page, "per_page": form.per_page, "total": found.total, "data": shown})

    return (Route("GET", "/api/alerting/rules/_find", find, query=FindQuery, summary="Find rules"),)
