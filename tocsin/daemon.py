"""The long-running daemon: settings, rule files and data put together, run until a signal ends it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from engine.api.address import Address
from engine.model.errors import InvalidInput, TocsinError
from engine.model.rule import DEFAULT_SPACE, Rule
from engine.ports.store import RuleKey, RuleQuery, StoredRule
from engine.service.clocks import SystemClock
from engine.service.scheduler import Scheduler
from engine.store.connections import file_of
from engine.store.lock import hold
from engine.store.sqlite import SqliteStore
from tocsin.backends import files_behind
from tocsin.command_engine import open_engine
from tocsin.composition import Parts
from tocsin.files.api_section import ApiOptions
from tocsin.files.problems import render
from tocsin.files.rules import RuleDefinition
from tocsin.origins import BY_ABSENCE, BY_FILES
from tocsin.security_policy import settle_policy
from tocsin.session import Session, load_session
from tocsin.signals import Signals
from tocsin.store_watch import watch_store_file
from tocsin.supervisor import Supervisor
from tocsin.view_files import apply_data_views
from tocsin.window_settings import apply_windows

if TYPE_CHECKING:
    from engine.api.server import ApiServer

_log = logging.getLogger("tocsin.daemon")

GRACE_S = 25.0
"""What is under way at a signal may take this long: less than the 30 s after which supervisors kill."""
LAST_DOCUMENTS_S = 3.0
"""What is left for an index of alert documents then may take this long; the next start goes on with the rest."""
CHANGES_MEET = timedelta(milliseconds=50)
"""So long after a change over HTTP the service looks what is due, once for all changes by then: looking takes about as
long as a change."""
OWNER = "tocsin serve"
"""In whose name the daemon takes leases. One process at a time works under it: the one that holds the store."""


async def serve(
    rule_paths: Sequence[Path],
    data: Mapping[str, Sequence[str]],
    session: Session,
    es: str | None = None,
    listen: Address | None = None,
) -> None:
    """Run until SIGTERM or SIGINT; a second one ends the process at once. SIGHUP reads the rule files again.

    ``listen``: where the HTTP API is offered, whatever the session's settings say. Raises StoreLocked when another
    daemon holds the store, StoreUnavailable, SearchUnavailable, CannotListen or InvalidInput (api).
    """
    for text in session.warnings:
        _log.warning("%s", text)
    signals, supervisor = Signals(), Supervisor()
    signals.listen(GRACE_S)
    with _held(session.config.store):
        async with open_engine(
            session,
            clock=SystemClock(),
            store=session.config.store,
            data=data,
            is_dry=False,
            is_following=True,
            es=es,
            owner=OWNER,
        ) as parts:
            await _take_over(parts)
            await apply_windows(parts, session.config.windows)
            await apply_data_views(parts, session.data_views)
            unknown = await apply_rule_files(parts, session)
            store = parts.store
            assert isinstance(store, SqliteStore)
            scheduler = Scheduler(
                parts.service, parts.clock, change_counter=store.change_counter, refresh=_refresh_of(parts)
            )
            options = session.config.api if listen is None else replace(session.config.api, address=listen)
            await settle_policy(parts.security, session.config.security, options)
            api = await _start_api(parts, options, scheduler)
            signals.is_working = True
            _log.info("serving %d rules from %s", len(session.rules), session.config.store)
            supervisor.tell("READY=1", f"STATUS=serving {len(session.rules)} rules of files")
            beside = [
                asyncio.create_task(
                    _follow_files(parts, scheduler, unknown, signals.hangup, session.config_file, rule_paths)
                ),
                asyncio.create_task(supervisor.tell_alive()),
                asyncio.create_task(_watch_store(session.config.store)),
            ]
            ending = [] if api is None else [asyncio.create_task(_stop_at(signals.stop, api))]
            await scheduler.run(signals.stop, GRACE_S)
            await asyncio.gather(*ending)
            if parts.mirror is not None:
                await parts.mirror.finish(parts.clock.now(), LAST_DOCUMENTS_S)
            await _end(beside)
            _log.info("stopped")


async def _start_api(parts: Parts, options: ApiOptions, scheduler: Scheduler) -> "ApiServer | None":
    if options.address is None:
        return None
    # Who offers no API does not wait for a server to be loaded.
    from tocsin.api_service import start_api

    return await start_api(parts, options, on_change=lambda: scheduler.notice(parts.clock.now() + CHANGES_MEET))


async def _stop_at(stop: asyncio.Event, api: "ApiServer") -> None:
    """With the first signal no more requests are taken; those under way are answered while runs end."""
    await stop.wait()
    await api.stop(GRACE_S)


async def _end(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _held(store_url: str) -> AbstractContextManager[None]:
    file = file_of(store_url)
    return nullcontext() if file is None else hold(file)


async def _watch_store(store_url: str) -> None:
    file = file_of(store_url)
    if file is not None:
        await watch_store_file(file)


async def _take_over(parts: Parts) -> None:
    """Go on at once with what a daemon left that was killed: whoever holds the store knows that it is dead.

    Commands take leases under names of their own, and do not hold the store: theirs are waited for.
    """
    ended = await parts.store.end_leases(OWNER, parts.clock.now())
    if ended:
        _log.warning("the daemon before this one was cut off; %d runs and deliveries of its are begun again", ended)


async def apply_rule_files(parts: Parts, session: Session) -> list[RuleDefinition]:
    """Make the rules that the store knows what the files say; the rules that it does not know yet are returned.

    A rule that has vanished from the files is disabled, its alerts kept. A rule that cannot be applied is told and
    holds no other back.
    """
    for problem in session.problems:
        _log.error("%s", render(problem))
    now = parts.clock.now()
    named = {definition.id for definition in session.rules}
    known = await parts.store.load_rules([RuleKey(DEFAULT_SPACE, rule_id) for rule_id in named])
    unknown = []
    for definition in session.rules:
        stored = known.get(RuleKey(DEFAULT_SPACE, definition.id))
        if stored is None:
            unknown.append(definition)
            continue
        await _apply(parts, definition, stored)
        await asyncio.sleep(0)  # a store on the loop gives it away to nobody; what runs must go on meanwhile
    page = await parts.store.find_rules(DEFAULT_SPACE, RuleQuery(enabled=True, limit=None))
    for stored in page.rules:
        rule = stored.rule
        if rule.created_by == BY_FILES and rule.id not in named and not session.problems:
            await parts.rules.disable(rule.id, untrack=False, at=now, actor=BY_ABSENCE)
            _log.warning("rule [%s] %r is in no rule file any more: it was disabled", rule.id, rule.name)
    return unknown


async def bring_in(parts: Parts, unknown: Sequence[RuleDefinition], notice: Callable[[datetime | None], None]) -> None:
    """Store rules that are new while others run: storing some hundred takes longer than the first of them may wait.

    ``notice`` is told when each is due first.
    """
    for definition in unknown:
        try:
            stored = await _apply(parts, definition, None)
        except Exception:  # noqa: BLE001 - whatever it is, the rules after it must come in
            _log.exception("rule [%s] of %s was not applied", definition.id, definition.file)
        else:
            notice(None if stored is None else stored.schedule.next_run)
        await asyncio.sleep(0)


async def _apply(parts: Parts, definition: RuleDefinition, stored: StoredRule | None) -> StoredRule | None:
    """Make one rule what its file says; None: that was refused, and the reason told."""
    is_switched_off = stored is not None and _is_switched_off(stored.rule, definition)
    try:
        applied = await parts.rules.apply(
            definition.body,
            rule_id=definition.id,
            at=parts.clock.now(),
            actor=BY_FILES,
            in_bulk=True,
            keeps_switch=is_switched_off,
        )
        if is_switched_off and applied.outcome == "updated":
            # Whoever changed the file has mended the rule.
            return await parts.rules.enable(definition.id, at=parts.clock.now(), actor=BY_FILES, in_bulk=True)
    except InvalidInput as error:
        for problem in error.problems:
            _log.error("%s", render(definition.problem(problem)))
    except TocsinError as error:
        _log.error("rule [%s] of %s was not applied: %s", definition.id, definition.file, error)
    else:
        if applied.outcome != "unchanged":
            _log.info("rule [%s] %s", definition.id, applied.outcome)
        elif is_switched_off:
            _log.warning("rule [%s] stays disabled until its file changes, or `tocsin rules enable`", definition.id)
        return applied.stored
    return None


def _is_switched_off(rule: Rule, definition: RuleDefinition) -> bool:
    """Whether a user disabled the rule, and its file says nothing to that."""
    by_files = rule.updated_by in (BY_FILES, BY_ABSENCE)
    return not rule.enabled and not by_files and "enabled" not in definition.body


def _refresh_of(parts: Parts) -> Callable[[], Awaitable[None]] | None:
    """Reads what followed files have grown by; None where there are no files."""
    files = files_behind(parts.search)
    if files is None:
        return None

    async def refresh() -> None:
        for report in await files.refresh():
            for problem in report.problems:
                _log.warning("%s", problem)
            if report.rejected > len(report.problems):
                _log.warning("%d bad documents of index [%s] left out", report.rejected, report.index)

    return refresh


async def _follow_files(
    parts: Parts,
    scheduler: Scheduler,
    unknown: Sequence[RuleDefinition],
    hangup: asyncio.Event,
    file: Path | None,
    rule_paths: Sequence[Path],
) -> None:
    """Bring in the rules that are new, and read the files again at each hangup.

    What is wrong with them is told, and everything else goes on as it was. ``file``: the settings that were found at
    the start. Were they looked for again while they are away, there would be none, so no rules either, and all would be
    disabled.
    """
    settings = _content(file)
    while True:
        await bring_in(parts, unknown, scheduler.notice)
        unknown = ()
        await hangup.wait()
        hangup.clear()
        _log.info("reading the rule files again")
        try:
            # In a thread: some thousand files would stop the loop for seconds.
            session = await asyncio.to_thread(load_session, file, rule_paths)
            if session.config.encryption_keys:
                # Rotating begins with this: the daemon seals by the new key and still reads what an older one sealed.
                parts.vault.use(session.config.encryption_keys)
            await apply_windows(parts, session.config.windows, is_complete=not session.problems)
            await apply_data_views(parts, session.data_views, is_complete=not session.problems)
            unknown = await apply_rule_files(parts, session)
        except Exception:  # noqa: BLE001 - whatever it is, the rules that run must go on
            _log.exception("reading the rule files again failed")
        if _content(file) != settings:
            rest = "its maintenance windows and data views count, the rest of it from the next start on"
            _log.warning("%s has changed: %s", file, rest)
        scheduler.notice(parts.clock.now())


def _content(file: Path | None) -> bytes | None:
    try:
        return None if file is None else file.read_bytes()
    except OSError:
        return None
