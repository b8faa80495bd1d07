"""Cases over HTTP (rest-api.md 7.2): rights depend on a case's owner, and are judged once it is loaded."""

from engine.api.route import Answer, Request, Route, answer_json
from engine.operations.case_form import CaseChangesBody, case_to_json
from engine.operations.cases import Cases


def routes(cases: Cases) -> tuple[Route, ...]:
    """One case, and the status of some."""

    async def get(request: Request) -> Answer:
        case = await cases.get(request.parts["case_id"], space=request.space, caller=request.caller)
        return answer_json(case_to_json(case))

    async def change(request: Request) -> Answer:
        changed = await cases.change(request.body, at=request.at, space=request.space, caller=request.caller)
        return answer_json([case_to_json(case) for case in changed])

    return (
        Route("GET", "/api/cases/{case_id}", get, summary="Get a case with its comments"),
        Route("PATCH", "/api/cases", change, body=CaseChangesBody, summary="Change the status of cases"),
    )
