"""The demo's main job: two hours of a web log and of flights through the sample rules, in simulated time."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.model.rule import DEFAULT_SPACE
from engine.ports.search import SearchRequest
from engine.service.clocks import ManualClock
from engine.service.runs import RunReport
from engine.store.connections import sqlite_url
from tocsin.command_engine import open_engine
from tocsin.composition import Parts
from tocsin.demo.flights import are_installed
from tocsin.demo.folder import SETTINGS, STORE, name_receiver, prepare
from tocsin.demo.receiver import Receiver
from tocsin.demo.weblog import LENGTH, START
from tocsin.session import Session, load_session
from tocsin.view_files import apply_data_views
from tocsin.window_settings import apply_windows

_SERVER_LOG = "tocsin.connectors.server_log"
_MINUTE = timedelta(minutes=1)
_WARM_UP = timedelta(minutes=5)
"""The rules begin when their windows are filled, so that the start of the log looks like no incident."""
_WRITTEN = "alert-messages"
"""The index into which the connector `history` writes."""
_SNOOZED = "traffic"
_SNOOZE_START, _SNOOZE_LENGTH = START + timedelta(minutes=95), timedelta(minutes=4)
"""Somebody works on the uplink and wants to hear nothing of lost traffic; it takes longer than planned."""

Tell = Callable[[str], None]


@dataclass(slots=True)
class RuleTally:
    """What happened to one rule."""

    name: str
    runs: int = 0
    new: int = 0
    recovered: int = 0
    ongoing: int = 0
    delayed: int = 0
    flapping: int = 0
    failed: int = 0
    decisions: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Outcome:
    """What the replay leaves: figures by rule id, numbers of messages, and the folder with data, rules and store."""

    folder: Path
    documents: int
    tallies: dict[str, RuleTally]
    logged: int
    posted: int
    indexed: int


async def replay(folder: Path, tell: Tell) -> Outcome:
    """Make the data, start a receiver, run the rules, and tell every message as it is sent.

    Raises InvalidInput if the folder holds other things, StoreUnavailable if it cannot be written to.
    """
    count = prepare(folder)
    tell(f"{count} requests of {START:%H:%M}-{START + LENGTH:%H:%M} in {folder / 'web.ndjson'}, incident included")
    if not are_installed():
        tell("rule flights is left out: its data come with the extra `demo` (pip install '.[demo]')")
    receiver = Receiver()
    await receiver.start()
    clock = ManualClock(START + _WARM_UP)
    logged: list[str] = []
    try:
        name_receiver(folder, receiver.url)
        session = load_session(folder / SETTINGS, [])
        session.refuse_problems()
        store = sqlite_url(folder / STORE)
        with _server_log(clock, tell, logged):
            async with open_engine(session, clock=clock, store=store, data={}, is_dry=False) as parts:
                tallies = await _apply(parts, session, tell)
                await _snooze(parts, tell)
                await _run(parts, receiver, tallies, clock, tell)
                indexed = await _count_written(parts)
    finally:
        await receiver.stop()
    return Outcome(folder, count, tallies, len(logged), len(receiver.posted), indexed)


async def _apply(parts: Parts, session: Session, tell: Tell) -> dict[str, RuleTally]:
    """Bring what the files hold into the store, as the daemon does."""
    at = parts.clock.now()
    await apply_windows(parts, session.config.windows)
    await apply_data_views(parts, session.data_views)
    tallies = {}
    for definition in session.rules:
        applied = await parts.rules.apply(definition.body, rule_id=definition.id, at=at, actor=None, in_bulk=False)
        rule = applied.rule
        tallies[rule.id] = RuleTally(rule.name)
        tell(f"rule {rule.id}: {rule.name}, every {definition.body['schedule']['interval']}")
    for window in await parts.store.windows(DEFAULT_SPACE):
        tell(f"maintenance window: {window.window.title}")
    return tallies


async def _snooze(parts: Parts, tell: Tell) -> None:
    """What `tocsin rules snooze traffic --start ... --for 4m` does."""
    snooze = {
        "id": "uplink",
        "duration": int(_SNOOZE_LENGTH.total_seconds() * 1000),
        "rRule": {"dtstart": iso(_SNOOZE_START), "tzid": "UTC", "count": 1},
    }
    await parts.rules.snooze(_SNOOZED, snooze, at=parts.clock.now(), actor="demo")
    tell(f"rule {_SNOOZED} is snoozed {_SNOOZE_START:%H:%M}-{_SNOOZE_START + _SNOOZE_LENGTH:%H:%M}")


async def _run(parts: Parts, receiver: Receiver, tallies: dict[str, RuleTally], clock: ManualClock, tell: Tell) -> None:
    """Run in each minute what is due; intervals are whole minutes."""
    shown = 0
    while True:
        for report in (await parts.service.tick(clock.now())).runs:
            _count(tallies[report.claim.key.id], report)
        for service, text in receiver.posted[shown:]:
            tell(f"{_clock_time(clock.now())}  {service:8} {text}")
        shown = len(receiver.posted)
        if clock.now() >= START + LENGTH:
            return
        clock.set(clock.now() + _MINUTE)


async def _count_written(parts: Parts) -> int:
    answer = await parts.search.search(SearchRequest((_WRITTEN,), {"size": 0, "track_total_hits": True}))
    return int(answer["hits"]["total"]["value"])


def _count(tally: RuleTally, report: RunReport) -> None:
    tally.runs += 1
    transition = report.transition
    if transition is None:
        tally.failed += 1
        tally.decisions[f"failed: {report.record.trace.reason}"] += 1
        return
    tally.new += len(transition.new)
    tally.recovered += len(transition.recovered)
    tally.ongoing += len(transition.active) - len(transition.new)
    tally.delayed += len(transition.delayed)
    tally.flapping += any(alert.flapping for alert in transition.active)
    for entry in report.record.ledger:
        tally.decisions[entry.reason] += len(entry.alert_ids) or 1


@contextmanager
def _server_log(clock: ManualClock, tell: Tell, logged: list[str]) -> Iterator[None]:
    """Tell what the server-log connector writes, with the simulated time."""

    class Teller(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            logged.append(record.getMessage())
            tell(f"{_clock_time(clock.now())}  {record.levelname.lower():8} {record.getMessage()}")

    logger, handler = logging.getLogger(_SERVER_LOG), Teller()
    level, is_propagating = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = is_propagating


def _clock_time(at: datetime) -> str:
    return f"{at:%H:%M:%S}"


def rows_of(outcome: Outcome) -> list[tuple[str, ...]]:
    """One row a rule for the closing table."""
    return [
        (
            tally.name,
            str(tally.runs),
            str(tally.new),
            str(tally.ongoing),
            str(tally.recovered),
            str(tally.delayed),
            str(tally.flapping),
            str(tally.decisions["notified"]),
            ", ".join(f"{reason} {count}" for reason, count in _kept_back(tally)),
        )
        for tally in outcome.tallies.values()
    ]


HEADINGS = ("rule", "runs", "new", "ongoing", "recovered", "delayed", "flapping", "sent", "kept back, and why")


def _kept_back(tally: RuleTally) -> list[tuple[str, int]]:
    # That an action belongs to another group, or that there is nothing to sum up, is no news to anybody.
    uninteresting = ("notified", "groupMismatch", "nothingToSummarize")
    return [(reason, count) for reason, count in tally.decisions.most_common() if reason not in uninteresting]


def as_json(outcome: Outcome) -> JsonObject:
    """The outcome for programs."""
    return {
        "version": 1,
        "documents": outcome.documents,
        "logged": outcome.logged,
        "posted": outcome.posted,
        "indexed": outcome.indexed,
        "rules": {
            rule_id: {
                "runs": tally.runs,
                "new": tally.new,
                "ongoing": tally.ongoing,
                "recovered": tally.recovered,
                "delayed": tally.delayed,
                "flapping": tally.flapping,
                "decisions": dict(tally.decisions),
            }
            for rule_id, tally in outcome.tallies.items()
        },
    }
