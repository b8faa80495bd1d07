"""Area config of connector_framework: whether settings under ``actions.`` are valid, and what they come to."""

from datetime import timedelta
from typing import Any

from engine.model.errors import InvalidInput
from tests.cases.adapters.framework_network import read_actions_or_refused
from tests.cases.adapters.framework_settings import split_actions
from tests.cases.matching import assert_subset, require_known

Json = Any

_MS = timedelta(milliseconds=1)


def check_config(given: Json, expected: Json) -> None:
    """Read the settings of a case."""
    require_known(given, {"config"}, "given")
    require_known(expected, {"valid", "effective", "warnings_min"}, "expect")
    prefixed, bare = split_actions(given["config"])
    found = read_actions_or_refused({**bare, **prefixed})
    assert expected["valid"] is not isinstance(found, InvalidInput), f"found: {found}"
    if isinstance(found, InvalidInput):
        return
    section, reading = found
    assert len(reading.warnings) >= expected.get("warnings_min", 0), f"warnings: {reading.warnings}"
    effective = _plain(section.model_dump(by_alias=True))
    for name, value in expected.get("effective", {}).items():
        assert_subset(_at(effective, name), value, name)


def _plain(value: Json) -> Json:
    """With spans of time as milliseconds, under names that say so."""
    if not isinstance(value, dict):
        return [_plain(each) for each in value] if isinstance(value, list) else value
    return {
        f"{name}_ms" if isinstance(member, timedelta) else name: member // _MS
        if isinstance(member, timedelta)
        else _plain(member)
        for name, member in value.items()
    }


def _at(effective: Json, name: str) -> Json:
    """The setting of a dotted name; None = not set."""
    found = effective
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found
