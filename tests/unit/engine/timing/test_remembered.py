"""Verdicts are worked out anew only when they may have changed."""

from datetime import UTC, datetime, timedelta

from engine.timing.remembered import Remembered, Verdict

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Judge:
    """Tells the hour, and counts how often it is asked."""

    def __init__(self, lasts: timedelta | None = HOUR) -> None:
        self.asked: list[datetime] = []
        self._lasts = lasts

    def __call__(self, now: datetime) -> Verdict[int]:
        self.asked.append(now)
        return Verdict(now.hour, None if self._lasts is None else now.replace(minute=0) + self._lasts)


def test_a_verdict_is_asked_for_once_while_it_holds() -> None:
    judge = Judge()
    hour = Remembered(judge)
    assert [hour.at(START + minutes * timedelta(minutes=1)) for minutes in (5, 30, 59, 60, 61)] == [0, 0, 0, 1, 1]
    assert judge.asked == [START + timedelta(minutes=5), START + HOUR]


def test_an_earlier_instant_is_judged_for_itself() -> None:
    hour = Remembered(Judge())
    assert [hour.at(START + hours * HOUR) for hours in (3, 1, 3)] == [3, 1, 3]


def test_what_never_changes_is_asked_for_once() -> None:
    judge = Judge(None)
    hour = Remembered(judge)
    assert [hour.at(START + hours * HOUR) for hours in (0, 9_000)] == [0, 0]
    assert len(judge.asked) == 1
