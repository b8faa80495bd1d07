"""Rules as people name them to commands: by id or, case aside, by name."""

from collections.abc import Sequence

from engine.model.errors import InvalidInput, Problem, TocsinError
from engine.model.jsonvalue import JsonObject
from engine.operations.find import MAX_WINDOW
from tocsin.cli.text import some
from tocsin.client.api import Api, path_of

_LIST = "/api/tocsin/v1/rules"
_MOST_KNOWN = 20
_NOT_FOUND = 404


async def find_rules(api: Api, texts: Sequence[str]) -> list[JsonObject]:
    """The rules, as the API shows them, each once. Raises InvalidInput before anything is done to any."""
    found = [await find_rule(api, text) for text in texts]
    return list({rule["id"]: rule for rule in found}.values())


async def find_rule(api: Api, text: str) -> JsonObject:
    """The rule of an id or a name. Raises InvalidInput, naming the ids of all that have the name."""
    if text and (rule := await get_rule(api, text)) is not None:
        return rule
    page = await api.ask("GET", _LIST, query={"name": text, "per_page": MAX_WINDOW})
    named: list[JsonObject] = [rule for rule in page["rules"] if rule["name"].casefold() == text.casefold()]
    if len(named) > 1:
        remedy = f"give an id: {some(rule['id'] for rule in named)}"
        raise InvalidInput([Problem("RULE", f"{len(named)} rules are named {text!r}", remedy)])
    if not named:
        known = await _known(api)
        raise InvalidInput([Problem("RULE", f"this {api.kind} knows no rule {text!r}", f"it knows: {known}")])
    return named[0]


async def get_rule(api: Api, rule_id: str) -> JsonObject | None:
    """The rule of an id, None if there is none."""
    try:
        rule: JsonObject = await api.ask("GET", path_of("/api/alerting/rule/{id}", id=rule_id))
    except TocsinError as error:
        if error.http_status != _NOT_FOUND:
            raise
        return None
    return rule


async def _known(api: Api) -> str:
    page = await api.ask("GET", _LIST, query={"per_page": _MOST_KNOWN})
    named = some(f"{rule['id']} ({rule['name']})" for rule in page["rules"])
    left = page["total"] - len(page["rules"])
    return f"{named} and {left} more" if left else named or "none"
