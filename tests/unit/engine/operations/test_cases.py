"""Cases: how GET shows them, who may look, and how their status changes (rest-api.md 7.2)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.model.case import AlertAttachment, Case, CaseComment, UserComment
from engine.model.errors import Conflict, Forbidden, InvalidInput, NotFound
from engine.model.role import Role, SpacePrivileges
from engine.operations.case_form import case_to_json, version_text
from engine.operations.cases import Cases
from engine.security.caller import Caller
from engine.security.rights import rights_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOBODY = {"email": None, "full_name": None, "username": None}
ANN = {"email": None, "full_name": None, "username": "ann"}
CASE = Case("c", "title", "description", "cases", NOON, tags=("b", "a"))


def caller(feature: str, privilege: str) -> Caller:
    return Caller("ann", rights_of([Role("r", (SpacePrivileges(feature={feature: (privilege,)}),))]))


@pytest.fixture
async def cases(world: Any) -> Cases:
    await world.store.insert_case(CASE, None)
    return Cases(world.store)


def test_a_case_without_anything_is_shown_with_all_members() -> None:
    assert case_to_json(CASE) == {
        "id": "c",
        "version": "WzEsMV0=",
        "owner": "cases",
        "title": "title",
        "description": "description",
        "status": "open",
        "severity": "low",
        "tags": ["b", "a"],
        "settings": {"syncAlerts": False},
        "connector": {"id": "none", "name": "none", "type": ".none", "fields": None},
        "assignees": [],
        "category": None,
        "customFields": [],
        "comments": [],
        "totalAlerts": 0,
        "totalComment": 0,
        "created_at": "2026-03-01T12:00:00.000Z",
        "created_by": NOBODY,
        "updated_at": None,
        "updated_by": None,
        "closed_at": None,
        "closed_by": None,
        "duration": None,
        "external_service": None,
    }


def test_comments_and_attachments_are_shown_and_alerts_counted_once() -> None:
    attached = AlertAttachment(("1", "2"), ("i", "j"), "r", "rule")
    whole = replace(
        CASE,
        comments=(
            CaseComment("x", UserComment("hello"), NOON, "ann", NOON, "ann", 2),
            CaseComment("y", attached, NOON),
            CaseComment("z", replace(attached, alert_ids=("2", "3")), NOON),
        ),
    )
    shown = case_to_json(whole)
    assert (shown["totalAlerts"], shown["totalComment"]) == (3, 1)
    assert shown["comments"][0] == {
        "id": "x",
        "version": version_text(2),
        "owner": "cases",
        "type": "user",
        "comment": "hello",
        "created_at": "2026-03-01T12:00:00.000Z",
        "created_by": ANN,
        "updated_at": "2026-03-01T12:00:00.000Z",
        "updated_by": ANN,
        "pushed_at": None,
        "pushed_by": None,
    }
    assert shown["comments"][1] | {"id": "x"} == {
        "id": "x",
        "version": version_text(1),
        "owner": "cases",
        "type": "alert",
        "alertId": ["1", "2"],
        "index": ["i", "j"],
        "rule": {"id": "r", "name": "rule"},
        "created_at": "2026-03-01T12:00:00.000Z",
        "created_by": NOBODY,
        "updated_at": None,
        "updated_by": None,
        "pushed_at": None,
        "pushed_by": None,
    }


@pytest.mark.parametrize(
    ("feature", "privilege", "may_read", "may_change"),
    [
        ("generalCases", "all", True, True),
        ("generalCasesV2", "all", True, True),
        ("generalCasesV3", "read", True, False),
        ("observabilityCases", "all", False, False),
        ("stackAlerts", "all", False, False),
    ],
)
async def test_rights_go_by_the_owner_of_the_case(
    cases: Cases, feature: str, privilege: str, may_read: bool, may_change: bool
) -> None:
    who = caller(feature, privilege)
    change = {"cases": [{"id": "c", "version": version_text(1), "status": "closed"}]}
    for is_allowed, act in (
        (may_read, cases.get("c", caller=who)),
        (may_change, cases.change(change, at=NOON, caller=who)),
    ):
        if is_allowed:
            await act
        else:
            with pytest.raises(Forbidden, match=r"role with \[\w+\] of \[generalCases\]"):
                await act


async def test_unknown_cases_and_those_of_other_spaces_are_not_found_whoever_asks(cases: Cases) -> None:
    for case_id, space in (("c", "other"), ("x", "default")):
        with pytest.raises(NotFound, match="case"):
            await cases.get(case_id, space=space, caller=Caller("nobody"))


async def test_closing_notes_when_and_by_whom_and_opening_forgets_it(cases: Cases, world: Any) -> None:
    who, later = caller("generalCases", "all"), NOON + timedelta(minutes=1, milliseconds=999)
    closing = {"cases": [{"id": "c", "version": version_text(1), "status": "closed"}]}
    [closed] = map(case_to_json, await cases.change(closing, at=later, caller=who))
    assert (closed["status"], closed["duration"], closed["closed_by"], closed["updated_by"]) == ("closed", 60, ANN, ANN)
    assert closed["closed_at"] == closed["updated_at"] == "2026-03-01T12:01:00.999Z"
    opening = {"cases": [{"id": "c", "version": closed["version"], "status": "in-progress"}]}
    [opened] = map(case_to_json, await cases.change(opening, at=later, caller=who))
    assert (opened["status"], opened["duration"], opened["closed_at"], opened["closed_by"]) == (
        "in-progress",
        None,
        None,
        None,
    )
    assert [entry.details for entry in await world.store.audit("default")] == [
        {"status": "closed"},
        {"status": "in-progress"},
    ]


async def test_the_same_status_again_changes_nothing(cases: Cases) -> None:
    [same] = await cases.change({"cases": [{"id": "c", "version": version_text(1), "status": "open"}]}, at=NOON)
    assert same == CASE


async def test_a_stale_version_changes_none_of_the_cases(cases: Cases, world: Any) -> None:
    await world.store.insert_case(replace(CASE, id="d"), None)
    good = {"id": "d", "version": version_text(1), "status": "closed"}
    for bad, error in (
        ({"id": "c", "version": version_text(2), "status": "closed"}, Conflict),
        ({"id": "x", "version": version_text(1), "status": "closed"}, NotFound),
    ):
        with pytest.raises(error):
            await cases.change({"cases": [good, bad]}, at=NOON)
    assert (await cases.get("d")).status == "open"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "cases"),
        ({"cases": []}, "cases"),
        ({"cases": [{"id": "c", "version": "WzEsMV0=", "status": "closed"}] * 2}, "cases"),
        ({"cases": [{"id": "c", "version": "v"}]}, "cases.0.status"),
        ({"cases": [{"id": "c", "version": "v", "status": "done"}]}, "cases.0.status"),
        ({"cases": [{"id": "c", "version": "v", "status": "open", "title": "t"}]}, "cases.0.title"),
    ],
)
async def test_other_bodies_are_refused(cases: Cases, body: Any, path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await cases.change(body, at=NOON)
    assert caught.value.problems[0].path == path
