"""The log of connectors over HTTP: two of Kibana's internal routes (connector-framework.md 11.4)."""

from engine.api.route import Answer, Request, Route, answer_json
from engine.operations.connector_log import KpiBody, LogBody, count_executions, find_executions
from engine.operations.validation import parse_model
from engine.ports.store import Store
from engine.security.caller import Need
from engine.security.features import ACTIONS

_READING = Need(ACTIONS, "read")


def routes(store: Store) -> tuple[Route, ...]:
    """The log and its counts, for whoever may read connectors in every space that is asked for."""

    async def find(request: Request) -> Answer:
        for space in parse_model(LogBody, request.body).namespaces or ():
            _READING.check(request.caller, space)
        return answer_json(await find_executions(store, request.body, space=request.space, at=request.at))

    async def count(request: Request) -> Answer:
        return answer_json(await count_executions(store, request.body, space=request.space, at=request.at))

    path = "/internal/actions/_global_connector_execution"
    return (
        Route("POST", f"{path}_logs", find, body=LogBody, needs=_READING, summary="List executions of connectors"),
        Route("POST", f"{path}_kpi", count, body=KpiBody, needs=_READING, summary="Count executions of connectors"),
    )
