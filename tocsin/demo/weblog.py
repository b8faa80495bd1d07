"""A web log of two hours with an incident, made by a seeded generator: the same seed, the same documents."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject

START = datetime(2026, 1, 15, 10, 0, tzinfo=UTC)
LENGTH = timedelta(hours=2)
HOSTS = ("web-1", "web-2", "web-3", "web-4")
_PATHS = ("/", "/search", "/cart", "/checkout", "/login", "/static/app.js")


@dataclass(frozen=True, slots=True)
class Condition:
    """How a host does at a moment: requests a minute, share of 5xx answers, typical response time in ms."""

    requests_a_minute: float = 25.0
    error_share: float = 0.004
    response_ms: float = 120.0


_HEALTHY = Condition()


def condition_of(host: str, minute: int) -> Condition:
    """web-2 fails from minute 35 to 70, web-3 is unsteady from 30 to 60, the uplink is cut at 95."""
    if 95 <= minute < 101:
        return Condition(requests_a_minute=1.0)
    if host == "web-2" and 35 <= minute < 70:
        return Condition(error_share=0.45, response_ms=900.0)
    if host == "web-3" and 30 <= minute < 60 and minute % 4 < 2:
        return Condition(response_ms=1400.0)
    if host == "web-4" and minute in (20, 21):
        return Condition(error_share=0.5)
    return _HEALTHY


def documents(seed: int = 7) -> Iterator[JsonObject]:
    """The documents, oldest first."""
    chance = random.Random(seed)  # noqa: S311 - a story, not a secret
    for minute in range(int(LENGTH.total_seconds() // 60)):
        yield from sorted(_minute(chance, minute), key=lambda document: document["@timestamp"])


def _minute(chance: random.Random, minute: int) -> Iterator[JsonObject]:
    begin = START + timedelta(minutes=minute)
    for host in HOSTS:
        condition = condition_of(host, minute)
        number = round(chance.gauss(condition.requests_a_minute, condition.requests_a_minute / 10))
        for _ in range(max(number, 0)):
            yield _request(chance, begin, host, condition)


def _request(chance: random.Random, begin: datetime, host: str, condition: Condition) -> JsonObject:
    is_error = chance.random() < condition.error_share
    status = chance.choice((500, 502, 503)) if is_error else chance.choices((200, 304, 404), (90, 7, 3))[0]
    return {
        "@timestamp": iso(begin + timedelta(milliseconds=chance.randrange(60_000))),
        "host": {"name": host},
        "http": {
            "request": {"method": chance.choices(("GET", "POST"), (85, 15))[0]},
            "response": {"status_code": status, "bytes": chance.randrange(200, 50_000)},
        },
        "url": {"path": chance.choice(_PATHS)},
        "response_ms": round(condition.response_ms * chance.lognormvariate(0, 0.25), 1),
    }
