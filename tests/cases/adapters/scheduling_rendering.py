"""What is rendered and injected in action_scheduling cases, and the address of a rule's page."""

from typing import Any

from engine.model.alert import Alert
from engine.model.instant import parse_iso
from engine.notify.decide import Candidate, SummaryCandidate
from engine.notify.injection import injection_of
from engine.notify.rendering import Rendering
from engine.notify.summary import Summary, SummaryPart
from engine.ports.connector import RuleLink
from engine.template.links import rule_url
from engine.template.variables import RuleVariables, rule_variables
from tests.cases.adapters.scheduling_world import action_of, rule_of, situation_of
from tests.cases.matching import assert_equal, require_known
from tocsin.composition import builtin_registry

Case = dict[str, Any]

_ALERT = {
    *("id", "uuid", "action_group", "action_group_name", "flapping", "consecutive_matches", "context", "state"),
}
_TEMPLATE = {
    *("rule", "space_id", "kibana_base_url", "alert", "summary", "template", "now", "date"),
    *("use_alert_data_for_template", "alert_document"),
}
_RULE = {"id", "name", "rule_type_id", "tags", "params", "schedule"}
_NOT_BUILT_YET = {".email": RuleLink.FOOTER}
"""What connector types will declare that this program does not have yet."""


def check_template(given: Case, expect: Case) -> None:
    """One string, rendered with the variables of an alert or of a summary."""
    require_known(given, _TEMPLATE, "given")
    require_known(given["rule"], _RULE, "rule")
    require_known(expect, {"rendered"}, "expect")
    is_summary = "summary" in given
    action = {
        "params": {"text": given["template"]},
        "group": given.get("alert", {}).get("action_group", "default"),
        "frequency": {"summary": is_summary, "notify_when": "onActiveAlert", "throttle": None},
        "use_alert_data_for_template": given.get("use_alert_data_for_template", False),
    }
    rule = rule_of(given["rule"], [action_of(action)], space=given.get("space_id", "default"))
    situation = situation_of(rule, at=given.get("now") or given.get("date"), base_url=given.get("kibana_base_url"))
    compiled = situation.actions[0]
    rendering = Rendering(situation)
    if is_summary:
        params = rendering.params_of(SummaryCandidate(compiled, _summary(given["summary"])))
    else:
        params = rendering.params_of(Candidate(compiled, _alert(given["alert"], given.get("alert_document") or {})))
    assert_equal(params["text"], expect["rendered"], "rendered")


def _alert(given: Case, document: Case) -> Alert:
    require_known(given, _ALERT, "alert")
    state = dict(given.get("state", {}))
    alert = Alert(
        given["id"],
        given.get("uuid", "uuid"),
        given.get("action_group", "default"),
        flapping=given.get("flapping", False),
        active_count=given.get("consecutive_matches", 0),
        context=given.get("context", {}),
        fields=document,
    )
    for name in ("start", "end"):
        if name in state:
            setattr(alert, name, parse_iso(state.pop(name)))
    alert.duration_ns = int(state.pop("duration", 0))
    alert.state = state
    return alert


def _summary(given: Case) -> Summary:
    require_known(given, {"new", "ongoing", "recovered"}, "summary")
    parts = {name: SummaryPart(len(documents), list(documents)) for name, documents in given.items()}
    return Summary(**parts)


def check_injection(given: Case, expect: Case) -> None:
    """What a connector type has put into rendered params."""
    require_known(given, {"connector_type_id", "params", "rule_name", "rule_url"}, "given")
    known = {"footer_link_path", "footer_text_nonempty", "links_hrefs", "absent_params", "params", "params_kept"}
    require_known(expect, known, "expect")
    type_id, params = given["connector_type_id"], given["params"]
    connector_type = builtin_registry().connector_type(type_id)
    link = _NOT_BUILT_YET.get(type_id) if connector_type is None else connector_type.template_treatment.rule_link
    inject = injection_of(link)
    found = params if inject is None else inject(params, _variables(given))
    footer = found.get("kibanaFooterLink", {})
    if "footer_link_path" in expect:
        assert_equal(footer.get("path"), expect["footer_link_path"], "footer_link_path")
    if "footer_text_nonempty" in expect:
        assert_equal(bool(footer.get("text")), expect["footer_text_nonempty"], "footer_text_nonempty")
    if "links_hrefs" in expect:
        assert_equal([each["href"] for each in found["links"]], expect["links_hrefs"], "links_hrefs")
    if "absent_params" in expect:
        assert_equal(sorted(found.keys() & set(expect["absent_params"])), [], "absent_params")
    if "params" in expect:
        assert_equal(found, expect["params"], "params")
    if expect.get("params_kept"):
        assert_equal({name: found.get(name) for name in params}, params, "params_kept")


def _variables(given: Case) -> RuleVariables:
    """The variables of a rule whose page has the address that the case takes apart."""
    page = given.get("rule_url")
    if page is None:
        return rule_variables(rule_of({"name": given["rule_name"]}), public_base_url=None)
    require_known(page, {"absolute_url", "base_pathname", "space_segment", "relative_path"}, "rule_url")
    relative, segment = page.get("relative_path") or "", page.get("space_segment") or ""
    rule = rule_of({"name": given["rule_name"]}, space=segment.removeprefix("/s/") or "default")
    base = page["absolute_url"].removesuffix(segment + relative)
    return rule_variables(rule, public_base_url=base, relative_path=relative)


def check_rule_url(given: Case, expect: Case) -> None:
    """The address of a rule's page."""
    require_known(given, {"base_url", "space_id", "rule_id", "relative_path"}, "given")
    require_known(expect, {"url"}, "expect")
    found = rule_url(given.get("base_url"), given["space_id"], given["rule_id"], given.get("relative_path"))
    assert_equal(found, expect["url"], "url")
