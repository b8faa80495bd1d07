"""What may be asked of many rules at once (rest-api.md 8, 8.1)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, RootModel

from engine.model.errors import InvalidInput, Problem
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.rule import NotifyWhen
from engine.operations.body import ActionBody, ScheduleBody
from engine.operations.snoozing import SnoozeBody
from engine.operations.validation import parse_model
from engine.operations.values import Duration, NotNull, Strict

EditedField = Literal["tags", "actions", "schedule", "throttle", "notifyWhen", "snoozeSchedule", "apiKey"]
EditKind = Literal["add", "delete", "set"]
Ids = Annotated[list[str] | None, NotNull, Field(min_length=1, max_length=10_000)]


class ChosenBody(Strict):
    """Which rules: those of the ids, or those that a filter in KQL finds."""

    ids: Ids = None
    filter: Annotated[str | None, NotNull] = None


class BulkDisableBody(ChosenBody):
    """``untrack``: let the alerts of the rules go, too."""

    untrack: bool = False


class OperationBody(Strict):
    """One change; what ``value`` may be depends on the other two."""

    operation: EditKind
    field: EditedField
    value: Any = None


class BulkEditBody(ChosenBody):
    """The changes, in the order in which they are made. Without ids and filter: of all rules."""

    operations: Annotated[list[OperationBody], Field(min_length=1, max_length=100)]


class UntrackBody(Strict):
    """The alerts by uuid; their indices are not needed to find them."""

    indices: list[str]
    alert_uuids: Annotated[list[str], Field(max_length=10_000)]


class _Tags(RootModel[list[str]]):
    pass


class _Actions(RootModel[list[ActionBody]]):
    pass


class _Throttle(RootModel[Duration | None]):
    pass


class _NotifyWhen(RootModel[NotifyWhen]):
    pass


class _SnoozeIds(RootModel[list[str] | None]):
    pass


class _Nothing(RootModel[None]):
    pass


_VALUES: Final[Mapping[tuple[EditedField, EditKind], type[BaseModel]]] = {
    ("tags", "add"): _Tags,
    ("tags", "delete"): _Tags,
    ("tags", "set"): _Tags,
    ("actions", "add"): _Actions,
    ("actions", "set"): _Actions,
    ("schedule", "set"): ScheduleBody,
    ("throttle", "set"): _Throttle,
    ("notifyWhen", "set"): _NotifyWhen,
    ("snoozeSchedule", "set"): SnoozeBody,
    ("snoozeSchedule", "delete"): _SnoozeIds,
    ("apiKey", "set"): _Nothing,
}


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a rule, its value checked and with the names that rules have."""

    field: EditedField
    kind: EditKind
    value: JsonValue


def check_choice(body: ChosenBody, *, is_needed: bool) -> None:
    """Raises InvalidInput for ids together with a filter, and for neither where one is needed."""
    if body.ids is not None and body.filter is not None:
        raise InvalidInput([Problem("", "has both ids and a filter", "choose the rules by one of them")])
    if is_needed and body.ids is None and not body.filter:
        raise InvalidInput([Problem("", "has neither ids nor a filter", "choose the rules by one of them")])


def edits_of(operations: list[OperationBody]) -> list[Edit]:
    """The changes. Raises InvalidInput for values that do not fit."""
    return list(_edits(operations))


def _edits(operations: list[OperationBody]) -> Iterator[Edit]:
    for at, operation in enumerate(operations):
        model = _VALUES.get((operation.field, operation.operation))
        if model is None:
            kinds = [kind for field, kind in _VALUES if field == operation.field]
            problem = Problem(
                "operation", f"[{operation.field}] has no {operation.operation}", f"use {' or '.join(kinds)}"
            )
            raise InvalidInput([problem.under(f"operations.{at}")])
        value = operation.value
        if operation.field == "actions":
            value = [_snake(action) for action in value] if isinstance(value, list) else value
        try:
            parse_model(model, value)
        except InvalidInput as error:
            raise InvalidInput([problem.under(f"operations.{at}.value") for problem in error.problems]) from None
        yield Edit(operation.field, operation.operation, value)


def _snake(action: JsonValue) -> JsonValue:
    """Here clients write ``frequency.notifyWhen`` (8.1); the form of all other routes is taken, too."""
    if not isinstance(action, dict) or not isinstance(action.get("frequency"), dict):
        return action
    frequency: JsonObject = dict(action["frequency"])
    if "notifyWhen" in frequency and "notify_when" not in frequency:
        frequency["notify_when"] = frequency.pop("notifyWhen")
    return {**action, "frequency": frequency}
