"""Which documents match queries that users write themselves: patterns, similar words, texts in two languages."""

import random
import re
from typing import Any

import pytest

PROPERTIES = {
    "m": {"type": "text"},
    "k": {"type": "keyword"},
    "n": {"type": "long"},
    "o": {"properties": {"k": {"type": "keyword"}}},
}
DOCUMENTS = [
    ("Connection timeout while reading", "alpha"),
    ("connection refused by peer", "beta"),
    ("Timeout of connection", "Alpha"),
    ("disk full", "a1b2c3"),
    ("Disk 7 of host-12 is full", "12"),
    ("user@example.com logged in", "x.y"),
    ("red fox", "al pha"),
]


@pytest.fixture
async def messages(backend: Any) -> Any:
    documents = [{"_id": str(n), "m": text, "k": word, "n": n, "o": {"k": word}}
                 for n, (text, word) in enumerate(DOCUMENTS)]  # fmt: skip
    await backend.load("messages", documents, PROPERTIES)
    return backend


_QUERIES: list[tuple[dict[str, Any], str]] = [
    ({"regexp": {"k": "al.*"}}, "06"),
    ({"regexp": {"k": "[aA]lpha"}}, "02"),
    ({"regexp": {"k": "a[0-9]b[0-9]c[0-9]"}}, "3"),
    ({"regexp": {"k": "<1-20>"}}, "4"),
    ({"regexp": {"k": "<01-20>"}}, "4"),
    ({"regexp": {"k": "@"}}, "0123456"),
    ({"regexp": {"k": "#"}}, ""),
    ({"regexp": {"k": "x\\.y"}}, "5"),
    ({"regexp": {"k": "x.y"}}, "5"),
    ({"regexp": {"k": "al?p+ha"}}, "0"),
    ({"regexp": {"k": "(alpha|beta)"}}, "01"),
    ({"regexp": {"k": "a.{3}a"}}, "0"),
    ({"regexp": {"k": ".*\\d.*"}}, "34"),
    ({"regexp": {"k": "\"al pha\""}}, "6"),
    ({"regexp": {"k": "*a"}}, ""),
    ({"regexp": {"k": ""}}, ""),
    ({"regexp": {"k": "[^a]lpha"}}, "2"),
    ({"regexp": {"k": "[^a-z]lpha"}}, "2"),
    ({"regexp": {"k": ".."}}, "4"),
    ({"regexp": {"k": "a<1-5>b.*"}}, "3"),
    ({"regexp": {"k": "\\w+"}}, "01234"),
    ({"regexp": {"k": "al\\spha"}}, "6"),
    ({"regexp": {"k": "a|b|beta"}}, "1"),
    ({"regexp": {"k": {"value": "ALPHA", "case_insensitive": True}}}, "02"),
    ({"regexp": {"k": {"value": "<1-20>", "flags": "NONE"}}}, ""),
    ({"regexp": {"m": "conn.*"}}, "012"),
    ({"regexp": {"m": "timeout|disk"}}, "0234"),
    ({"regexp": {"m": "[^d]isk"}}, ""),
    ({"regexp": {"m": "..."}}, "6"),
    ({"regexp": {"m": "connection.refused"}}, ""),
    ({"regexp": {"m": "@"}}, "0123456"),
    ({"regexp": {"m": "Disk"}}, ""),
    ({"regexp": {"gone": "1"}}, ""),
    ({"simple_query_string": {"query": "connection + -refused", "fields": ["m"], "default_operator": "or"}}, "02"),
    ({"simple_query_string": {"query": "connection + -refused", "fields": ["m"], "default_operator": "and"}}, "02"),
    ({"simple_query_string": {"query": "connection -refused", "fields": ["m"], "default_operator": "or"}}, "0123456"),
    ({"simple_query_string": {"query": "connection -refused", "fields": ["m"], "default_operator": "and"}}, "02"),
    ({"simple_query_string": {"query": "connection | disk + full", "fields": ["m"], "default_operator": "or"}}, "34"),
    ({"simple_query_string": {"query": "connection | disk + full", "fields": ["m"], "default_operator": "and"}}, "34"),
    ({"simple_query_string": {"query": "\"disk full\"", "fields": ["m"], "default_operator": "or"}}, "3"),
    ({"simple_query_string": {"query": "\"disk full\"", "fields": ["m"], "default_operator": "and"}}, "3"),
    ({"simple_query_string": {"query": "\"connection timeout", "fields": ["m"], "default_operator": "or"}}, "012"),
    ({"simple_query_string": {"query": "\"connection timeout", "fields": ["m"], "default_operator": "and"}}, "02"),
    ({"simple_query_string": {"query": "(connection | disk) + full", "fields": ["m"], "default_operator": "or"}}, "34"),
    ({"simple_query_string": {"query": "conn*", "fields": ["m"], "default_operator": "or"}}, "012"),
    ({"simple_query_string": {"query": "conn*", "fields": ["m"], "default_operator": "and"}}, "012"),
    ({"simple_query_string": {"query": "full timeout", "fields": ["m"], "default_operator": "or"}}, "0234"),
    ({"simple_query_string": {"query": "full timeout", "fields": ["m"], "default_operator": "and"}}, ""),
    ({"simple_query_string": {"query": "-full", "fields": ["m"], "default_operator": "or"}}, "01256"),
    ({"simple_query_string": {"query": "-full", "fields": ["m"], "default_operator": "and"}}, "01256"),
    ({"simple_query_string": {"query": "- -full", "fields": ["m"], "default_operator": "or"}}, "01256"),
    ({"simple_query_string": {"query": "- -full", "fields": ["m"], "default_operator": "and"}}, "01256"),
    ({"simple_query_string": {"query": "tiemout~", "fields": ["m"], "default_operator": "or"}}, "02"),
    ({"simple_query_string": {"query": "tiemout~", "fields": ["m"], "default_operator": "and"}}, "02"),
    ({"simple_query_string": {"query": "timeot~1", "fields": ["m"], "default_operator": "or"}}, "02"),
    ({"simple_query_string": {"query": "timeot~1", "fields": ["m"], "default_operator": "and"}}, "02"),
    ({"simple_query_string": {"query": "disk~0", "fields": ["m"], "default_operator": "or"}}, "34"),
    ({"simple_query_string": {"query": "disk~0", "fields": ["m"], "default_operator": "and"}}, "34"),
    ({"simple_query_string": {"query": "\"disk full\"~0", "fields": ["m"], "default_operator": "or"}}, "3"),
    ({"simple_query_string": {"query": "\"disk full\"~0", "fields": ["m"], "default_operator": "and"}}, "3"),
    ({"simple_query_string": {"query": "", "fields": ["m"], "default_operator": "or"}}, ""),
    ({"simple_query_string": {"query": "", "fields": ["m"], "default_operator": "and"}}, ""),
    ({"simple_query_string": {"query": "  ", "fields": ["m"], "default_operator": "or"}}, ""),
    ({"simple_query_string": {"query": "  ", "fields": ["m"], "default_operator": "and"}}, ""),
    ({"simple_query_string": {"query": "*", "fields": ["m"], "default_operator": "or"}}, "0123456"),
    ({"simple_query_string": {"query": "*", "fields": ["m"], "default_operator": "and"}}, "0123456"),
    ({"simple_query_string": {"query": "()", "fields": ["m"], "default_operator": "or"}}, ""),
    ({"simple_query_string": {"query": "()", "fields": ["m"], "default_operator": "and"}}, ""),
    ({"simple_query_string": {"query": "((disk)", "fields": ["m"], "default_operator": "or"}}, "34"),
    ({"simple_query_string": {"query": "((disk)", "fields": ["m"], "default_operator": "and"}}, "34"),
    ({"simple_query_string": {"query": "disk)", "fields": ["m"], "default_operator": "or"}}, "34"),
    ({"simple_query_string": {"query": "disk)", "fields": ["m"], "default_operator": "and"}}, "34"),
    ({"simple_query_string": {"query": "a+b", "fields": ["m"], "default_operator": "or"}}, ""),
    ({"simple_query_string": {"query": "a+b", "fields": ["m"], "default_operator": "and"}}, ""),
    ({"simple_query_string": {"query": "connection +", "fields": ["m"], "default_operator": "or"}}, "012"),
    ({"simple_query_string": {"query": "connection +", "fields": ["m"], "default_operator": "and"}}, "012"),
    ({"simple_query_string": {"query": "| disk", "fields": ["m"], "default_operator": "or"}}, "34"),
    ({"simple_query_string": {"query": "| disk", "fields": ["m"], "default_operator": "and"}}, "34"),
    ({"simple_query_string": {"query": "disk \\+ full", "fields": ["m"], "default_operator": "or"}}, "34"),
    ({"simple_query_string": {"query": "disk \\+ full", "fields": ["m"], "default_operator": "and"}}, "34"),
    ({"simple_query_string": {"query": "red-fox", "fields": ["m"], "default_operator": "or"}}, "6"),
    ({"simple_query_string": {"query": "red-fox", "fields": ["m"], "default_operator": "and"}}, "6"),
    ({"simple_query_string": {"query": "-(connection | disk)", "fields": ["m"], "default_operator": "or"}}, "56"),
    ({"simple_query_string": {"query": "-(connection | disk)", "fields": ["m"], "default_operator": "and"}}, "56"),
    ({"simple_query_string": {"query": "+disk", "fields": ["m"], "default_operator": "or"}}, "34"),
    ({"simple_query_string": {"query": "+disk", "fields": ["m"], "default_operator": "and"}}, "34"),
    ({"simple_query_string": {"query": "disk + (", "fields": ["m"], "default_operator": "or"}}, "34"),
    ({"simple_query_string": {"query": "disk + (", "fields": ["m"], "default_operator": "and"}}, "34"),
    ({"simple_query_string": {"query": "TIME*", "fields": ["m"], "default_operator": "or"}}, "02"),
    ({"simple_query_string": {"query": "TIME*", "fields": ["m"], "default_operator": "and"}}, "02"),
    ({"simple_query_string": {"query": "alpha 12"}}, "04"),
    ({"simple_query_string": {"query": "alpha 12", "fields": ["k", "m^2"], "minimum_should_match": "2"}}, ""),
    ({"simple_query_string": {"query": "7", "fields": ["n"]}}, ""),
    ({"simple_query_string": {"query": "x7", "fields": ["n"], "lenient": True}}, ""),
    ({"simple_query_string": {"query": "conn* -refused", "fields": ["m"], "flags": "PREFIX"}}, "1"),
    ({"simple_query_string": {"query": "conn*", "fields": ["m"], "flags": "NONE"}}, ""),
    ({"simple_query_string": {"query": "disk full connection", "fields": ["m"], "minimum_should_match": "2"}}, "34"),
    ({"match_phrase_prefix": {"m": "connection ref"}}, "1"),
    ({"match_phrase_prefix": {"m": "connection refused"}}, "1"),
    ({"match_phrase_prefix": {"m": "is fu"}}, "4"),
    ({"match_bool_prefix": {"m": "full dis"}}, "34"),
    ({"match_bool_prefix": {"m": {"query": "full dis", "operator": "and"}}}, "34"),
    ({"match_bool_prefix": {"k": "alp"}}, "0"),
    ({"multi_match": {"query": "connection ref", "fields": ["m"], "type": "phrase_prefix"}}, "1"),
    ({"multi_match": {"query": "full dis", "fields": ["m"], "type": "bool_prefix"}}, "34"),
    ({"multi_match": {"query": "disk full connection", "fields": ["m", "k"], "minimum_should_match": 2}}, "34"),
    ({"fuzzy": {"k": "alhpa"}}, "0"),
    ({"fuzzy": {"k": {"value": "alhpa", "fuzziness": 1}}}, "0"),
    ({"fuzzy": {"k": {"value": "alhpa", "fuzziness": 1, "transpositions": False}}}, ""),
    ({"fuzzy": {"k": {"value": "blpha", "prefix_length": 1}}}, ""),
    ({"fuzzy": {"m": "conection"}}, "012"),
    ({"fuzzy": {"m": {"value": "tiemouts", "fuzziness": 2}}}, "02"),
    ({"fuzzy": {"k": "1"}}, ""),
    ({"fuzzy": {"k": {"value": "x", "fuzziness": 3}}}, "45"),
    ({"match": {"m": {"query": "conection timout", "fuzziness": "AUTO"}}}, "012"),
    ({"match": {"m": {"query": "conection timout", "fuzziness": "AUTO", "operator": "and"}}}, "02"),
    ({"match": {"k": {"query": "Alphb", "fuzziness": 1}}}, "2"),
    ({"match": {"m": {"query": "conection", "fuzziness": "AUTO:20,30"}}}, ""),
    ({"constant_score": {"filter": {"term": {"k": "alpha"}}, "boost": 2}}, "0"),
    ({"dis_max": {"queries": [{"term": {"k": "alpha"}}, {"term": {"k": "beta"}}]}}, "01"),
    ({"boosting": {"positive": {"match": {"m": "connection"}}, "negative": {"match_all": {}},
                   "negative_boost": 0.5}}, "012"),
    ({"function_score": {"query": {"match": {"m": "disk"}}, "functions": [{"weight": 2}]}}, "34"),
    ({"function_score": {"weight": 3}}, "0123456"),
    ({"query_string": {"query": "k:/al.*/"}}, "06"),
    ({"query_string": {"query": "m:/conn.*/"}}, "012"),
    ({"query_string": {"query": "m:/CONN.*/"}}, "012"),
    ({"query_string": {"query": "/beta/"}}, "1"),
    ({"query_string": {"query": "m:tiemout~"}}, "02"),
    ({"query_string": {"query": "m:conection~1"}}, "012"),
    ({"query_string": {"query": "k:alhpa~"}}, "0"),
    ({"query_string": {"query": "m:disk~0"}}, "34"),
    ({"query_string": {"query": "m:(disk full connection)"}}, "01234"),
    ({"query_string": {"query": "m:disk~ AND m:full"}}, "34"),
    ({"query_string": {"query": "k:/x\\.y/ OR k:12"}}, "45"),
    ({"query_string": {"query": "m:tiemout~0.5"}}, ""),
    ({"query_string": {"query": "disk full connection", "fields": ["m"], "minimum_should_match": 2}}, "34"),
    ({"query_string": {"query": "m:disk OR m:full OR m:connection", "minimum_should_match": 2}}, "34"),
]  # fmt: skip


async def test_which_documents_match(messages: Any) -> None:
    wrong = []
    for query, ids in _QUERIES:
        found = await messages.ids("messages", query)
        if found != list(ids):
            wrong.append((query, found))
    assert wrong == []


def expression(dice: random.Random, depth: int = 0) -> tuple[str, str]:
    """A regular expression in Lucene's language, and the same in Python's."""
    roll = dice.randrange(12) if depth < 3 else dice.randrange(6)
    if roll < 3:
        character = dice.choice("ab1.^$-]")
        return ("\\" + character if character in ".-]" else character), re.escape(character)
    if roll < 6:
        both = dice.choice((".", "[ab]", "[^a]", "[a-c1]", "[\\-a]", "\\d"))
        return both, both
    if roll == 6:
        low, high = sorted(dice.sample(range(30), 2))
        return f"<{low}-{high}>", "(?:" + "|".join(_written(low, high)) + ")"
    if roll == 7:
        return '"a.b"', "a\\.b"
    parts = [expression(dice, depth + 1) for _ in range(dice.randint(1, 3))]
    if roll < 10:
        return "".join(part for part, _ in parts), "".join(part for _, part in parts)
    if roll == 10:
        return tuple("(" + "|".join(part[side] for part in parts) + ")" for side in (0, 1))  # type: ignore[return-value]
    sign = dice.choice(("?", "*", "+", "{2}", "{1,2}"))
    return f"({parts[0][0]}){sign}", f"(?:{parts[0][1]}){sign}"


def _written(low: int, high: int) -> list[str]:
    if len(str(low)) == len(str(high)):
        return [str(number) for number in range(low, high + 1)]
    return [f"0*{number}" for number in range(low, high + 1)]


async def test_regular_expressions_mean_what_they_do_elsewhere(backend: Any) -> None:
    dice = random.Random(7)
    words = ["".join(dice.choices("ab1.^$-]c", k=dice.randint(1, 5))) for _ in range(60)]
    words += ["1", "12", "012", "29", "7", "a.b", "a.ba.b", "aab"]
    await backend.load("w", [{"_id": f"{n:03}", "w": word} for n, word in enumerate(words)], {"w": {"type": "keyword"}})
    found_some = 0
    for _ in range(120):
        asked, oracle = expression(dice)
        expected = [f"{n:03}" for n, word in enumerate(words) if re.fullmatch(oracle, word, re.DOTALL)]
        assert await backend.ids("w", {"regexp": {"w": asked}}) == expected, asked
        found_some += bool(expected)
    assert found_some > 40
