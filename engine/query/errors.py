"""What can be wrong with a query that a user wrote (kql.md 5)."""

from typing import Literal, TypeAlias

from engine.model.errors import TocsinError

KqlErrorKind: TypeAlias = Literal["syntax", "leading_wildcard", "field", "type"]


class KqlError(TocsinError):
    """A KQL text that cannot be used. ``offset`` counts UTF-16 code units from 0; None where no place is at fault."""

    http_status = 400
    exit_code = 2
    code = "TOC1410"

    def __init__(self, kind: KqlErrorKind, message: str, offset: int | None = None) -> None:
        self.kind, self.offset = kind, offset
        super().__init__(message)


class FilterError(TocsinError):
    """A Kibana filter that cannot be translated (kql.md 7)."""

    http_status = 400
    exit_code = 2
    code = "TOC1411"


class UnsupportedQuery(TocsinError):
    """Query DSL that no document can be judged by without a search engine (kql.md 10); of kind ``unsupported``."""

    http_status = 400
    exit_code = 2
    code = "TOC1412"
    kind: Literal["unsupported"] = "unsupported"
