"""Searches of a cluster that a request knows by name: it calls the indices ``NAME:index``, as Elasticsearch calls those
of remote clusters, and so do its answers. Nothing is modified, because both are shared: what changes is copied."""

from engine.model.jsonvalue import JsonObject, JsonValue

_AGGREGATIONS = ("aggs", "aggregations")
_INDEXED_SHAPE = "indexed_shape"


def unqualify_shapes(body: JsonObject, cluster: str) -> JsonObject:
    """The body with indexed shapes in indices called as the cluster itself calls them."""
    changed: JsonObject = _unqualified(body, f"{cluster}:")
    return changed


def qualify_search(answer: JsonObject, body: JsonObject, cluster: str) -> JsonObject:
    """The answer to a search: its hits, and those of ``top_hits`` if the body asks for any."""
    named = _with_hits(answer, cluster)
    found = answer.get("aggregations")
    if isinstance(found, dict) and _asks_for_top_hits(body):
        named = {**named, "aggregations": _aggregations(found, cluster)}
    return named


def qualify_field_caps(answer: JsonObject, cluster: str) -> JsonObject:
    """The answer to ``_field_caps``: its indices, and those of each type of a field."""
    fields = answer.get("fields")
    named = _with_indices(answer, cluster)
    if isinstance(fields, dict):
        named["fields"] = {
            name: {kind: _with_indices(capabilities, cluster) for kind, capabilities in kinds.items()}
            for name, kinds in fields.items()
        }
    return named


def _unqualified(value: JsonValue, prefix: str) -> JsonValue:
    if isinstance(value, list):
        return [_unqualified(each, prefix) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _unqualified_shape(member, prefix) if name == _INDEXED_SHAPE else _unqualified(member, prefix)
        for name, member in value.items()
    }


def _unqualified_shape(shape: JsonValue, prefix: str) -> JsonValue:
    index = shape.get("index") if isinstance(shape, dict) else None
    return {**shape, "index": index.removeprefix(prefix)} if isinstance(index, str) else shape


def _with_indices(holder: JsonObject, cluster: str) -> JsonObject:
    indices = holder.get("indices")
    if not isinstance(indices, list):
        return dict(holder)
    return {**holder, "indices": [f"{cluster}:{index}" for index in indices]}


def _with_hits(holder: JsonObject, cluster: str) -> JsonObject:
    found = holder.get("hits")
    if not isinstance(found, dict) or not isinstance(found.get("hits"), list):
        return holder
    return {**holder, "hits": {**found, "hits": [_hit(hit, cluster) for hit in found["hits"]]}}


def _hit(hit: JsonValue, cluster: str) -> JsonValue:
    if not isinstance(hit, dict) or not isinstance(hit.get("_index"), str):
        return hit
    return {**hit, "_index": f"{cluster}:{hit['_index']}"}


def _aggregations(value: JsonValue, cluster: str) -> JsonValue:
    """Hits may be at any depth, in buckets that are a list or named."""
    if isinstance(value, list):
        return [_aggregations(each, cluster) for each in value]
    if not isinstance(value, dict):
        return value
    if _is_hits(value):
        return _with_hits(value, cluster)
    return {name: _aggregations(member, cluster) for name, member in value.items()}


def _is_hits(value: JsonObject) -> bool:
    hits = value.get("hits")
    return isinstance(hits, dict) and isinstance(hits.get("hits"), list)


def _asks_for_top_hits(holder: JsonObject) -> bool:
    return any(
        isinstance(inner, dict) and ("top_hits" in inner or _asks_for_top_hits(inner))
        for name in _AGGREGATIONS
        if isinstance(holder.get(name), dict)
        for inner in holder[name].values()
    )
