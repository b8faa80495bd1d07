"""A bulk request as it is sent: for each document the line that says what to do with it, then the document."""

from urllib.parse import quote

from engine.model.errors import SearchError
from engine.model.jsonvalue import JsonObject
from engine.ports.search import BulkItem, BulkRequest
from engine.search.cluster.encoding import encode
from engine.search.cluster.part import Query

_CONTENT_TOO_LONG = 413


def bulk_query(request: BulkRequest, write_number: int, most_bytes: int) -> Query:
    """The request; ``write_number`` is its own. Raises SearchError 413 for one larger than ``most_bytes``.

    It is not split: a caller who is told that it failed could not know which parts were written.
    """
    body = b"".join([b"%b\n%b\n" % (encode(_action(item)), encode(item.source)) for item in request.items])
    if len(body) > most_bytes:
        reason = f"the bulk request has {len(body)} bytes, {most_bytes} are allowed: write fewer documents at once"
        raise SearchError(_CONTENT_TOO_LONG, "content_too_long_exception", reason)
    return Query(
        "POST",
        f"/{quote(request.index, safe='')}/_bulk?refresh={'true' if request.refresh else 'false'}",
        body,
        write_number=write_number,
        is_lines=True,
        # Written twice, a document without id is there twice, and one that is created conflicts with itself.
        is_repeatable=all(item.is_replacing and item.id is not None for item in request.items),
    )


def _action(item: BulkItem) -> JsonObject:
    return {"index" if item.is_replacing else "create": {} if item.id is None else {"_id": item.id}}
