"""The long-running daemon: settings, rule files and data put together, run until a signal ends it."""

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from engine.model.errors import InvalidInput, TocsinError
from engine.model.rule import DEFAULT_SPACE
from engine.ports.store import RuleQuery
from engine.search.local.engine import LocalSearch
from engine.service.clocks import SystemClock
from engine.service.scheduler import Scheduler
from engine.store.connections import file_of
from engine.store.lock import hold
from engine.store.sqlite import SqliteStore
from tocsin.command_engine import open_engine
from tocsin.composition import Parts
from tocsin.files.problems import render
from tocsin.files.rules import RuleDefinition
from tocsin.session import Session, load_session

_log = logging.getLogger("tocsin.daemon")

GRACE_S = 25.0
"""What is under way at a signal may take this long: less than the 30 s after which supervisors kill."""
BY_FILES = "rule files"
"""Who created the rules that come from files; rules of other origin are never touched by them (DECISIONS 3)."""


async def serve(
    config_file: Path | None,
    rule_paths: Sequence[Path],
    data: Mapping[str, Sequence[str]],
    session: Session,
    es: str | None = None,
) -> None:
    """Run until SIGTERM or SIGINT; a second one ends the process at once. SIGHUP reads the rule files again.

    Raises StoreLocked when another daemon holds the store, StoreUnavailable, SearchUnavailable.
    """
    with _held(session.config.store):
        async with open_engine(
            session, clock=SystemClock(), store=session.config.store, data=data, is_dry=False, is_following=True, es=es
        ) as parts:
            await apply_rule_files(parts, session)
            store = parts.store
            assert isinstance(store, SqliteStore)
            scheduler = Scheduler(
                parts.service, parts.clock, change_counter=store.change_counter, refresh=_refresh_of(parts)
            )
            stop = asyncio.Event()
            reloading = _on_signals(stop, lambda: _reload(parts, scheduler, config_file, rule_paths))
            _log.info("serving %d rules from %s", len(session.rules), session.config.store)
            await scheduler.run(stop, GRACE_S)
            await asyncio.gather(*reloading, return_exceptions=True)
            _log.info("stopped")


def _held(store_url: str) -> AbstractContextManager[None]:
    file = file_of(store_url)
    return nullcontext() if file is None else hold(file)


async def apply_rule_files(parts: Parts, session: Session) -> None:
    """Make the stored rules what the files say; a rule that has vanished from them is disabled, its alerts kept.

    A rule that cannot be applied is told and holds no other back.
    """
    for problem in session.problems:
        _log.error("%s", render(problem))
    now = parts.clock.now()
    for definition in session.rules:
        await _apply(parts, definition)
    named = {definition.id for definition in session.rules}
    page = await parts.store.find_rules(DEFAULT_SPACE, RuleQuery(enabled=True, limit=None))
    for stored in page.rules:
        rule = stored.rule
        if rule.created_by == BY_FILES and rule.id not in named and not session.problems:
            await parts.rules.disable(rule.id, untrack=False, at=now, actor=BY_FILES)
            _log.warning("rule [%s] %r is in no rule file any more: it was disabled", rule.id, rule.name)


async def _apply(parts: Parts, definition: RuleDefinition) -> None:
    try:
        applied = await parts.rules.apply(
            definition.body, rule_id=definition.id, at=parts.clock.now(), actor=BY_FILES, in_bulk=True
        )
    except InvalidInput as error:
        for problem in error.problems:
            _log.error("%s", render(definition.problem(problem)))
    except TocsinError as error:
        _log.error("rule [%s] of %s was not applied: %s", definition.id, definition.file, error)
    else:
        if applied.outcome != "unchanged":
            _log.info("rule [%s] %s", definition.id, applied.outcome)


def _refresh_of(parts: Parts) -> Callable[[], Awaitable[None]] | None:
    """Reads what followed files have grown by; None where there are no files."""
    search = parts.search
    if not isinstance(search, LocalSearch):
        return None

    async def refresh() -> None:
        for report in await search.refresh():
            if report.rejected:
                _log.warning("%d bad documents of index [%s] left out", report.rejected, report.index)
                for problem in report.problems:
                    _log.warning("%s", problem)

    return refresh


def _on_signals(
    stop: asyncio.Event, reload: Callable[[], Coroutine[object, object, None]]
) -> "set[asyncio.Task[None]]":
    """Let signals end or reload the daemon; the reloads under way."""
    loop = asyncio.get_running_loop()
    reloading: set[asyncio.Task[None]] = set()

    def end() -> None:
        if stop.is_set():
            _log.warning("a second signal: ending at once")
            os._exit(1)
        _log.info("ending: what is under way has %g s", GRACE_S)
        stop.set()

    def read_again() -> None:
        task = asyncio.create_task(reload())
        reloading.add(task)
        task.add_done_callback(reloading.discard)

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, end)
    loop.add_signal_handler(signal.SIGHUP, read_again)
    return reloading


async def _reload(parts: Parts, scheduler: Scheduler, config_file: Path | None, rule_paths: Sequence[Path]) -> None:
    """Read the rule files again; what is wrong with them is told, and everything else goes on as it was."""
    _log.info("reading the rule files again")
    await apply_rule_files(parts, load_session(config_file, rule_paths))
    scheduler.notice(parts.clock.now())
