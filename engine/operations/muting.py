"""What muting makes of a rule (rest-api.md 4.3, 4.4): pure; the operations that store it are in `rules`."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from engine.model.errors import InvalidInput, Problem
from engine.model.instant import iso, parse_iso
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.rule import AlertSnooze, MuteCondition, Rule
from engine.operations.validation import parse_model
from engine.operations.values import DATE_TIME, NotNull, Strict


class ConditionBody(Strict):
    """What ends a mute: a changed field, a changed severity, or a certain severity."""

    type: Literal["field_change", "severity_change", "severity_equals"]
    field: Annotated[str | None, NotNull, Field(max_length=1000)] = None
    value: Annotated[Literal["critical", "high", "medium", "low", "info"] | None, NotNull] = None


class MuteBody(Strict):
    """The body of muting one alert; none, null and ``{}`` mute without end."""

    expires_at: Annotated[Annotated[str, DATE_TIME] | None, NotNull] = None
    conditions: Annotated[list[ConditionBody] | None, NotNull, Field(max_length=100)] = None
    condition_operator: Annotated[Literal["any", "all"] | None, NotNull] = None


_MEMBER_OF_CONDITION = {"field_change": "field", "severity_equals": "value"}


@dataclass(frozen=True, slots=True)
class MuteEnd:
    """What ends the mute of one alert: a time, something that happens (all of it, or any), or whatever comes first."""

    expires_at: datetime | None = None
    conditions: tuple[MuteCondition, ...] = ()
    needs_all: bool = False

    def as_json(self) -> JsonObject:
        """For the audit."""
        shown: JsonObject = {} if self.expires_at is None else {"expires_at": iso(self.expires_at)}
        if self.conditions:
            shown["conditions"] = [each.type for each in self.conditions]
        return shown


def read_mute_body(body: JsonValue) -> MuteEnd | None:
    """What is to end a mute of one alert, None = nothing. Raises InvalidInput."""
    parsed = parse_model(MuteBody, {} if body is None else body)
    if not parsed.model_fields_set:
        return None
    problems = _expiry_problems(parsed) or _condition_problems(parsed)
    if problems:
        raise InvalidInput(problems)
    return MuteEnd(
        None if parsed.expires_at is None else parse_iso(parsed.expires_at),
        tuple(MuteCondition(each.type, each.field, each.value) for each in parsed.conditions or ()),
        needs_all=parsed.condition_operator == "all",
    )


def muted_all(rule: Rule, *, is_muted: bool, at: datetime, actor: str | None) -> Rule:
    """The rule with all alerts muted or unmuted: single mutes and snoozes without id go, scheduled snoozes stay."""
    return replace(
        rule,
        mute_all=is_muted,
        muted_alert_ids=(),
        alert_snoozes=(),
        snooze_schedule=tuple(snooze for snooze in rule.snooze_schedule if snooze.get("id") is not None),
        updated_at=at,
        updated_by=actor,
    )


def muted_alert(
    rule: Rule, alert_id: str, *, at: datetime, actor: str | None, end: MuteEnd | None = None
) -> Rule | None:
    """The rule with one more alert muted, for good or until the ``end``, which may be changed by that.

    None where that changes nothing: all are muted, or it is already for good.
    """
    if rule.mute_all or alert_id in rule.muted_alert_ids:
        return None
    others = tuple(snooze for snooze in rule.alert_snoozes if snooze.alert_id != alert_id and not snooze.is_expired(at))
    if end is None:
        muted = replace(rule, muted_alert_ids=(*rule.muted_alert_ids, alert_id), alert_snoozes=others)
    else:
        snooze = AlertSnooze(alert_id, end.expires_at, at, actor, end.conditions, end.needs_all)
        muted = replace(rule, alert_snoozes=(*others, snooze))
    return replace(muted, updated_at=at, updated_by=actor)


def unmuted_alert(rule: Rule, alert_id: str, *, at: datetime, actor: str | None) -> Rule | None:
    """The rule with the alert not muted; None where that changes nothing."""
    if rule.mute_all or alert_id not in rule.muted_ids(at):
        return None
    return replace(
        rule,
        muted_alert_ids=tuple(muted for muted in rule.muted_alert_ids if muted != alert_id),
        alert_snoozes=tuple(snooze for snooze in rule.alert_snoozes if snooze.alert_id != alert_id),
        updated_at=at,
        updated_by=actor,
    )


def _expiry_problems(body: MuteBody) -> list[Problem]:
    if body.expires_at is None and not body.conditions:
        return [Problem("", "neither expires_at nor conditions is given", "add one of them, or send no body")]
    if body.expires_at is not None:
        try:
            parse_iso(body.expires_at)
        except (ValueError, OverflowError):
            return [Problem("expires_at", "is not an ISO 8601 time", "write it like 2026-01-31T12:00:00.000Z")]
    return []


def _condition_problems(body: MuteBody) -> list[Problem]:
    problems = []
    for at, condition in enumerate(body.conditions or ()):
        needed = _MEMBER_OF_CONDITION.get(condition.type)
        for name in ("field", "value"):
            is_given = getattr(condition, name) is not None
            if is_given and name != needed:
                problems.append(
                    Problem(f"conditions.{at}.{name}", f"does not belong to {condition.type}", "leave it out")
                )
            if not is_given and name == needed:
                problems.append(Problem(f"conditions.{at}.{name}", "is required", "add it"))
    return problems
