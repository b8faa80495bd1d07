"""The filter in KQL of an ``.index-threshold`` rule (rule-type-index-threshold.md 4)."""

import logging

from engine.model.errors import RunError, SearchError, SearchUnavailable
from engine.model.jsonvalue import JsonObject
from engine.ports.search import FieldCapsRequest, SearchPort
from engine.query.errors import KqlError
from engine.query.field import Field
from engine.query.field_caps import read_field_caps, with_surrounding_objects
from engine.query.kql.compiler import compile_kql
from engine.query.kql.field_names import field_names
from rule_types.params import refuse

_LOG = logging.getLogger(__name__)


class KueryFilter:
    """A filter compiled without types, and again when the types of the fields that it names are known.

    Raises InvalidInput on ``filterKuery`` for a text that is no KQL.
    """

    def __init__(self, text: str, index: tuple[str, ...]) -> None:
        self._text = text
        try:
            self._query, names = compile_kql(text), field_names(text)
        except KqlError as error:
            raise refuse("filterKuery", f"is not valid KQL: {error}", "correct it, or leave it out") from None
        self._untyped = self._query
        self._fields: tuple[Field, ...] | None = None
        fields = with_surrounding_objects(names)
        self._request = FieldCapsRequest(index, fields, ignore_unavailable=True) if fields else None

    async def query(self, search: SearchPort) -> JsonObject:
        """The filter's query, with types as far as the backend tells them. Raises RunError for a misuse of fields."""
        if self._request is None:
            return self._untyped
        try:
            known = read_field_caps(await search.field_caps(self._request))
        except (SearchError, SearchUnavailable) as error:
            _LOG.warning("the types of the fields of filterKuery are not known, it is used without: %s", error)
            return self._untyped
        if known.fields != self._fields:
            try:
                self._query = compile_kql(self._text, known)
            except KqlError as error:
                raise RunError("execute", f"filterKuery: {error}", user_caused=True) from None
            self._fields = known.fields
        return self._query
