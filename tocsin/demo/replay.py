"""The demo's main job: two hours of web log through the sample rules, minute by minute of simulated time."""

import logging
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path

import orjson

from engine.model.errors import InvalidInput, Problem, StoreUnavailable
from engine.model.jsonvalue import JsonObject
from engine.service.clocks import ManualClock
from engine.service.runs import RunReport
from engine.store.connections import sqlite_url
from tocsin.demo.receiver import Receiver
from tocsin.demo.weblog import LENGTH, START, documents
from tocsin.files.rules import load_rules
from tocsin.library import AsyncEngine

_SERVER_LOG = "tocsin.connectors.server_log"
_MINUTE = timedelta(minutes=1)
_DATA, _STORE = "web.ndjson", "tocsin.db"
_MARK = "# Settings of tocsin demo"
"""The first words of its tocsin.yml, by which the demo knows a folder of its own again."""
_WARM_UP = timedelta(minutes=5)
"""The rules begin when their windows are filled, so that the start of the log looks like no incident."""

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
    """What the replay leaves: figures by rule id, the messages received, and the folder with data, rules and store."""

    folder: Path
    documents: int
    tallies: dict[str, RuleTally]
    logged: int
    posted: list[str]


async def replay(folder: Path, tell: Tell) -> Outcome:
    """Make the data, start a receiver, run the rules, and tell every message as it is sent.

    Raises InvalidInput if the folder holds other things, StoreUnavailable if it cannot be written to.
    """
    rule_files, count = _prepare(folder)
    data_file, store_file = folder / _DATA, folder / _STORE
    tell(f"{count} requests of {START:%H:%M}-{START + LENGTH:%H:%M} in {data_file}, incident included")
    receiver = Receiver()
    await receiver.start()
    clock = ManualClock(START + _WARM_UP)
    engine = AsyncEngine(clock=clock, store=sqlite_url(store_file))
    logged: list[str] = []
    try:
        with _server_log(clock, tell, logged):
            async with engine:
                engine.add_files("web", [str(data_file)])
                _write_settings(folder, receiver.url)
                engine.add_connector("log", ".server-log")
                engine.add_connector("receiver", ".webhook", config={"url": receiver.url, "hasAuth": False})
                tallies = await _add_rules(engine, rule_files, tell)
                await _run(engine, receiver, tallies, clock, tell)
    finally:
        await receiver.stop()
    return Outcome(folder, count, tallies, len(logged), receiver.bodies)


def _prepare(folder: Path) -> tuple[list[Path], int]:
    """Everything but the store in its place: the rule files, and the number of documents written."""
    _refuse_foreign(folder)
    try:
        for leftover in folder.glob(f"{_STORE}*"):
            leftover.unlink()
        return _copy_rules(folder), _write_documents(folder / _DATA)
    except OSError as error:
        what = f"cannot write to {error.filename or folder}: {error.strerror}"
        raise StoreUnavailable(f"{what} (name another folder with --folder)") from error


def _refuse_foreign(folder: Path) -> None:
    """Somebody else's files are not to be written over."""
    settings = folder / "tocsin.yml"
    is_ours = settings.is_file() and settings.read_bytes().startswith(_MARK.encode())
    if not is_ours and folder.is_dir() and any(folder.iterdir()):
        remedy = "name a new folder with --folder, or one that an earlier demo left"
        raise InvalidInput([Problem(str(folder), "holds files that are not the demo's", remedy)])


def _copy_rules(folder: Path) -> list[Path]:
    """The sample rules in the demo's folder, those of an earlier demo replaced."""
    place = folder / "rules"
    place.mkdir(parents=True, exist_ok=True)
    _write_settings(folder, "http://127.0.0.1:9/alerts")
    with as_file(files("tocsin.demo") / "rules") as samples:
        return [shutil.copyfile(sample, place / sample.name) for sample in sorted(samples.glob("*.yml"))]


def _write_documents(data_file: Path) -> int:
    lines = [orjson.dumps(document) for document in documents()]
    data_file.write_bytes(b"\n".join(lines) + b"\n")
    return len(lines)


def _write_settings(folder: Path, receiver_url: str) -> None:
    (folder / "tocsin.yml").write_text(
        f"{_MARK}: its connectors. The receiver lives only as long as the demo.\n"
        "connectors:\n"
        "  log:\n"
        "    name: log\n"
        "    connector_type_id: .server-log\n"
        "  receiver:\n"
        "    name: receiver\n"
        "    connector_type_id: .webhook\n"
        f"    config: {{url: '{receiver_url}', hasAuth: false}}\n",
        encoding="utf-8",
    )


async def _add_rules(engine: AsyncEngine, rule_files: list[Path], tell: Tell) -> dict[str, RuleTally]:
    tallies = {}
    for definition in load_rules(rule_files).rules:
        rule = await engine.add_rule(definition.body, definition.id)
        tallies[rule["id"]] = RuleTally(rule["name"])
        tell(f"rule {rule['id']}: {rule['name']}, every {rule['schedule']['interval']}")
    return tallies


async def _run(
    engine: AsyncEngine, receiver: Receiver, tallies: dict[str, RuleTally], clock: ManualClock, tell: Tell
) -> None:
    shown = 0
    runs = await engine.run_due()
    while True:
        for report in runs:
            _count(tallies[report.claim.key.id], report)
        for body in receiver.bodies[shown:]:
            tell(f"{_clock_time(clock.now())}  webhook  {body}")
        shown = len(receiver.bodies)
        if clock.now() >= START + LENGTH:
            return
        runs = await engine.advance(_MINUTE)


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
    # That an action belongs to another group is no news to anybody.
    uninteresting = ("notified", "groupMismatch")
    return [(reason, count) for reason, count in tally.decisions.most_common() if reason not in uninteresting]


def as_json(outcome: Outcome) -> JsonObject:
    """The outcome for programs."""
    return {
        "version": 1,
        "documents": outcome.documents,
        "logged": outcome.logged,
        "posted": len(outcome.posted),
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
