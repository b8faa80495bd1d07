"""What is judged in memory is what search engines answer, for many random documents and queries.

The same ones at every run. Left out of what is made at random: values that a field cannot take (search engines refuse
the whole query); several words in one pattern on keywords (whole values are meant in memory, single words in
``query_string``); searches of all fields where documents have nested objects (only a mapping tells these from others);
``minimum_should_match`` that asks for nothing where nothing else is asked for (the embedded engine takes it at its
word), or for something of no clauses at all (OpenSearch takes such a ``bool`` for an empty one); dates relative to now
(a server has a clock of its own).
"""

import random
from datetime import UTC, datetime
from typing import Any

from engine.query.match.compiler import compile_match
from engine.query.match.leaves import FieldKinds

PROPERTIES: dict[str, Any] = {
    "k": {"type": "keyword"},
    "n": {"type": "long"},
    "f": {"type": "double"},
    "b": {"type": "boolean"},
    "t": {"type": "text"},
    "d": {"type": "date"},
    "o": {"properties": {"k": {"type": "keyword"}, "n": {"type": "long"}}},
    "nest": {"type": "nested", "properties": {"k": {"type": "keyword"}, "n": {"type": "long"}}},
}
KINDS = FieldKinds(text=frozenset({"t"}), dates=frozenset({"d"}))
AT = datetime(2024, 5, 8, tzinfo=UTC)
ROUNDS, DOCUMENTS, QUERIES = 30, 16, 24
WITHOUT_NESTED = {name: field for name, field in PROPERTIES.items() if name != "nest"}

WORDS = ("a", "b", "ab", "ba", "abc", "B", "a b", "true", "7")
DAYS = ("2024-05-06", "2024-05-07", "2024-05-07T10:00:00Z", "2024-05-07T10:00:59.999Z", "2024-05-07T22:30:00+02:00")
DATE_BOUNDS = (*DAYS, "2024-05", "2024-05-07||/d", "2024-05-08||-1d", "2024-05-07T12:00||/M", 1715076000000)
PATTERNS = ("*", "a*", "*b", "?", "a?", "*b*", "b?*", "A*", "a\\*", "**")
VALUES: dict[str, tuple[Any, ...]] = {
    "k": WORDS, "n": (-1, 0, 5, 7, 10**12), "f": (-1.5, 0.0, 0.5, 7.0), "b": (True, False),
    "t": ("a b", "B ab", "abc", "b a b", "", "a-b ba"), "d": DAYS, "o.k": WORDS[:4], "o.n": (1, 2, 3),
}  # fmt: skip


def document(dice: random.Random, *, has_nested: bool) -> dict[str, Any]:
    """Some fields with no, one or several values; objects written in either form."""
    made: dict[str, Any] = {}
    for field, values in VALUES.items():
        match dice.randrange(6):
            case 0:
                made[field] = dice.choice((None, []))
            case 1:
                made[field] = dice.sample(values, 2)
            case 2 | 3 | 4:
                made[field] = dice.choice(values)
    if "o.k" in made and dice.random() < 0.5:
        made["o"] = {"k": made.pop("o.k")} | ({"n": made.pop("o.n")} if "o.n" in made else {})
    if not has_nested:
        return made
    objects = [{"k": dice.choice(WORDS[:4]), "n": dice.choice((1, 2))} for _ in range(dice.randrange(3))]
    return made | ({"nest": objects} if objects else {})


def leaf(dice: random.Random, fields: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
    field = dice.choice(list(fields))
    value = dice.choice(fields[field])
    match dice.randrange(10):
        case 0:
            return {"term": {field: value if field in ("n", "f", "b") else {"value": value}}}
        case 1 if field in ("k", "o.k", "nest.k"):
            return {"term": {field: {"value": value, "case_insensitive": True}}}
        case 2:
            return {"terms": {field: dice.sample(fields[field], 2)}}
        case 3:
            return {"exists": {"field": dice.choice([field, "o", "missing"]) if "k" in fields else field}}
        case 4 if field in ("n", "f"):
            # As KQL writes numbers.
            return {"match": {field: str(value)}}
        case 5:
            return {"match_phrase": {field: value}}
        case 6 if field in ("k", "t", "o.k", "nest.k"):
            return {"wildcard": {field: {"value": dice.choice(PATTERNS)}}}
        case 7 | 8 if field != "b":
            return within(dice, field, fields[field])
    return {"match": {field: value}}


def within(dice: random.Random, field: str, values: tuple[Any, ...]) -> dict[str, Any]:
    bounds = DATE_BOUNDS if field == "d" else tuple(value for value in values if value != "")
    low, high = dice.choice(("gt", "gte", None)), dice.choice(("lt", "lte", None))
    if low is high is None and field == "t":
        # The embedded engine looks for words even where any will do.
        low = "gte"
    options = {sign: dice.choice(bounds) for sign in (low, high) if sign is not None}
    if field == "d" and dice.random() < 0.4:
        options["time_zone"] = dice.choice(("+02:00", "America/New_York"))
    return {"range": {field: options}}


def in_many_fields(dice: random.Random) -> dict[str, Any]:
    if dice.random() < 0.5:
        kind = dice.choice(("best_fields", "phrase"))
        fields = {"fields": ["k", "t"]} if dice.random() < 0.5 else {}
        return {"multi_match": {"type": kind, "query": dice.choice(WORDS), "lenient": True, **fields}}
    return {"query_string": {"fields": dice.choice((["t"], ["k"], ["k", "t"])), "query": dice.choice(PATTERNS)}}


def nested(dice: random.Random) -> dict[str, Any]:
    inner = {"nest.k": WORDS[:4], "nest.n": (1, 2)}
    parts = [leaf(dice, inner) for _ in range(dice.randint(1, 2))]
    return {"nested": {"path": "nest", "query": {"bool": {"filter": parts}}, "score_mode": "none"}}


def query(dice: random.Random, kinds: set[str], depth: int = 0) -> dict[str, Any]:
    roll = dice.randrange(12)
    if roll < 5 and depth < 3:
        parts: dict[str, Any] = {
            part: [query(dice, kinds, depth + 1) for _ in range(dice.randrange(3))]
            for part in ("must", "filter", "should", "must_not")
            if dice.random() < 0.6
        }
        is_more_asked = bool(parts.get("must") or parts.get("filter"))
        if "should" in parts and (parts["should"] or is_more_asked) and dice.random() < 0.4:
            parts["minimum_should_match"] = dice.choice((-1, 0, 1, 2) if is_more_asked else (1, 2))
        return {"bool": parts}
    if roll == 6 and {"multi_match", "query_string"} <= kinds:
        return in_many_fields(dice)
    if roll == 7 and "nested" in kinds:
        return nested(dice)
    if roll == 8:
        return dice.choice(({"match_all": {}}, {"match_none": {}}, {"ids": {"values": ["3", "7", "no"]}}))
    return leaf(dice, VALUES)


async def test_documents_are_judged_as_they_are_found(backend: Any) -> None:
    dice = random.Random(20240506)
    found_some = 0
    for round_number in range(ROUNDS):
        index, has_nested = f"round-{round_number}", round_number % 2 == 0
        kinds = {"nested"} if has_nested else {"multi_match", "query_string"}
        documents = [{"_id": str(number), **document(dice, has_nested=has_nested)} for number in range(DOCUMENTS)]
        await backend.load(index, documents, PROPERTIES if has_nested else WITHOUT_NESTED)
        for _ in range(QUERIES):
            asked = query(dice, kinds)
            judged = compile_match(asked, KINDS)
            matching = sorted(each["_id"] for each in documents if judged.matches(each, AT))
            found = await backend.ids(index, asked)
            assert matching == found, (asked, documents)
            found_some += 0 < len(found) < DOCUMENTS
    assert found_some > ROUNDS * QUERIES // 3
