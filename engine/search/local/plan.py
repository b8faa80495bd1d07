"""What a request wants to see of documents, as typed values."""

from dataclasses import dataclass
from typing import Literal

from engine.model.jsonvalue import JsonValue


@dataclass(frozen=True, slots=True)
class FieldRequest:
    """A pattern of ``fields`` or ``docvalue_fields``."""

    pattern: str
    format: str | None = None
    include_unmapped: bool = False


@dataclass(frozen=True, slots=True)
class SourceFilter:
    """What of ``_source`` is returned."""

    is_returned: bool = True
    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SortKey:
    """One sort key: a field, ``_score`` or ``_doc``. ``missing``: ``_last``, ``_first`` or a value."""

    field: str
    descending: bool = False
    missing: JsonValue = "_last"
    unmapped_type: str | None = None
    mode: Literal["min", "max", "sum", "avg", "median"] | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True)
class HitsRequest:
    """Which documents are returned, in which order, and what of them. No ``sort`` means by score.

    ``after``: only documents behind these values of the sort keys.
    """

    size: int = 10
    start: int = 0
    sort: tuple[SortKey, ...] = ()
    source: SourceFilter = SourceFilter()
    fields: tuple[FieldRequest, ...] = ()
    docvalue_fields: tuple[FieldRequest, ...] = ()
    has_id: bool = True
    has_version: bool = False
    has_seq_no: bool = False
    after: tuple[JsonValue, ...] | None = None
