"""What is said about alerts that are over."""

import pytest

DOCUMENT = {
    "kibana.alert.grouping": {"host": {"name": "a"}},
    "host.name": ["a", "A"],
    "http.response.status_code": [500],
    "event.action": "close",
    "tags": ["x"],
    "kibana.alert.reason": "old",
}


def test_the_whole_recovery_of_an_ungrouped_alert(run, answer):
    run.rule_url = "https://tocsin.example/rule/1"
    recovery = run(answer(total=7), threshold=[200]).recovery("query matched")
    assert recovery.context == {
        "title": "rule 'web' recovered",
        "message": "rule 'web' recovered: 0 in the last 5m of index logs is not greater than 200",
        "conditions": "number of matching documents is not greater than 200",
        "date": "2024-05-06T07:08:09.010Z",
        "value": 0,
        "observedValue": 7,
        "hits": [],
        "link": "https://tocsin.example/rule/1",
        "sourceFields": {},
    }
    assert recovery.payload == {
        "kibana.alert.url": "https://tocsin.example/rule/1",
        "kibana.alert.reason": recovery.context["message"],
        "kibana.alert.title": "rule 'web' recovered",
        "kibana.alert.evaluation.conditions": recovery.context["conditions"],
        "kibana.alert.evaluation.value": "0",
        "kibana.alert.evaluation.threshold": 200,
    }


def test_a_grouped_recovery_reads_grouping_and_source_fields_from_the_stored_document(run, answer):
    recovery = run(answer(), termField="host.name").recovery("a", DOCUMENT)
    assert recovery.context["conditions"] == 'number of matching documents for group "a" is not greater than 0'
    assert recovery.context["title"] == "rule 'web' recovered"
    assert recovery.context["grouping"] == {"host": {"name": "a"}}
    assert recovery.context["sourceFields"] == {"host.name": ["a", "A"], "http.response.status_code": ["500"]}
    assert (recovery.context["value"], recovery.context["observedValue"]) == (0, None)
    assert not {"kibana.alert.grouping", "host.name"} & set(recovery.payload)


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("a", ["a"]),
        (5, ["5"]),
        ([1.0, True, None], ["1", "true", ""]),
        ([{"a": 1}], ['{"a": 1}']),
    ],
)
def test_every_stored_source_field_becomes_an_array_of_texts(run, answer, stored, read):
    assert run(answer()).recovery("query matched", {"host.name": stored}).context["sourceFields"]["host.name"] == read


def test_without_a_stored_document_there_is_no_grouping(run, answer):
    context = run(answer(), termField="host.name").recovery("a").context
    assert "grouping" not in context
    assert context["sourceFields"] == {}
