"""Links to the rule's page in rendered params (actions-scheduling.md 13)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.model.rule import Rule
from engine.notify.injection import injection_of
from engine.ports.connector import RuleLink
from engine.template.variables import RuleVariables, rule_variables

BASE = "http://k:5601/kbn/"
URL = "http://k:5601/kbn/s/sp/app/management/insightsAndAlerting/triggersActions/rule/r1"


def variables(base: str | None = BASE, space: str = "sp", relative_path: str | None = None) -> RuleVariables:
    at = datetime(2024, 5, 6, tzinfo=UTC)
    rule = Rule("r1", "My rule", "generic", "alerts", "1m", {}, at, at, space=space)
    return rule_variables(rule, public_base_url=base, relative_path=relative_path)


def inject(link: RuleLink, params: dict[str, Any], of: RuleVariables) -> dict[str, Any]:
    injection = injection_of(link)
    assert injection is not None
    return injection(params, of)


def test_types_that_want_none_get_none() -> None:
    assert injection_of(None) is None


@pytest.mark.parametrize(
    ("params", "others"),
    [
        ({"summary": "s"}, []),
        ({"links": [{"href": "h", "text": "t"}]}, [{"href": "h", "text": "t"}]),
        ({"links": "text"}, []),
        ({"links": None}, []),
    ],
)
def test_the_link_goes_before_those_that_are_there(params: dict[str, Any], others: list[Any]) -> None:
    before = dict(params)
    injected = inject(RuleLink.FIRST_OF_LINKS, params, variables())
    first, *rest = injected["links"]
    assert (first["href"], rest) == (URL, others)
    assert "My rule" in first["text"]
    assert {**injected, "links": None} == {**params, "links": None}
    assert params == before


def test_without_a_url_of_the_rule_there_is_no_link() -> None:
    params = {"links": "text"}
    assert inject(RuleLink.FIRST_OF_LINKS, params, variables(base=None)) == params


@pytest.mark.parametrize(
    ("of", "path"),
    [
        (variables(), "/s/sp/app/management/insightsAndAlerting/triggersActions/rule/r1"),
        (variables(space="default"), "/app/management/insightsAndAlerting/triggersActions/rule/r1"),
        (variables(relative_path="/app/mine"), "/s/sp/app/mine"),
        (variables(base="no address"), ""),
        (variables(base=None), ""),
    ],
)
def test_the_footer_leads_to_the_rule_in_its_space(of: RuleVariables, path: str) -> None:
    injected = inject(RuleLink.FOOTER, {"message": "m"}, of)
    assert (injected["message"], injected["kibanaFooterLink"]["path"]) == ("m", path)
    assert injected["kibanaFooterLink"]["text"] == "View this rule"
