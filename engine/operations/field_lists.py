"""Which fields data views have: asked of the indices, and kept for some seconds (data-views.md 4)."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from engine.model.data_view import DataView
from engine.model.errors import InvalidInput, SearchError, SearchUnavailable
from engine.model.jsonvalue import JsonObject
from engine.ports.search import FieldCapsRequest, SearchPort
from engine.query.field_list import listed_fields, mapped_fields

_log = logging.getLogger("tocsin.data_views")

_GOOD_FOR_S: Final = 5.0
_PATIENCE_S: Final = 10.0
_MOST_KEPT: Final = 100
_LONGEST_TITLE: Final = 4000
"""Characters of a title; Elasticsearch takes no longer addresses, and matching a megabyte of patterns takes minutes."""
_NO_INDEX: Final = "no index matches the title of the data view: only its runtime fields are listed"
_TOO_LONG: Final = f"the title has more than {_LONGEST_TITLE} characters: only runtime fields are listed"
_NO_ANSWER: Final = "the search backend could not tell the fields: only runtime fields are listed"


@dataclass(frozen=True, slots=True)
class MappedFields:
    """The fields that the indices of a data view have, by name; ``warning`` says why there are none."""

    fields: Mapping[str, JsonObject]
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class FieldListing:
    """All fields of a data view by name, as answers show them; ``warning`` says why some may be missing."""

    fields: JsonObject
    warning: str | None = None


class FieldLists:
    """The fields of data views. ``monotonic``: seconds on a clock that never steps."""

    def __init__(self, search: SearchPort, monotonic: Callable[[], float]) -> None:
        self._search, self._monotonic = search, monotonic
        self._kept: OrderedDict[tuple[str, bool], tuple[float, Mapping[str, JsonObject]]] = OrderedDict()

    async def of(self, view: DataView) -> FieldListing:
        """The field list of a view; what the indices have is at most 5 seconds old."""
        mapped = await self.mapped(view)
        return FieldListing(listed_fields(view, mapped.fields), mapped.warning)

    async def mapped(self, view: DataView) -> MappedFields:
        """The fields of the view's indices; none if there are no indices, or the backend does not answer."""
        if len(view.title) > _LONGEST_TITLE:
            return MappedFields({}, _TOO_LONG)
        key = view.title, bool(view.allow_hidden)
        found = self._recent(key)
        if found is None:
            found = await self._ask(*key)
            if found is None:
                return MappedFields({}, _NO_ANSWER)
            self._keep(key, found)
        is_missed = not found and not view.allow_no_index
        return MappedFields(found, _NO_INDEX if is_missed else None)

    async def _ask(self, title: str, include_hidden: bool) -> Mapping[str, JsonObject] | None:
        asked = FieldCapsRequest((title,), ignore_unavailable=True, include_hidden=include_hidden)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return mapped_fields(await self._search.field_caps(asked))
        except (SearchError, SearchUnavailable, InvalidInput, TimeoutError) as error:
            _log.info("the fields of [%s] could not be had: %s", title, error)
            return None

    def _recent(self, key: tuple[str, bool]) -> Mapping[str, JsonObject] | None:
        known = self._kept.get(key)
        return known[1] if known is not None and self._monotonic() < known[0] else None

    def _keep(self, key: tuple[str, bool], found: Mapping[str, JsonObject]) -> None:
        self._kept[key] = self._monotonic() + _GOOD_FOR_S, found
        self._kept.move_to_end(key)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
