"""filterKuery of .index-threshold: what is asked for, and what comes into the request."""

import pytest

from engine.model.errors import RunError

HOST_IS_KEYWORD = {"fields": {"host": {"keyword": {"type": "keyword"}}}}


def second_filter(run):
    filters = run.body["query"]["bool"]["filter"]
    assert len(filters) == 2
    return filters[1]


def clause(query):
    return {"bool": {"should": [query], "minimum_should_match": 1}}


def test_without_a_filter_nothing_is_asked_and_nothing_added(run, answer):
    for text in ({}, {"filterKuery": ""}):
        seen = run(answer(), **text)
        assert (len(seen.body["query"]["bool"]["filter"]), seen.field_caps_requests) == (1, [])


def test_the_types_of_the_named_fields_are_asked_for(run, answer):
    seen = run(answer(), filterKuery="host: *prod* and a.b.c >= 1", field_caps=HOST_IS_KEYWORD)
    (asked,) = seen.field_caps_requests
    assert (asked.index, asked.ignore_unavailable, asked.allow_no_indices) == (("logs",), True, True)
    assert asked.fields == ("host", "a.b.c", "a.b", "a")
    assert second_filter(seen)["bool"]["filter"] == [
        clause({"wildcard": {"host": {"value": "*prod*"}}}),
        clause({"range": {"a.b.c": {"gte": "1"}}}),
    ]


def test_a_filter_without_field_names_needs_no_types(run, answer):
    seen = run(answer(), filterKuery="timeout")
    assert seen.field_caps_requests == []
    assert second_filter(seen) == {"multi_match": {"type": "best_fields", "query": "timeout", "lenient": True}}


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_where_types_are_not_told_the_filter_is_used_without(run, answer, status, caplog):
    seen = run(answer(), filterKuery="host: *prod*", field_caps={"error": "down"}, field_caps_status=status)
    assert second_filter(seen) == clause({"query_string": {"fields": ["host"], "query": "*prod*"}})
    assert "filterKuery" in caplog.text


def test_a_nested_field_without_its_group_fails_the_run_as_the_users_fault(run, answer):
    nested = {"fields": {"p": {"nested": {"type": "nested"}}, "p.q": {"keyword": {"type": "keyword"}}}}
    with pytest.raises(RunError, match="filterKuery") as failed:
        run(answer(), filterKuery="p.q: 1", field_caps=nested)
    assert failed.value.user_caused
    grouped = run(answer(), filterKuery="p:{ q: 1 }", field_caps=nested)
    assert second_filter(grouped)["nested"]["query"] == clause({"term": {"p.q": {"value": "1"}}})
