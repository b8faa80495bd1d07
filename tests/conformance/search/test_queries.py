"""Which documents match."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"match_all": {}}, range(12)),
        ({"match_none": {}}, []),
        ({"term": {"host": "a"}}, [0, 3, 6, 9]),
        ({"term": {"host": {"value": "A", "case_insensitive": True}}}, [0, 3, 6, 9]),
        ({"term": {"count": 5}}, [5]),
        ({"term": {"up": True}}, [0, 2, 4, 6, 8, 10]),
        ({"term": {"ip": "10.0.1.0/24"}}, [1, 3, 5, 7, 9, 11]),
        ({"term": {"@timestamp": "2024-05-07T10:03"}}, [3]),
        ({"term": {"message": "full"}}, [0, 4, 8]),
        ({"terms": {"count": [1, 2, 99]}}, [1, 2]),
        ({"match": {"message": "FULL 7"}}, [0, 4, 7, 8]),
        ({"match": {"message": {"query": "disk full", "operator": "and"}}}, [0, 4, 8]),
        ({"match": {"host": "b"}}, [1, 4, 7, 10]),
        ({"match_phrase": {"message": "host a is full"}}, [0]),
        ({"match_phrase": {"message": "full is"}}, []),
        ({"range": {"count": {"gt": 3, "lte": 5}}}, [4, 5]),
        ({"range": {"cpu": {"gte": 99.5}}}, [10, 11]),
        ({"range": {"host": {"gt": "a", "lt": "c"}}}, [1, 4, 7, 10]),
        ({"range": {"@timestamp": {"gte": "2024-05-07T10:09:00.000Z", "lt": "2024-05-07T10:11:00.000Z",
                                   "format": "strict_date_time"}}}, [9, 10]),
        ({"range": {"@timestamp": {"lte": "2024-05-07T10:01", "format": "strict_date_optional_time"}}}, [0, 1]),
        ({"range": {"@timestamp": {"gt": "2024-05-07"}}}, []),
        ({"exists": {"field": "tags"}}, [1, 2, 4, 5, 7, 8, 10, 11]),
        ({"exists": {"field": "gone"}}, []),
        ({"ids": {"values": ["03", "nope"]}}, [3]),
        ({"prefix": {"level": "err"}}, [0, 4, 8]),
        ({"wildcard": {"level": "?rr*"}}, [0, 4, 8]),
        ({"wildcard": {"message": "fu*"}}, [0, 4, 8]),
        ({"term": {"gone": 1}}, []),
        ({"bool": {}}, range(12)),
        ({"bool": {"filter": [{"term": {"host": "a"}}], "must_not": [{"term": {"level": "error"}}]}}, [3, 6, 9]),
        ({"bool": {"should": [{"term": {"count": 1}}, {"term": {"count": 2}}]}}, [1, 2]),
        ({"bool": {"should": [{"term": {"host": "a"}}, {"term": {"up": True}}, {"term": {"level": "error"}}],
                   "minimum_should_match": 2}}, [0, 4, 6, 8]),
    ],
)  # fmt: skip
async def test_queries(hosts: Any, query: dict[str, Any], ids: Any) -> None:
    assert await hosts.ids("hosts", query) == [f"{number:02}" for number in ids]
