"""Snoozes and maintenance windows that are made to hurt, in a whole engine: rules run on, and silence is kept."""

import time
from typing import Any

import pytest

from engine.service.clocks import ManualClock
from tocsin import Engine

NOW = "2026-01-15T10:00:00.000Z"
RULE = {
    "rule_type_id": ".index-threshold",
    "consumer": "alerts",
    "schedule": {"interval": "1m"},
    "params": {
        "index": "web",
        "timeField": "@timestamp",
        "timeWindowSize": 5,
        "timeWindowUnit": "m",
        "threshold": [1],
        "thresholdComparator": ">=",
    },
    "actions": [
        {
            "id": "log",
            "group": "threshold met",
            "params": {"message": "{{rule.name}}"},
            "frequency": {"summary": False, "notify_when": "onActiveAlert"},
        }
    ],
}


def told_while(*silences: dict[str, Any]) -> list[str]:
    """The rules that notify in one run while rule ``silenced`` has the snoozes, and windows are there, as given."""
    began = time.process_time()
    with Engine(clock=ManualClock(NOW)) as engine:
        engine.add_connector("log", ".server-log")
        for name in ("silenced", "other"):
            engine.add_rule({**RULE, "name": name}, name)
        engine.add_documents("web", [{"@timestamp": NOW}])
        for silence in silences:
            if "rRule" in silence:
                engine.snooze("silenced", silence)
            else:
                engine.add_maintenance_window({"title": "w", "schedule": {"custom": silence}})
        engine.advance("1m")
        told = sorted(sent.notification.params["message"] for sent in engine.notifications())
    assert time.process_time() - began < 60  # step by step from the start it would be hours
    return told


def snooze(dtstart: str, **members: Any) -> dict[str, Any]:
    return {"id": "s", "duration": 86_400_000, "rRule": {"dtstart": dtstart, "tzid": "UTC", **members}}


def window(start: str, **recurring: Any) -> dict[str, Any]:
    return {"start": start, "duration": "23h", "recurring": recurring}


FAR_BACK, FAR_AHEAD = "0001-01-01T00:00:00.000Z", "9999-12-31T00:00:00.000Z"
NEVER = {"onMonth": [2], "onMonthDay": [30]}


@pytest.mark.parametrize(
    "silence",
    [
        snooze(FAR_BACK, freq=1, bymonth=[2], bymonthday=[30]),
        snooze(FAR_BACK, freq=3, interval=10**9),
        snooze(FAR_BACK, freq=2, interval=10**15, byweekday=["MO"]),
        snooze(FAR_BACK, freq=0, count=9999, bymonth=[2], bymonthday=[30]),
        snooze(FAR_AHEAD, freq=0, count=9999),
        window(FAR_BACK, every="1M", **NEVER),
        window(FAR_BACK, every="1M", occurrences=10_000, **NEVER),
        window(FAR_BACK, every="999999y"),
        window(FAR_AHEAD, every="1d"),
    ],
)
def test_what_never_happens_now_silences_nothing(silence: dict[str, Any]) -> None:
    assert told_while(silence) == ["other", "silenced"]


def test_what_is_very_old_still_silences() -> None:
    assert told_while(snooze(FAR_BACK, freq=3)) == ["other"]
    assert told_while(window(FAR_BACK, every="1d")) == []
