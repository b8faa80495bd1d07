"""Values that no schema describes, put into requests that are to be accepted: times, params, KQL."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import available_timezones

import schemathesis
from hypothesis import strategies

from engine.api.examples import BODIES

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RULE: Final = BODIES["POST /api/alerting/rule"]
_OF_TYPE: Final = ("rule_type_id", "consumer", "params")
_KQL: Final = ("host.name: a", "not (status >= 500 or tags: x*)", "")


def prepare() -> None:
    """Tell schemathesis how to make values: for every request of this process."""
    _say_formats()
    schemathesis.hook("before_call")(_give_meaning)


def _say_formats() -> None:
    """What texts of our own formats look like, and times as all routes take them."""
    seconds = strategies.integers(0, 2**32 - 1)
    times = seconds.map(lambda s: (_EPOCH + timedelta(seconds=s)).isoformat(timespec="milliseconds")[:-6] + "Z")
    schemathesis.openapi.format("date-time", times)
    schemathesis.openapi.format("time-zone", strategies.sampled_from(sorted(available_timezones())))
    schemathesis.openapi.format("date-math", times | strategies.sampled_from(["now", "now-1d", "now-90m", "now/d"]))


def _give_meaning(context: Any, case: Any, kwargs: Any) -> None:
    """Half of the bodies that fit their schemas get values that mean something."""
    is_fitting = case.meta is not None and case.meta.generation.mode.is_positive
    if not is_fitting or not isinstance(case.body, dict) or len(repr(case.body)) % 2:
        return
    if "params" in case.body and "schedule" in case.body:
        whole = "rule_type_id" in case.body
        case.body = case.body | {name: _RULE[name] for name in _OF_TYPE if whole or name == "params"} | {"actions": []}
    for holder, name in _texts_named(case.body, "kql"):
        holder[name] = _KQL[len(holder[name]) % len(_KQL)]


def _texts_named(value: Any, name: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Where texts of that name are: the object that holds each, and the name."""
    if isinstance(value, dict):
        if isinstance(value.get(name), str):
            yield value, name
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _texts_named(each, name)
