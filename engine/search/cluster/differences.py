"""Where the products differ: a request in Elasticsearch's form becomes one that the other understands.

Findings: test-servers.md 4 and 5. Requests to Elasticsearch stay as they are.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from engine.model.instant import from_ms, iso
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.search.cluster.settings import Product

_AGGREGATIONS = ("aggs", "aggregations")
_DATE_TEXT = ("strict_date_optional_time", "strict_date_time", "date_optional_time", "date_time")
_FIRST_MS, _LAST_MS = -62_135_596_800_000, 253_402_300_799_999
_MISSING = (-(2**63), 2**63 - 1)
_LITERAL = r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?L?"
_COMPARISON = rf"params\.compareValue [<>]=? {_LITERAL}"
_CONDITION = re.compile(rf"{_COMPARISON}(?: (?:&&|\|\|) {_COMPARISON})?")
_THRESHOLD = re.compile(rf"(?<=[<>=] ){_LITERAL}")


def product_of(info: JsonValue) -> Product:
    """Which product the answer to ``GET /`` is from."""
    version = info.get("version") if isinstance(info, dict) else None
    is_opensearch = isinstance(version, dict) and version.get("distribution") == "opensearch"
    return "opensearch" if is_opensearch else "elasticsearch"


def adapt(body: JsonObject, product: Product) -> JsonObject:
    """The body as the product takes it. Nothing is modified: what changes is copied, the rest shared."""
    if product == "elasticsearch":
        return body
    changed = _with_aggregations_for_opensearch(body)
    sort = body.get("sort")
    if isinstance(sort, list):
        changed = {**changed, "sort": [_sort_without_format(entry) for entry in sort]}
    return changed


def adapt_mappings(mappings: JsonObject, product: Product) -> JsonObject:
    """The mappings as the product takes them: it has its own name for whole objects as keywords."""
    if product == "elasticsearch":
        return mappings
    return {name: _mapping_for_opensearch(value) for name, value in mappings.items()}


def _mapping_for_opensearch(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_mapping_for_opensearch(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == "flattened":
        return {"type": "flat_object"}
    return {name: _mapping_for_opensearch(member) for name, member in value.items()}


def adapt_answer(answer: JsonObject, body: JsonObject, product: Product) -> JsonObject:
    """The answer to a body, with what its adaptation changed put right in place; doing it twice changes no more."""
    sort = body.get("sort")
    if product == "elasticsearch" or not isinstance(sort, list):
        return answer
    dates = [at for at, entry in enumerate(sort) if _asks_for_date_text(entry)]
    for values in _sort_values(answer) if dates else ():
        for at in dates:
            if at < len(values) and isinstance(values[at], int):
                values[at] = _date_text(values[at])
    return answer


def _sort_values(answer: JsonObject) -> Iterator[list[JsonValue]]:
    found = answer.get("hits")
    hits = found.get("hits") if isinstance(found, dict) else None
    for hit in hits if isinstance(hits, list) else ():
        values = hit.get("sort") if isinstance(hit, dict) else None
        if isinstance(values, list):
            yield values


def _asks_for_date_text(entry: JsonValue) -> bool:
    hows = entry.values() if isinstance(entry, dict) else ()
    return any(isinstance(how, dict) and str(how.get("format")).startswith(_DATE_TEXT) for how in hows)


def _date_text(number: int) -> int | str:
    """Epoch milliseconds (of ``date_nanos``: nanoseconds) as text. A missing value's number stays."""
    if number in _MISSING:
        return number
    ms = number if _FIRST_MS <= number <= _LAST_MS else number // 1_000_000
    return iso(from_ms(ms))


def _sort_without_format(entry: JsonValue) -> JsonValue:
    """``format`` in ``sort`` is a 400; `adapt_answer` gives the values their form."""
    if not isinstance(entry, dict):
        return entry
    return {field: _without_format(how) if isinstance(how, dict) else how for field, how in entry.items()}


def _without_format(how: JsonObject) -> JsonObject:
    return {name: value for name, value in how.items() if name != "format"}


def _with_aggregations_for_opensearch(holder: JsonObject) -> JsonObject:
    for name in _AGGREGATIONS:
        inner = holder.get(name)
        if isinstance(inner, dict) and inner:
            holder = {**holder, name: {key: _aggregation(aggregation) for key, aggregation in inner.items()}}
    return holder


def _aggregation(aggregation: JsonValue) -> JsonValue:
    if not isinstance(aggregation, dict):
        return aggregation
    changed = _with_aggregations_for_opensearch(aggregation)
    terms, selector = aggregation.get("multi_terms"), aggregation.get("bucket_selector")
    if isinstance(terms, dict) and "collect_mode" not in terms and _has_top_hits(aggregation):
        # Depth first, the default, the server answers 500 for want of a scorer.
        changed = {**changed, "multi_terms": {**terms, "collect_mode": "breadth_first"}}
    if isinstance(selector, dict) and isinstance(selector.get("script"), str):
        changed = {**changed, "bucket_selector": {**selector, "script": _with_params(selector["script"])}}
    return changed


def _has_top_hits(aggregation: JsonObject) -> bool:
    return any(
        isinstance(inner, dict) and "top_hits" in inner
        for name in _AGGREGATIONS
        for inner in (aggregation.get(name) or {}).values()
    )


@lru_cache(maxsize=4096)
def _with_params(script: str) -> JsonValue:
    """A condition with its thresholds as params: one compiled script serves them all, and only 75 new texts are
    compiled in 5 minutes (the next one is a 429). Other scripts stay as they are."""
    if _CONDITION.fullmatch(script) is None:
        return script
    params: JsonObject = {}

    def named(literal: re.Match[str]) -> str:
        name = f"t{len(params)}"
        params[name] = _number(literal[0])
        return f"params.{name}"

    return {"source": _THRESHOLD.sub(named, script), "params": params}


def _number(literal: str) -> int | float:
    return int(literal[:-1]) if literal.endswith("L") else float(literal)
