"""Random documents and queries against the plainest evaluation there is."""

import asyncio
import fnmatch
from datetime import UTC, datetime
from typing import Any

import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from engine.ports.search import SearchRequest
from engine.search.local import LocalSearch

TYPES = {"k": "keyword", "n": "long", "f": "double", "b": "boolean", "t": "text", "d": "date"}
MAPPING = {"properties": {name: {"type": kind} for name, kind in TYPES.items()}}
words = st.sampled_from(["a", "b", "ab", "ba", "abc", "B", ""])
numbers = st.integers(-3, 3)
floats = st.sampled_from([-1.5, 0.0, 0.5, 2.0])
texts = st.lists(st.sampled_from(["a", "b", "ab"]), max_size=3).map(" ".join)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "k": words, "n": numbers, "f": floats, "b": st.booleans(), "t": texts, "d": st.integers(0, 5),
}  # fmt: skip
documents = st.lists(
    st.fixed_dictionaries({}, optional={name: st.one_of(st.none(), each, st.lists(each, max_size=3))
                                        for name, each in VALUES.items()}),
    max_size=8,
)  # fmt: skip


def on_field(kind: str) -> st.SearchStrategy[Any]:
    return st.sampled_from(sorted(VALUES)).flatmap(lambda name: st.tuples(st.just(kind), st.just(name), VALUES[name]))


patterns = st.text(alphabet="ab*?", max_size=4)
leaves = st.one_of(
    on_field("term"),
    st.sampled_from(sorted(VALUES)).flatmap(
        lambda name: st.tuples(st.just("terms"), st.just(name), st.lists(VALUES[name], max_size=3))
    ),
    st.sampled_from(["k", "n", "f", "d"]).flatmap(
        lambda name: st.tuples(
            st.just("range"),
            st.just(name),
            st.dictionaries(st.sampled_from(["gt", "gte", "lt", "lte"]), VALUES[name], max_size=2),
        )
    ),
    st.tuples(st.just("exists"), st.sampled_from([*VALUES, "missing"]), st.none()),
    st.tuples(st.just("prefix"), st.sampled_from(["k", "t"]), st.text(alphabet="ab", max_size=2)),
    st.tuples(st.just("wildcard"), st.sampled_from(["k", "t"]), patterns),
    st.tuples(st.just("match"), st.just("t"), texts),
    st.tuples(st.just("match_phrase"), st.just("t"), texts),
)


def combined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, max_size=3)
    return st.tuples(st.just("bool"), some, some, some, some, st.one_of(st.none(), st.integers(-1, 3)))


queries = st.recursive(leaves, combined, max_leaves=8)


def dsl(query: Any) -> dict[str, Any]:
    """The query as a request has it."""
    if query[0] == "bool":
        _, must, kept, should, must_not, minimum = query
        body = {"must": [dsl(q) for q in must], "filter": [dsl(q) for q in kept],
                "should": [dsl(q) for q in should], "must_not": [dsl(q) for q in must_not]}  # fmt: skip
        return {"bool": body if minimum is None else {**body, "minimum_should_match": minimum}}
    kind, name, value = query
    return {"exists": {"field": name}} if kind == "exists" else {kind: {name: value}}


def values_of(document: dict[str, Any], name: str) -> list[Any]:
    given = document.get(name)
    return [each for each in (given if isinstance(given, list) else [given]) if each is not None]


def tokens_of(document: dict[str, Any]) -> list[list[str]]:
    return [text.split() for text in values_of(document, "t")]


def holds(query: Any, document: dict[str, Any]) -> bool:
    """Whether a document matches, straight from the words of the specification."""
    if query[0] == "bool":
        return holds_bool(query, document)
    kind, name, wanted = query
    own = [token for tokens in tokens_of(document) for token in tokens] if name == "t" else values_of(document, name)
    if kind == "term":
        return wanted in own
    if kind == "terms":
        return any(each in own for each in wanted)
    if kind == "range":
        lower = next(((key, bound) for key, bound in reversed(wanted.items()) if key in ("gt", "gte")), None)
        upper = next(((key, bound) for key, bound in reversed(wanted.items()) if key in ("lt", "lte")), None)
        return any(
            (lower is None or (each > lower[1] if lower[0] == "gt" else each >= lower[1]))
            and (upper is None or (each < upper[1] if upper[0] == "lt" else each <= upper[1]))
            for each in own
        )
    if kind == "exists":
        return bool(values_of(document, name))
    if kind == "prefix":
        return any(each.startswith(wanted) for each in own)
    if kind == "wildcard":
        return any(fnmatch.fnmatchcase(each, wanted) for each in own)
    if kind == "match":
        return any(word in own for word in wanted.split())
    phrase = wanted.split()
    return bool(phrase) and any(
        tokens[at : at + len(phrase)] == phrase for tokens in tokens_of(document) for at in range(len(tokens))
    )


def holds_bool(query: Any, document: dict[str, Any]) -> bool:
    _, must, kept, should, must_not, minimum = query
    if not (must or kept or should or must_not):
        return True
    if minimum is None:
        required = 1 if should and not must and not kept else 0
    else:
        required = max(0, minimum if minimum >= 0 else len(should) + minimum)
    return (
        all(holds(each, document) for each in [*must, *kept])
        and not any(holds(each, document) for each in must_not)
        and sum(holds(each, document) for each in should) >= required
    )


async def matching(given: list[dict[str, Any]], asked: list[Any]) -> list[list[int]]:
    engine = LocalSearch(lambda: datetime(2024, 1, 1, tzinfo=UTC))
    half = len(given) // 2
    engine.create_index("i", MAPPING)
    for part in (given[:half], given[half:]):
        report = engine.add_documents_now("i", part)
        assert report.problems == []
    found = []
    for query in asked:
        body = {"query": dsl(query), "size": 100, "sort": ["_doc"]}
        answer = await engine.search(SearchRequest(("i",), body))
        found.append([hit["sort"][0] for hit in answer["hits"]["hits"]])
    await engine.close()
    return found


@hypothesis.settings(max_examples=60, deadline=None)
@given(documents, st.lists(queries, min_size=1, max_size=4))
def test_every_query_finds_what_the_oracle_finds(given: list[dict[str, Any]], asked: list[Any]) -> None:
    expected = [[at for at, document in enumerate(given) if holds(query, document)] for query in asked]
    assert asyncio.run(matching(given, asked)) == expected
