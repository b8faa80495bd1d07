"""The variables of summary actions (actions-scheduling.md 12.2)."""

from datetime import UTC, datetime

import pytest

from engine.model.rule import Rule
from engine.template.summary_variables import SummarizedAlerts, summary_variables
from engine.template.variables import rule_variables

AT = datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
PARAMS = {
    "size": 5,
    "esQuery": "{}",
    "timeWindowSize": 7,
    "searchURLParts": 1,
    "top10Hits": 2,
    "name": "hidden",
    "id": 0,
}
RULE = Rule(
    id="r1", name="CPU", rule_type_id=".es-query", space="ops", tags=("a",), params=PARAMS, consumer="alerts",
    interval="1m", created_at=AT, updated_at=AT,
)  # fmt: skip
NEW, ONGOING = [{"n": 1}, {"n": 2}], [{"o": 1}]


def variables_of(base: str | None = "http://h:5601"):
    return summary_variables(
        rule_variables(RULE, public_base_url=base),
        new=SummarizedAlerts(20, NEW),
        ongoing=SummarizedAlerts(1, ONGOING),
        recovered=SummarizedAlerts(),
        at=AT,
    )


def test_alerts_by_category_and_together() -> None:
    assert variables_of()["alerts"] == {
        "new": {"count": 20, "data": NEW},
        "ongoing": {"count": 1, "data": ONGOING},
        "recovered": {"count": 0, "data": []},
        "all": {"count": 21, "data": [*NEW, *ONGOING]},
    }


def test_keys_of_rule_and_alert_are_the_rules_own() -> None:
    variables = variables_of()
    assert variables["alert"] == {
        "id": "r1",
        "uuid": "r1",
        "actionGroup": "default",
        "actionGroupName": "Default",
        "flapping": False,
        "consecutiveMatches": 0,
    }
    assert variables["alertInstanceId"] == "r1"
    assert (variables["alertActionGroup"], variables["alertActionGroupName"]) == ("default", "Default")


def test_the_context_holds_all_alerts_and_the_rule_with_its_params() -> None:
    context = variables_of()["context"]
    assert context["alerts"] == [*NEW, *ONGOING]
    assert context["rule"] == {
        "name": "CPU",
        "id": "r1",
        "size": 5,
        "es_query": "{}",
        "time_window_size": 7,
        "search_url_parts": 1,
        "top_10_hits": 2,
    }


@pytest.mark.parametrize(
    ("base", "link"),
    [("http://h:5601", "http://h:5601/s/ops/app/management/insightsAndAlerting/triggersActions/rule/r1"), (None, None)],
)
def test_the_link_is_the_rules_page_where_there_is_one(base: str | None, link: str | None) -> None:
    assert variables_of(base)["context"].get("results_link") == link


def test_everything_else_is_as_for_single_alerts(render) -> None:
    template = "{{date}} {{rule.name}} {{spaceId}} {{tags}} {{alertId}} {{alertName}} {{params.size}} {{kibanaBaseUrl}}"
    text = render(template, variables_of())
    assert text == "2024-01-02T03:04:05.678Z CPU ops a r1 CPU 5 http://h:5601"
    assert render("{{state.signals_count}}", variables_of()) == "21"
