"""What a user may do to cases (rest-api.md 7.2): look at them, and say how far they are."""

from dataclasses import replace
from datetime import datetime

from engine.model.case import Case, CaseStatus
from engine.model.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem
from engine.model.jsonvalue import JsonValue
from engine.model.rule import DEFAULT_SPACE
from engine.operations.case_form import CaseChangeBody, CaseChangesBody, version_text
from engine.operations.validation import parse_model
from engine.ports.store import AuditEntry, Store
from engine.security.caller import ANYBODY, Caller
from engine.security.features import Level, features_of_cases


class Cases:
    """The operations on cases. Rights depend on a case's owner, so it is loaded first; may raise StoreUnavailable."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, case_id: str, *, space: str = DEFAULT_SPACE, caller: Caller = ANYBODY) -> Case:
        """The case. Raises NotFound or Forbidden."""
        return await self._load(case_id, space, caller, "read")

    async def change(
        self, body: JsonValue, *, at: datetime, space: str = DEFAULT_SPACE, caller: Caller = ANYBODY
    ) -> list[Case]:
        """Change the status of cases; all are judged before the first is changed.

        Raises InvalidInput, NotFound, Forbidden or Conflict.
        """
        wanted = parse_model(CaseChangesBody, body).cases
        if len({change.id for change in wanted}) < len(wanted):
            raise InvalidInput([Problem("cases", "names a case twice", "name each case once")])
        cases = [await self._admitted(change, space, caller) for change in wanted]
        for case, change in zip(cases, wanted, strict=True):
            if case.status != change.status:
                changed = with_status(case, change.status, at, caller.name)
                audit = AuditEntry(at, caller.name, "update", "case", case.id, space, {"status": change.status})
                if not await self._store.change_case(changed, case.version, audit):
                    raise _stale(case.id)
        return [await self._load(change.id, space, caller, "all") for change in wanted]

    async def _admitted(self, change: CaseChangeBody, space: str, caller: Caller) -> Case:
        case = await self._load(change.id, space, caller, "all")
        if version_text(case.version) != change.version:
            raise _stale(case.id)
        return case

    async def _load(self, case_id: str, space: str, caller: Caller, level: Level) -> Case:
        case = await self._store.load_case(space, case_id)
        if case is None:
            raise NotFound("case", case_id)
        features = features_of_cases(case.owner)
        if not caller.rights.may(space, features, level):
            raise Forbidden(
                f"not allowed for cases of [{case.owner}]: this needs a role with [{level}] of [{features[0]}]"
            )
        return case


def with_status(case: Case, status: CaseStatus, at: datetime, actor: str | None) -> Case:
    """The case in another status: closing notes when and by whom, opening forgets it."""
    is_closed = status == "closed"
    return replace(
        case,
        status=status,
        updated_at=at,
        updated_by=actor,
        closed_at=at if is_closed else None,
        closed_by=actor if is_closed else None,
    )


def _stale(case_id: str) -> Conflict:
    return Conflict(f"case [{case_id}] was changed since this version of it was read: read it again")
