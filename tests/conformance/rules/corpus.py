"""The documents that every backend holds: 48 readings, one every ten seconds, in one index, and divided between two.

Fields come and go: some documents lack a host, a service or a duration, some hold null or several values.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from engine.model.instant import iso

FIRST = datetime(2026, 3, 2, 11, 59, tzinfo=UTC)
RUNS = (FIRST + timedelta(minutes=6), FIRST + timedelta(minutes=7))
"""The two instants at which every rule runs; documents stamped exactly so, and at the windows' other ends, exist."""

HOSTS = ("a", "a", "b", "a", "c,1", "b", "a", None, "a", "b", "d", "a")
STATUSES = (200, 200, 404, 200, 500, 200, 200)
TAGS = ([], ["blue"], ["blue", "green"], None)

_TEXT = {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}}
_KINDS = {
    "@timestamp": "date", "event.ingested": "date", "epoch": "date", "fine": "date_nanos",
    "host.name": "keyword", "service": "keyword", "status": "long", "ms": "double", "tenths": "double",
    "small": "float", "up": "boolean", "ip": "ip", "day": "date", "tags": "keyword", "user.id": "long",
    "process.name": "keyword",
}  # fmt: skip
MAPPING: dict[str, Any] = {**{name: {"type": kind} for name, kind in _KINDS.items()}, "message": _TEXT}


def documents() -> dict[str, list[dict[str, Any]]]:
    """Index -> documents with their ``_id``, oldest first. ``part-empty`` holds none."""
    everything = [_document(number) for number in range(48)]
    return {
        "web": everything,
        "part-1": [document for at, document in enumerate(everything) if at % 4 != 3],
        "part-2": everything[3::4],
        "part-empty": [],
    }


def _document(number: int) -> dict[str, Any]:
    at = FIRST + timedelta(seconds=10 * number)
    host, status = HOSTS[number % len(HOSTS)], STATUSES[number % len(STATUSES)]
    document: dict[str, Any] = {
        "_id": f"{number:02}",
        "@timestamp": iso(at),
        "event": {"ingested": iso(at + timedelta(seconds=20))},
        "epoch": int(at.timestamp() * 1000),
        "fine": f"{iso(at)[:-1]}000{number:03}Z",
        "status": status,
        "tenths": number / 10,
        "small": number / 8,
        "up": number % 3 == 0,
        "ip": f"10.0.{number % 2}.{number}",
        "day": f"2026-03-0{1 + number % 2}",
        "tags": TAGS[number % len(TAGS)],
        "user": {"id": number % 5},
        "process": [{"name": "nginx"}, {"name": f"worker-{number % 2}"}],
        "message": f"GET /shop/{number} failed" if status == 500 else f"GET /shop/{number} was fine",
    }
    if host is not None:
        document["host"] = {"name": host}
    if number % 5 != 4:
        document["service"] = "pay" if number % 2 else "shop"
    if number % 6 != 5:
        document["ms"] = None if number % 8 == 7 else number * 2.5
    return document
