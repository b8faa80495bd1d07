"""Documents as hits have them: ``_id`` beside the values, or ``_source`` around them."""

from collections.abc import Mapping

from engine.model.jsonvalue import JsonObject, JsonValue

_HIT_KEYS = frozenset(("_id", "_index", "_source", "_score", "_type", "_version", "_seq_no", "_primary_term",
                       "_routing", "_ignored", "sort", "fields", "highlight", "matched_queries",
                       "inner_hits"))  # fmt: skip


def unwrap(document: Mapping[str, JsonValue]) -> tuple[str | None, JsonObject]:
    """The id, if the document has one, and its values."""
    given = document.get("_id")
    document_id = None if given is None else str(given)
    source = document.get("_source")
    if isinstance(source, Mapping) and _HIT_KEYS.issuperset(document):
        return document_id, dict(source)
    if "_id" not in document:
        return None, document if isinstance(document, dict) else dict(document)
    return document_id, {key: value for key, value in document.items() if key != "_id"}
