"""When the daemon is killed: moments drawn from the seed, and those that hurt most on purpose."""

import random
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class Moment(StrEnum):
    """What the daemon is at when it is killed."""

    ANY = "at any moment"
    STARTING = "while starting"
    DELIVERING = "while delivering"
    COMMITTING = "while committing"


class Kill(NamedTuple):
    """``after_s`` since its first search (since its start, for one that is killed while starting) look for the moment,
    and strike ``delay_s`` after it. Then ``pause_s`` pass before the next start."""

    moment: Moment
    after_s: float
    delay_s: float
    pause_s: float = 0.0


_TURNS = (Moment.DELIVERING, Moment.ANY, Moment.COMMITTING, Moment.ANY, Moment.COMMITTING, Moment.DELIVERING)
_STARTING_EVERY, _LONG_PAUSE_EVERY = 7, 9
_LONG_PAUSE_S = 4.5
"""With the time of a start this is longer than a window and what is tolerated: a gap."""


def plan_kills(count: int, chance: random.Random) -> Iterator[Kill]:
    """The kills in their order."""
    for number in range(1, count + 1):
        pause_s = _LONG_PAUSE_S if number % _LONG_PAUSE_EVERY == 0 else 0.0
        if number % _STARTING_EVERY == 0:
            yield Kill(Moment.STARTING, chance.uniform(0.2, 1.6), 0.0, pause_s)
            continue
        moment = _TURNS[number % len(_TURNS)]
        delay_s = {Moment.ANY: 0.0, Moment.DELIVERING: 0.01, Moment.COMMITTING: 0.03}[moment]
        yield Kill(moment, chance.uniform(0.2, 2.2), chance.uniform(0, delay_s), pause_s)
