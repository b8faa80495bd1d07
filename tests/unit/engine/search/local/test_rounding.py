"""Bucket keys of time, where clocks change and elsewhere: what the database computes is what Python does."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from engine.search.local.aggregation.nodes import DateStep, NumberStep
from engine.search.local.aggregation.rounding import DateRounding, NumberRounding
from engine.timing.dates import parse_zone

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR, DAY = 3_600_000, 86_400_000
ZONES = ("UTC", "+05:30", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Amman")
STEPS = (*(DateStep(unit) for unit in ("minute", "hour", "day", "week", "month", "quarter", "year")),
         DateStep(None, 12 * HOUR), DateStep(None, DAY), DateStep(None, 90 * 60_000), DateStep("day", 0, 6 * HOUR),
         DateStep(None, DAY, -HOUR))  # fmt: skip


def ms(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


def rounding(step: DateStep, zone: str, *values: int) -> DateRounding:
    return DateRounding.over(step, parse_zone(zone), min(values), max(values))


@pytest.mark.parametrize("zone", ZONES)
def test_the_database_rounds_as_python_does(zone: str) -> None:
    dice = random.Random(zone)
    low, high = ms(datetime(2012, 1, 1, tzinfo=UTC)), ms(datetime(2026, 1, 1, tzinfo=UTC))
    values = [dice.randrange(low, high) for _ in range(300)]
    with duckdb.connect() as connection:
        for step in STEPS:
            rule = rounding(step, zone, *values)
            query = f"SELECT {rule.sql('x')} FROM (SELECT unnest(?::BIGINT[]) AS x)"
            found = [row[0] for row in connection.execute(query, (values,)).fetchall()]
            assert found == [rule.round(each) for each in values], step


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("step", STEPS, ids=str)
def test_keys_are_starts_that_follow_one_another(zone: str, step: DateStep) -> None:
    dice = random.Random(f"{zone}{step}")
    start = ms(datetime(2018, 10, 1, tzinfo=UTC)) + dice.randrange(400 * DAY)
    rule = rounding(step, zone, start, start + 800 * DAY)
    key = rule.round(start)
    assert key <= start
    for _ in range(50):
        following = rule.next(key)
        assert following > key
        assert rule.round(key) == key
        # Whatever lies between two keys belongs to the first.
        assert rule.round(dice.randrange(key, following)) == key
        assert rule.round(following - 1) == key
        key = following


def test_days_are_those_of_the_zone() -> None:
    zone = ZoneInfo("America/New_York")
    rule = rounding(
        DateStep("day"), "America/New_York", ms(datetime(2020, 1, 1, tzinfo=UTC)), ms(EPOCH + timedelta(days=18_700))
    )
    key = ms(datetime(2020, 3, 1, tzinfo=zone))
    for day in range(2, 60):
        key = rule.next(key)
        assert key == ms(datetime(2020, 3, 1, tzinfo=zone) + timedelta(days=day - 1))


def test_the_hour_that_is_there_twice_is_two_buckets() -> None:
    first, second = ms(datetime(2023, 10, 29, 0, 30, tzinfo=UTC)), ms(datetime(2023, 10, 29, 1, 30, tzinfo=UTC))
    rule = rounding(DateStep("hour"), "Europe/Berlin", first, second)
    assert [rule.round(first), rule.round(second)] == [first - HOUR // 2, second - HOUR // 2]


@pytest.mark.parametrize(
    ("step", "value", "key"),
    [(NumberStep(25), 74.9, 50), (NumberStep(25), -0.1, -25), (NumberStep(25, 5), 4, -20), (NumberStep(0.5), 0.7, 0.5)],
)
def test_numbers(step: NumberStep, value: float, key: float) -> None:
    rule: Any = NumberRounding(step)
    assert (rule.round(value), rule.next(key)) == (key, key + step.width)
