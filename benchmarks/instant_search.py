"""A search backend that answers at once, so that only the engine is measured."""

from engine.model.jsonvalue import JsonObject
from engine.ports.search import BulkRequest, EsqlRequest, FieldCapsRequest, SearchRequest


class InstantSearch:
    """Answers every search with the same body."""

    def __init__(self, answer: JsonObject) -> None:
        self._answer = answer

    async def search(self, request: SearchRequest) -> JsonObject:
        return self._answer

    async def field_caps(self, request: FieldCapsRequest) -> JsonObject:
        return {"indices": [], "fields": {}}

    async def esql(self, request: EsqlRequest) -> JsonObject:
        return {"columns": [], "values": []}

    async def ensure_index(self, index: str, mappings: JsonObject) -> bool:
        return False

    async def bulk(self, request: BulkRequest) -> JsonObject:
        return {"took": 0, "errors": False, "items": []}

    async def close(self) -> None:
        """Nothing to release."""
