"""Not counting a document twice."""

import pytest

from rule_types.es_query.latest_timestamp import latest_timestamp, newest_sort_value

AT = "2024-05-06T07:07:00.000Z"
MS = 1714979220000


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        (AT, AT),
        ("2024-05-06T07:07:00Z", AT),
        ("2024-05-06T09:07:00.000+02:00", AT),
        ("2024-05-06T07:07:00.000123456Z", AT),
        ("2024-05-06", "2024-05-06T00:00:00.000Z"),
        (MS, AT),
        (float(MS), AT),
        (0, None),
        (None, None),
        ("", None),
        ("yesterday", None),
        ("20240506", None),
        ("2024-13-45", None),
        (str(MS), None),
        (True, None),
        (float("nan"), None),
        (10**400, None),
        (2**63 - 1, None),
        ([AT], None),
    ],
)
def test_what_is_stored_is_read_as_an_iso_instant_or_not_at_all(stored, read):
    assert latest_timestamp({"latestTimestamp": stored}) == read


@pytest.mark.parametrize(
    ("sorts", "newest"),
    [
        ([[AT]], AT),
        ([["b3f1-not-a-date", AT]], AT),
        ([["12345678", MS]], AT),
        ([None, [AT], ["2024-05-06T07:08:00.000Z"]], AT),
        ([[], ["id-1"], [AT]], AT),
        ([[0], [True], [None]], None),
        ([AT], None),
        ([], None),
    ],
)
def test_the_first_hit_with_a_date_among_its_sort_values_decides(sorts, newest):
    hits = [{"_id": "1"} if sort is None else {"_id": "1", "sort": sort} for sort in sorts]
    assert newest_sort_value(hits) == newest


def hit(at):
    return {"_id": at, "_source": {}, "sort": [at]}


OLD = "2024-05-06T07:01:00.000Z"


def test_a_met_condition_moves_it_and_the_alert_remembers_the_one_before(run, answer):
    done = run(answer([hit(AT)]), state={"latestTimestamp": OLD})
    assert done.evaluation.state == {"latestTimestamp": AT}
    assert done.reports[0].state == {
        "latestTimestamp": OLD,
        "dateStart": "2024-05-06T07:03:09.010Z",
        "dateEnd": "2024-05-06T07:08:09.010Z",
    }


def test_the_alert_of_a_first_run_remembers_none(run, answer):
    assert "latestTimestamp" not in run(answer([hit(AT)])).reports[0].state


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        ({}, {}),
        ({"latestTimestamp": OLD}, {"latestTimestamp": OLD}),
        ({"latestTimestamp": MS}, {"latestTimestamp": AT}),
        ({"latestTimestamp": "yesterday"}, {}),
    ],
)
def test_an_unmet_condition_carries_it_over(run, answer, state, kept):
    assert run(answer([hit("2024-05-06T07:08:00.000Z")]), state=state, threshold=[5]).evaluation.state == kept


def test_without_hits_it_stays(run, answer):
    done = run(answer(total=7), state={"latestTimestamp": OLD}, size=0)
    assert done.ids == ["query matched"]
    assert done.evaluation.state == {"latestTimestamp": OLD}


def test_switching_the_option_off_keeps_it_moving(run, answer):
    done = run(answer([hit(AT)]), excludeHitsFromPreviousRun=False)
    assert done.evaluation.state == {"latestTimestamp": AT}
