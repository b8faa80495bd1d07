"""Nested objects: each is searched as a document of its own."""

from typing import Any

import pytest

from engine.model.errors import SearchError
from engine.ports.search import FieldCapsRequest
from engine.search.local import LocalSearch

COURSES = {
    "properties": {
        "department": {"type": "keyword"},
        "staff": {"type": "integer"},
        "courses": {
            "type": "nested",
            "properties": {
                "name": {"type": "text", "fields": {"keyword": {"type": "keyword"}}},
                "credits": {"type": "integer"},
                "sessions": {"type": "nested", "properties": {"semester": {"type": "keyword"}}},
            },
        },
    }
}
DOCUMENTS: list[dict[str, Any]] = [
    {"_id": "compsci", "department": "compsci", "staff": 12, "courses": [
        {"name": "Object Oriented Programming", "credits": 3, "sessions": [
            {"semester": "spr2021", "students": 37}, {"semester": "fall2020", "students": 45}]},
        {"name": "Theory of Computation", "credits": 4, "sessions": [
            {"semester": "spr2021", "students": 19}, {"semester": "fall2020", "students": 14}]}]},
    {"_id": "math", "department": "math", "staff": 20, "courses": [
        {"name": "Precalculus", "credits": 1, "sessions": {"semester": "spr2021", "students": 100}},
        {"name": "Linear Algebra", "credits": 3, "sessions": []}]},
    {"_id": "dotted", "department": "law", "courses.name": "Object of Law", "courses.credits": 9},
    {"_id": "empty", "department": "arts", "courses": None},
]  # fmt: skip


@pytest.fixture
async def departments(search: LocalSearch, ask: Any) -> Any:
    report = await search.add_documents("departments", DOCUMENTS, COURSES)
    assert report.problems == []

    async def found(query: dict[str, Any]) -> list[str]:
        answer = await ask("departments", query=query)
        return [hit["_id"] for hit in answer["hits"]["hits"]]

    return found


def in_courses(*parts: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {"nested": {"path": "courses", "query": {"bool": {"filter": list(parts)}}, **options}}


SPRING = {"nested": {"path": "courses.sessions", "query": {"term": {"courses.sessions.semester": "spr2021"}}}}


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (in_courses({"match": {"courses.name": "theory"}}, {"term": {"courses.credits": 4}}), ["compsci"]),
        (in_courses({"match": {"courses.name": "theory"}}, {"term": {"courses.credits": 3}}), []),
        (in_courses({"match": {"courses.name": "object"}}), ["compsci", "dotted"]),
        (in_courses({"term": {"courses.credits": 3}}), ["compsci", "math"]),
        (in_courses({"term": {"courses.credits": 3}}, SPRING), ["compsci"]),
        (in_courses({"exists": {"field": "courses"}}), ["compsci", "math", "dotted"]),
        (in_courses({"exists": {"field": "courses.sessions"}}), []),
        (in_courses({"ids": {"values": ["math"]}}), ["math"]),
        (in_courses({"term": {"department": "math"}}), []),
        (in_courses({"range": {"courses.sessions.students": {"gt": 90}}}), []),
        ({"nested": {"path": "courses", "query": {"bool": {"must_not": {"term": {"courses.credits": 3}}}}}},
         ["compsci", "math", "dotted"]),
        ({"bool": {"must_not": in_courses({"match_all": {}})}}, ["empty"]),
        (SPRING, ["compsci", "math"]),
        ({"nested": {"path": "courses.sessions", "query": {"range": {"courses.sessions.students": {"gt": 90}}}}},
         ["math"]),
        ({"exists": {"field": "courses"}}, []),
        ({"term": {"courses.credits": 3}}, []),
        ({"query_string": {"query": "object"}}, []),
        ({"nested": {"path": "gone", "query": {"match_all": {}}, "ignore_unmapped": True}}, []),
    ],
)  # fmt: skip
async def test_one_object_meets_the_whole_query(departments: Any, query: dict[str, Any], ids: list[str]) -> None:
    assert await departments(query) == ids


@pytest.mark.parametrize(
    ("query", "kind", "reason"),
    [
        ({"nested": {"path": "gone", "query": {"match_all": {}}}}, "search_phase_execution_exception", "not mapped"),
        ({"nested": {"path": "staff", "query": {"match_all": {}}, "ignore_unmapped": True}},
         "search_phase_execution_exception", "not of nested type"),
        (in_courses(in_courses()), "search_phase_execution_exception", "courses"),
        ({"nested": {"path": "courses"}}, "parsing_exception", "query"),
        (in_courses(score_mode="best"), "illegal_argument_exception", "best"),
        (in_courses(inner_hits={}), "illegal_argument_exception", "inner_hits"),
    ],
)  # fmt: skip
async def test_what_no_nested_query_can_be_is_refused(
    departments: Any, query: dict[str, Any], kind: str, reason: str
) -> None:
    with pytest.raises(SearchError) as caught:
        await departments(query)
    assert caught.value.error_type == kind
    assert reason in str(caught.value)


async def test_fields_come_as_objects_under_their_path(departments: Any, ask: Any) -> None:
    answer = await ask("departments", fields=["department", "courses.name*", "*.semester"], _source=False, size=2)
    assert answer["hits"]["hits"][1]["fields"] == {
        "department": ["math"],
        "courses": [
            {"name": ["Precalculus"], "name.keyword": ["Precalculus"], "sessions": [{"semester": ["spr2021"]}]},
            {"name": ["Linear Algebra"], "name.keyword": ["Linear Algebra"]},
        ],
    }


async def test_a_document_replaced_takes_its_objects_along(search: LocalSearch, departments: Any) -> None:
    await search.add_documents("departments", [{"_id": "math", "department": "math", "courses": {"credits": 77}}])
    assert await departments(in_courses({"term": {"courses.credits": 77}})) == ["math"]
    assert await departments(in_courses({"term": {"courses.credits": 1}})) == []


async def test_objects_that_are_none_are_rejected(search: LocalSearch) -> None:
    report = await search.add_documents("departments", [{"courses": 5}, {"courses": [{"credits": 1}, "x"]}], COURSES)
    assert [problem.field for problem in report.problems] == ["courses", "courses"]


async def test_field_capabilities_name_them(search: LocalSearch, departments: Any) -> None:
    answer = await search.field_caps(FieldCapsRequest(("departments",), ("courses*",)))
    kinds = {name: list(kinds) for name, kinds in answer["fields"].items()}
    assert kinds == {
        "courses": ["nested"],
        "courses.credits": ["integer"],
        "courses.name": ["text"],
        "courses.name.keyword": ["keyword"],
        "courses.sessions": ["nested"],
        "courses.sessions.semester": ["keyword"],
        "courses.sessions.students": ["long"],
    }
