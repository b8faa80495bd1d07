"""Which documents match a text in Lucene's language, and words in any of several fields: what KQL compiles to."""

from typing import Any

import pytest

from engine.model.errors import SearchError

PROPERTIES = {
    "host": {"type": "keyword"},
    "message": {"type": "text"},
    "code": {"type": "long"},
    "at": {"type": "date"},
    "up": {"type": "boolean"},
}
DOCUMENTS = [
    {"_id": "0", "host": "web-1", "message": "Disk full on New York", "code": 500, "at": "2024-05-07T10:00:00Z"},
    {"_id": "1", "host": "web-2", "message": "disk fine", "code": 200, "at": "2024-05-07T11:00:00Z", "up": True},
    {"_id": "2", "host": "db 1", "message": "york is full", "code": 503, "at": "2024-05-08T10:00:00Z"},
    {"_id": "3", "host": "a*b", "message": "new timeout: 7 (seven)", "at": "2024-05-09T10:00:00Z", "up": False},
]


@pytest.fixture
async def logs(backend: Any) -> Any:
    await backend.load("logs", DOCUMENTS, PROPERTIES)
    return backend


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("message:disk", "01"),
        ("message:DISK", "01"),
        ("message:(disk york)", "012"),
        ("message:(disk AND full)", "0"),
        ('message:"full on new"', "0"),
        ("host:web-1", "0"),
        ("host:web*", "01"),
        ("host:web-?", "01"),
        ("message:FU*", "02"),
        (r"host:a\*b", "3"),
        (r"host:db\ 1", "2"),
        ('host:"db 1"', "2"),
        ("code:500", "0"),
        ("code:[500 TO 503]", "02"),
        ("code:{500 TO 503]", "2"),
        ("code:[* TO 300]", "1"),
        ("code:>=500", "02"),
        ("code:<500", "1"),
        ("at:2024-05-07", "01"),
        ("at:[2024-05-08 TO *]", "23"),
        ("up:true", "1"),
        ("up:*", "13"),
        ("_exists_:code", "012"),
        ("*:*", "0123"),
        ("NOT message:disk", "23"),
        ("-message:disk", "23"),
        ("!message:disk", "23"),
        ("+message:disk message:full", "01"),
        ("message:disk AND NOT code:500", "1"),
        ("message:disk && code:500", "0"),
        ("message:disk OR message:york", "012"),
        ("message:disk || message:york", "012"),
        ("code:500 OR message:disk AND code:200", "1"),
        ("(code:500 OR message:york) AND message:full", "02"),
        ("message:disk^2", "01"),
        ("missing:x", ""),
        ("", ""),
    ],
)
async def test_query_strings(logs: Any, text: str, ids: str) -> None:
    assert await logs.ids("logs", {"query_string": {"query": text}}) == list(ids)


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ({"query": "disk", "fields": ["message"]}, "01"),
        ({"query": "disk york", "fields": ["message"]}, "012"),
        ({"query": "disk york", "fields": ["message"], "default_operator": "AND"}, "0"),
        ({"query": "dis* tim*", "fields": ["message"]}, "013"),
        ({"query": "disk", "default_field": "message"}, "01"),
        ({"query": "web-1", "fields": ["host^3", "message"]}, "0"),
        ({"query": "7", "fields": ["mess*", "code"]}, "3"),
        ({"query": "disk", "fields": ["message", "code"], "lenient": True}, "01"),
        ({"query": "full", "analyze_wildcard": True, "time_zone": "UTC"}, "02"),
        ({"query": "at:[2024-05-07T12:00 TO *]", "time_zone": "+02:00"}, "0123"),
    ],
)
async def test_options_of_query_strings(logs: Any, options: dict[str, Any], ids: str) -> None:
    assert await logs.ids("logs", {"query_string": options}) == list(ids)


@pytest.mark.parametrize("text", ["(a", "a)", "AND", "a AND", '"a', "code:[1 TO", "NOT", "code:[1 TO 2"])
async def test_what_is_no_query_is_refused(logs: Any, text: str) -> None:
    with pytest.raises(SearchError) as refused:
        await logs.ids("logs", {"query_string": {"query": text}})
    assert refused.value.status == 400


async def test_a_leading_wildcard_may_be_refused(logs: Any) -> None:
    query = {"query": "host:*1", "allow_leading_wildcard": False}
    with pytest.raises(SearchError):
        await logs.ids("logs", {"query_string": query})
    assert await logs.ids("logs", {"query_string": query | {"allow_leading_wildcard": True}}) == ["0", "2"]


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ({"query": "disk full", "fields": ["message", "host"]}, "012"),
        ({"query": "disk full", "fields": ["message", "host"], "operator": "and"}, "0"),
        ({"query": "full on", "type": "phrase", "fields": ["message"]}, "0"),
        ({"query": "web-1", "fields": ["mes*", "ho*"]}, "0"),
        ({"query": "500", "type": "best_fields", "lenient": True}, "0"),
        ({"query": "new york", "type": "phrase", "lenient": True}, "0"),
        ({"query": "york", "lenient": True}, "02"),
        ({"query": "nothing", "lenient": True}, ""),
    ],
)
async def test_words_in_any_of_several_fields(logs: Any, options: dict[str, Any], ids: str) -> None:
    assert await logs.ids("logs", {"multi_match": options}) == list(ids)


async def test_a_value_that_a_field_cannot_take(logs: Any) -> None:
    options = {"query": "disk", "fields": ["code", "message"]}
    with pytest.raises(SearchError):
        await logs.ids("logs", {"multi_match": options})
    assert await logs.ids("logs", {"multi_match": options | {"lenient": True}}) == ["0", "1"]
