"""A search backend that answers what it is told to and remembers what it was asked: for tests and dry runs."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.model.errors import SearchError, SearchUnavailable
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.ports.search import BulkRequest, EsqlRequest, FieldCapsRequest, SearchRequest

_UNAVAILABLE = frozenset({429, 503})
_FIRST_ERROR = 400


@dataclass(frozen=True, slots=True)
class CannedAnswer:
    """One answer: body and HTTP status."""

    body: JsonValue
    status: int = 200


class RecordingSearch:
    """Gives the canned answers in order, ``answers`` to searches and ES|QL queries alike.

    ``requests``, ``esql_requests``, ``field_caps_requests``, ``bulk_requests`` hold what was asked, ``created_indices``
    the mappings of indices that were to be made. Statuses from 400 up raise as a real backend does. Asking once more
    than there are answers is a LookupError.
    """

    def __init__(
        self,
        answers: Sequence[CannedAnswer] = (),
        field_caps: Sequence[CannedAnswer] = (),
        bulk: Sequence[CannedAnswer] = (),
    ) -> None:
        self._answers, self._field_caps, self._bulk = list(answers), list(field_caps), list(bulk)
        self.requests: list[SearchRequest] = []
        self.esql_requests: list[EsqlRequest] = []
        self.field_caps_requests: list[FieldCapsRequest] = []
        self.bulk_requests: list[BulkRequest] = []
        self.created_indices: dict[str, JsonObject] = {}

    async def search(self, request: SearchRequest) -> JsonObject:
        self.requests.append(request)
        return _give(self._answers)

    async def esql(self, request: EsqlRequest) -> JsonObject:
        self.esql_requests.append(request)
        return _give(self._answers)

    async def field_caps(self, request: FieldCapsRequest) -> JsonObject:
        self.field_caps_requests.append(request)
        return _give(self._field_caps)

    async def ensure_index(self, index: str, mappings: JsonObject) -> bool:
        """True the first time for each index."""
        is_new = index not in self.created_indices
        self.created_indices.setdefault(index, mappings)
        return is_new

    async def bulk(self, request: BulkRequest) -> JsonObject:
        self.bulk_requests.append(request)
        return _give(self._bulk)

    async def close(self) -> None:
        """Nothing to release."""


def _give(answers: list[CannedAnswer]) -> JsonObject:
    if not answers:
        raise LookupError("no answer left for this request")
    answer = answers.pop(0)
    if answer.status in _UNAVAILABLE:
        raise SearchUnavailable(f"the search backend answered {answer.status}")
    if answer.status >= _FIRST_ERROR:
        error = answer.body.get("error") if isinstance(answer.body, dict) else None
        details = error if isinstance(error, dict) else {"type": "error", "reason": str(error or answer.body)}
        raise SearchError(answer.status, str(details.get("type")), str(details.get("reason")), answer.body)
    body: JsonObject = answer.body
    return body
