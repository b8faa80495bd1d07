"""Runs of .geo-containment: boundaries, searches, alerts, state (rule-type-geo-containment.md 3)."""

import logging
from datetime import timedelta

import pytest

from engine.model.errors import RunError, SearchUnavailable
from engine.search.recording import CannedAnswer

NOTHING = {"aggregations": {}}
FAILURE = CannedAnswer({"error": {"type": "parse_exception", "reason": "no such shape"}}, 400)


def boundaries(*ids, total=None, **members):
    hits = [{"_index": "zones", "_id": each} if isinstance(each, str) else {"_index": "zones"} | each for each in ids]
    return {"hits": {"total": {"value": len(hits) if total is None else total}, "hits": hits}} | members


def named(boundary_id, name):
    return {"_id": boundary_id, "fields": {"title": [name]}}


def entities(**buckets):
    """``entities(A=[("truck", "10:01", "d1")])``."""
    shapes = {name: {"entitySplit": {"buckets": [bucket(*each) for each in found]}} for name, found in buckets.items()}
    return {"aggregations": {"shapes": {"buckets": shapes}}}


def bucket(key, time, document_id="d"):
    fields = {"@timestamp": [f"2024-05-06T{time}:00.000Z"], "place": ["POINT (1 2)"]}
    return {"key": key, "entityHits": {"hits": {"hits": [{"_id": document_id, "fields": fields}]}}}


def kept(*ids, **changes):
    meta = {
        "geoField": "place",
        "boundaryIndexTitle": "zones",
        "boundaryGeoField": "shape",
        "boundaryNameField": "title",
    }
    filters = {each: {"geo_shape": {"place": {"indexed_shape": {}}}} for each in ids}
    return {"boundariesRequestMeta": meta, "shapesFilters": filters, "shapesIdsNamesMap": {}} | changes


def test_the_search_for_boundaries(run):
    asked = run(boundaries("A"), NOTHING, boundaryIndexTitle="zones,more").requests[0]
    assert asked.index == ("zones", "more")
    assert asked.body == {"size": 10_000, "track_total_hits": True, "_source": False, "fields": ["title"]}
    unnamed = run(boundaries("A"), NOTHING, boundaryNameField=None).requests[0]
    assert unnamed.body["fields"] == []


def test_the_search_for_entities(run):
    query = {"query": "type:truck", "language": "lucene"}
    run(boundaries("A", "B", "C"), NOTHING, previous="2024-05-06T10:00:00.000Z", indexQuery=query)
    asked = run.asked[1]
    window = {
        "gte": "2024-05-06T10:00:00.000Z",
        "lt": "2024-05-06T10:05:00.000Z",
        "format": "strict_date_optional_time",
    }
    assert asked.index == ("trucks-*", "vans")
    assert asked.body["query"]["bool"]["filter"] == [
        {"range": {"@timestamp": window}},
        {"query_string": {"query": "type:truck"}},
    ]
    shapes = asked.body["aggs"]["shapes"]
    assert shapes["filters"]["other_bucket_key"] == "other"
    assert list(shapes["filters"]["filters"]) == ["A", "B", "C"]
    assert shapes["aggs"]["entitySplit"]["terms"] == {"field": "truck", "size": 10_922}


def test_the_first_run_looks_at_one_minute(run):
    run(boundaries("A"), NOTHING)
    clauses = run.asked[1].body["query"]["bool"]["filter"]
    assert clauses[0] == {"match_all": {}}
    assert clauses[1]["range"]["@timestamp"]["gte"] == "2024-05-06T10:04:00.000Z"


def test_the_whole_report(run):
    (report,) = run(boundaries(named("A", "North")), entities(A=[("7", "10:01", "d1")])).reports
    assert (report.id, report.group) == ("7-North", "Tracked entity contained")
    assert report.context == {
        "entityId": "7",
        "entityDateTime": "2024-05-06T10:01:00.000Z",
        "entityDocumentId": "d1",
        "entityLocation": "POINT (1 2)",
        "detectionDateTime": "2024-05-06T10:05:00.000Z",
        "containingBoundaryId": "A",
        "containingBoundaryName": "North",
    }
    assert report.payload == {
        "kibana.alert.entityId": "7",
        "kibana.alert.entityTimestamp": "2024-05-06T10:01:00.000Z",
        "kibana.alert.entityLocation": "POINT (1 2)",
        "kibana.alert.detectionTimestamp": "2024-05-06T10:05:00.000Z",
        "kibana.alert.boundaryId": "A",
        "kibana.alert.boundaryName": "North",
    }
    assert report.state == {"entityId": "7", "boundaryId": "A", "boundaryName": "North"}


def test_two_boundaries_of_one_name_share_an_alert_and_the_last_counts(run):
    found = run(
        boundaries(named("A", "N"), named("B", "N")),
        entities(A=[("7", "10:03", "new")], B=[("7", "10:01", "old")]),
    )
    assert found.ids == ["7-N"]
    assert found.reports[0].context["entityDocumentId"] == "old"


@pytest.mark.parametrize(("name", "shown"), [(5, "5"), (True, "true"), ("", "A"), (0, "A"), ({"x": 1}, "A")])
def test_names_of_other_types(run, name, shown):
    assert run(boundaries(named("A", name)), entities(A=[("7", "10:01")])).ids == [f"7-{shown}"]


@pytest.mark.parametrize(("key", "shown"), [(936, "936"), (1.5, "1.5"), (True, "true")])
def test_entities_are_texts_whatever_their_field_holds(run, key, shown):
    found = run(boundaries("A"), entities(A=[(key, "10:01")]))
    assert list(found.state["prevLocationMap"]) == [shown]


def test_more_alerts_than_the_limit_lose_no_entity(run):
    seen = [(f"e{number}", "10:01") for number in range(5)]
    found = run(boundaries("A"), entities(A=seen), limit=3)
    assert (len(found.ids), found.is_limit_reached) == (3, True)
    assert len(found.state["prevLocationMap"]) == 5


def test_kept_boundaries_are_not_searched_again(run):
    found = run(NOTHING, state=kept("A"))
    assert len(found.requests) == 1
    assert found.state["shapesFilters"] == kept("A")["shapesFilters"]


@pytest.mark.parametrize(
    "state",
    [
        kept(),
        kept("A", boundariesRequestMeta=None),
        kept("A", boundariesRequestMeta={"geoField": "place"}),
        kept("A", shapesFilters="odd"),
    ],
)
def test_what_is_not_good_enough_to_be_kept(run, state):
    assert len(run(boundaries("A"), NOTHING, state=state).requests) == 2


@pytest.mark.parametrize(
    ("params", "fetches"),
    [
        ({"boundaryIndexQuery": {"query": "a: b", "language": "kuery"}}, True),
        ({"boundaryGeoField": "other"}, True),
        ({"boundaryNameField": None}, True),
        ({"boundaryIndexId": "other"}, False),
        ({"index": "other"}, False),
        ({"entity": "other"}, False),
        ({"dateField": "other"}, False),
        ({"indexQuery": {"query": "a: b", "language": "kuery"}}, False),
    ],
)
def test_which_params_make_other_boundaries(run, params, fetches):
    answers = [boundaries("A"), NOTHING] if fetches else [NOTHING]
    assert len(run(*answers, state=kept("A"), **params).requests) == len(answers)


@pytest.mark.parametrize(
    ("fetched_at", "fetches"),
    [("2024-05-06T10:00:00.000Z", False), ("2024-05-06T09:59:59.999Z", True), (None, True), ("odd", True)],
)
def test_an_operator_may_limit_the_age_of_boundaries(run, fetched_at, fetches):
    run.boundaries_max_age = timedelta(minutes=5)
    answers = [boundaries("A"), NOTHING] if fetches else [NOTHING]
    assert len(run(*answers, state=kept("A", boundariesFetchedAt=fetched_at)).requests) == len(answers)


def test_a_deleted_boundary_is_noticed_by_the_failing_search(run):
    found = run(FAILURE, boundaries("B"), entities(B=[("7", "10:01")]), state=kept("A"))
    assert found.ids == ["7-B"]
    assert list(found.state["shapesFilters"]) == ["B"]


@pytest.mark.parametrize("answers", [[boundaries("A"), FAILURE], [FAILURE, boundaries("A"), FAILURE]])
def test_a_failing_search_for_entities_fails_the_run(run, answers):
    with pytest.raises(RunError, match=r"containment could not be fetched.*no such shape") as raised:
        run(*answers, state=kept("A") if len(answers) == 3 else {})
    assert not raised.value.user_caused


def test_a_backend_that_is_away_is_told_as_such_and_not_asked_again(run):
    with pytest.raises(SearchUnavailable, match="containment could not be fetched"):
        run(CannedAnswer({}, 503), state=kept("A"))
    with pytest.raises(SearchUnavailable, match="boundaries could not be fetched"):
        run(CannedAnswer({}, 503))
    assert len(run.asked) == 1


def test_a_failing_search_for_boundaries_fails_the_run(run):
    with pytest.raises(RunError, match=r"boundaries could not be fetched.*no such shape"):
        run(FAILURE)


@pytest.mark.parametrize("answer", [boundaries(), {}])
def test_no_boundaries_are_the_users_fault(run, answer):
    with pytest.raises(RunError, match=r"\[zones\].*\[iso: US\]") as raised:
        run(answer, boundaryIndexQuery={"query": "iso: US", "language": "kuery"})
    assert raised.value.user_caused


def test_a_boundary_of_the_id_of_the_outside(run):
    with pytest.raises(RunError, match=r"the id \[other\]"):
        run(boundaries("A", "other"))


def test_what_is_logged_about_boundaries(run, caplog):
    caplog.set_level(logging.WARNING)
    run(boundaries("A", {"_index": "more", "_id": "A"}, total=10_007), NOTHING)
    assert "only 2 of the 10007 boundaries" in caplog.text
    assert "the id [A]" in caplog.text
    assert run.asked[1].body["aggs"]["shapes"]["filters"]["filters"]["A"]["geo_shape"]["place"]["indexed_shape"] == {
        "index": "more",
        "id": "A",
        "path": "shape",
    }


def test_entities_that_were_cut_off_are_a_warning(run):
    answer = entities(A=[("7", "10:01")], other=[])
    for each in answer["aggregations"]["shapes"]["buckets"].values():
        each["entitySplit"]["sum_other_doc_count"] = 3
    (warning,) = run(boundaries(named("A", "North")), answer).evaluation.warnings
    assert "in [North], outside all boundaries" in warning


def test_partial_boundaries_serve_one_run(run):
    partial = {"_shards": {"total": 2, "failed": 1}}
    found = run(boundaries("A", **partial), entities(A=[("7", "10:01")]))
    assert found.evaluation.warnings
    assert list(found.state) == ["prevLocationMap"]


@pytest.mark.parametrize("is_held", [False, True])
def test_partial_answers_can_hold_recoveries(run, is_held):
    run.no_recovery_on_partial_results = is_held
    found = run(boundaries("A"), NOTHING | {"timed_out": True})
    assert (found.evaluation.hold_recoveries, len(found.evaluation.warnings)) == (is_held, 1)


@pytest.mark.parametrize("fields", [{}, {"@timestamp": [{}], "place": [{"type": "Point"}]}, {"place": []}])
def test_a_hit_that_tells_little_is_a_place_that_tells_little(run, fields):
    answer = entities(A=[("7", "10:01")])
    hits = answer["aggregations"]["shapes"]["buckets"]["A"]["entitySplit"]["buckets"][0]["entityHits"]["hits"]["hits"]
    hits[0]["fields"] = fields
    context = run(boundaries("A"), answer).reports[0].context
    assert (context["entityDateTime"], context["entityLocation"]) == (None, "")


@pytest.mark.parametrize("answer", [{"aggregations": 5}, {"aggregations": {"shapes": {"buckets": [1]}}}])
def test_an_answer_of_another_kind_fails_the_run(run, answer):
    with pytest.raises(RunError, match="the search answered with"):
        run(boundaries("A"), answer)
