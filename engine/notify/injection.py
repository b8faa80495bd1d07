"""Params that are put in after rendering: links to the rule, in the form its connector type wants (13)."""

from engine.model.jsonvalue import JsonObject
from engine.notify.actions import ParamsInjection
from engine.ports.connector import RuleLink
from engine.template.variables import RuleVariables


def injection_of(link: RuleLink | None) -> ParamsInjection | None:
    """What puts a link of that form into rendered params, which are left alone; None where none is wanted."""
    match link:
        case RuleLink.FIRST_OF_LINKS:
            return _put_first_of_links
        case RuleLink.FOOTER:
            return _put_into_footer
        case None:
            return None


def _put_first_of_links(params: JsonObject, variables: RuleVariables) -> JsonObject:
    rule = variables.fixed["rule"]
    if "url" not in rule:
        return params
    given = params.get("links")
    others = given if isinstance(given, list) else []
    return {**params, "links": [{"href": rule["url"], "text": f"Rule {rule['name']}"}, *others]}


def _put_into_footer(params: JsonObject, variables: RuleVariables) -> JsonObject:
    url = variables.fixed["rule"].get("url", "")
    path = url.removeprefix(variables.fixed.get("kibanaBaseUrl", "").rstrip("/"))
    return {**params, "kibanaFooterLink": {"path": path, "text": "View this rule"}}
