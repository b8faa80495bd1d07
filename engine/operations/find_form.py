"""What may be asked of finding rules, and the query of the store that it comes to (rest-api.md 4.5)."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal

import orjson
from pydantic import BeforeValidator, Field

from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject
from engine.model.reference import Reference
from engine.operations.rule_attributes import attribute_named
from engine.operations.rule_filter import read_filter
from engine.operations.rule_text_search import Operator, read_search
from engine.operations.values import OrAlone, Strict, WholeNumber, refusal
from engine.ports.store import RuleQuery
from engine.ports.store.rule_conditions import Attribute, Has, IsAnyOf, RuleCondition, all_of, depth_of

SortOrder = Literal["asc", "desc"]

_MOST_VALUES = 1000
_DEEPEST = 20
"""Deeper expressions overflow the stack of the database's parser."""
_CAMEL = re.compile(r"(?<=[a-z0-9])([A-Z])")
_MEMBERS = {"alert_type_id": "rule_type_id", "muted_instance_ids": "muted_alert_ids"}
"""Members of responses whose names are not those of the attributes in snake_case."""


def _texts(value: object) -> object:
    """Several texts: an array, the text of a JSON array, or one alone."""
    if isinstance(value, str) and value.startswith("["):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            raise refusal("is no JSON array", 'write it like ["a","b"]') from None
    return [value] if isinstance(value, str) else value


def _json_object(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        raise refusal("is no JSON", 'write it like {"type":"action","id":"..."}') from None


_OR_TEXT = OrAlone({"pattern": r"^([^\[]|$)"})
"""What begins like a JSON array is taken for one."""
Texts = Annotated[list[str], BeforeValidator(_texts), Field(max_length=_MOST_VALUES), _OR_TEXT]


class ReferenceForm(Strict):
    """The object that rules are to refer to."""

    type: str
    id: str


class FindForm(Strict):
    """What may be asked for in the query string, and in the body of the internal route."""

    per_page: Annotated[WholeNumber, Field(ge=0)] = 10
    page: Annotated[WholeNumber, Field(ge=1)] = 1
    search: str | None = None
    default_search_operator: Operator = "OR"
    search_fields: Texts = Field(default_factory=list)
    sort_field: str | None = None
    sort_order: SortOrder = "asc"
    has_reference: Annotated[ReferenceForm | None, BeforeValidator(_json_object)] = None
    fields: Texts = Field(default_factory=list)
    filter: str | None = None
    filter_consumers: Texts = Field(default_factory=list)


def query_of(
    form: FindForm, at: datetime, more: Iterable[RuleCondition] = (), *, is_internal: bool = False
) -> RuleQuery:
    """The store's query; ``more`` must hold as well. Raises InvalidInput. ``is_internal``: see `attribute_named`."""
    conditions = list(more)
    if form.filter:
        conditions.append(_not_too_deep(read_filter(form.filter, at, is_internal=is_internal), "filter"))
    if form.filter_consumers:
        conditions.append(Has(Attribute("consumer"), IsAnyOf(tuple(form.filter_consumers))))
    if form.search:
        found = read_search(form.search, form.search_fields, form.default_search_operator)
        conditions.append(_not_too_deep(found, "search"))
    else:
        # What cannot be searched is refused, whether there is anything to look for or not.
        for name in form.search_fields:
            attribute_named(name, "search_fields")
    reference = form.has_reference
    return RuleQuery(
        refers_to=None if reference is None else Reference(reference.type, reference.id),
        where=all_of(conditions) if conditions else None,
        sort_by=None if form.sort_field is None else _sorted_by(form.sort_field, is_internal=is_internal),
        descending=form.sort_order == "desc",
        offset=(form.page - 1) * form.per_page,
        limit=form.per_page,
    )


def with_fields(rule: JsonObject, fields: Iterable[str]) -> JsonObject:
    """A rule of which only some attributes are wanted, its id always; names that it does not have mean nothing."""
    wanted = {"id", *(_member_of(name) for name in fields)}
    return {name: value for name, value in rule.items() if name in wanted}


def _member_of(name: str) -> str:
    first = name.removeprefix("alert.attributes.").partition(".")[0]
    snake = _CAMEL.sub(lambda found: f"_{found[1].lower()}", first)
    return _MEMBERS.get(snake, snake)


def _not_too_deep(condition: RuleCondition, place: str) -> RuleCondition:
    if depth_of(condition) > _DEEPEST:
        raise InvalidInput([Problem(place, f"is nested more than {_DEEPEST} levels deep", "make it flatter")])
    return condition


def _sorted_by(name: str, *, is_internal: bool) -> Attribute:
    attribute = attribute_named(name, "sort_field", is_internal=is_internal)
    if attribute.name.startswith("actions"):
        problem = Problem("sort_field", f"[{name[:80]}] may have several values a rule", "sort by another attribute")
        raise InvalidInput([problem])
    return attribute
