"""The text of ``esQuery``: a search body of which a few members are used (rule-type-es-query.md 2.4, 6.3)."""

import json
from dataclasses import dataclass, field

from engine.model.jsonvalue import JsonObject
from rule_types.params import refuse

_QUOTES = '"""'


@dataclass(frozen=True, slots=True)
class UserQuery:
    """``query`` as given; ``body`` holds the other members that go into the request; ``dropped`` names the rest."""

    query: JsonObject
    body: JsonObject = field(default_factory=dict)
    dropped: tuple[str, ...] = ()


def parse_user_query(text: str) -> UserQuery:
    """The parts of a user's search body; one pair of triple quotes around it is stripped.

    Raises InvalidInput on ``esQuery``.
    """
    try:
        parsed = json.loads(_without_quotes(text), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise refuse("esQuery", f"is not valid JSON: {error}", 'write {"query": {...}}') from None
    query = parsed.get("query") if isinstance(parsed, dict) else None
    if not isinstance(query, dict) or not query:
        raise refuse("esQuery", "must be a JSON object with a non-empty object `query`", 'write {"query": {...}}')
    body = {name: parsed[name] for name in ("fields", "runtime_mappings") if parsed.get(name)}
    if parsed.get("_source") is not None:
        body["_source"] = parsed["_source"]
    used = {"query", "fields", "runtime_mappings", "_source"}
    return UserQuery(query, body, tuple(name for name in parsed if name not in used))


def _without_quotes(text: str) -> str:
    bare = text.strip()
    if len(bare) >= 2 * len(_QUOTES) and bare.startswith(_QUOTES) and bare.endswith(_QUOTES):
        return bare[len(_QUOTES) : -len(_QUOTES)]
    return text


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
