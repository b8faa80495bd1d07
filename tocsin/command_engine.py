"""The engine of one command: the session's rules, settings and connectors over its data and store."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import click

from engine.model.errors import SearchUnavailable
from engine.model.rule import DEFAULT_SPACE
from engine.ports.clock import Clock
from engine.store.connections import file_of
from engine.store.sqlite import open_store
from engine.vault.vault import AeadVault
from tocsin.backends import document_index, files_behind, open_search
from tocsin.cli.text import printable
from tocsin.composition import Parts, compose
from tocsin.session import Session

if TYPE_CHECKING:
    from engine.search.local.report import LoadReport

_STORE_PATIENCE_S = 5.0
"""How long a command waits for another process to let go of the store."""
_MOST_BAD_DOCUMENTS_TOLD = 5


@asynccontextmanager
async def open_engine(
    session: Session,
    *,
    clock: Clock,
    store: str,
    data: Mapping[str, Sequence[str]],
    is_dry: bool,
    is_following: bool = False,
    es: str | None = None,
    owner: str | None = None,
    is_guest: bool = False,
) -> AsyncIterator[Parts]:
    """The engine over the session's rules and data; closed again at the end.

    ``data`` are indices of files besides those of tocsin.yml, ``es`` is the URL of the default cluster, whatever
    tocsin.yml says. ``is_following``: lines appended to the files of ``data`` are read, too, at each refresh; and no
    cluster need answer yet. ``owner`` stands in the leases, as in `compose`. ``is_guest``: the store is a daemon's, and
    its settings are left as they are. Raises InvalidInput, StoreUnavailable, StoreLocked, and SearchUnavailable or
    SearchError if there is no data where it was said to be.
    """
    # A dry run lets nothing leave, and what a store in memory knows of alerts ends with the command.
    documents = document_index(session, es) if not is_dry and file_of(store) is not None else None
    search = await open_search(session, clock, data=data, es=es, is_following=is_following)
    parts = compose(
        store=open_store(store, patience_s=_STORE_PATIENCE_S),
        search=search,
        registry=session.registry,
        connectors=session.connectors,
        clock=clock,
        settings=session.config.engine,
        is_dry=is_dry,
        owner=owner,
        document_index=documents,
        vault=AeadVault(session.config.encryption_keys),
    )
    await parts.store.open()
    try:
        if (files := files_behind(search)) is not None:
            for report in await files.refresh():
                _tell_rejected(report)
        if not is_guest and session.config.space is not None:
            await parts.store.put_space_settings(DEFAULT_SPACE, session.config.space, None)
        yield parts
    finally:
        await parts.http.close()
        await search.close()
        await parts.store.close()


def _tell_rejected(report: "LoadReport") -> None:
    """Bad documents are counted and named, never silently left out. Raises SearchUnavailable for unreadable files."""
    unread = [problem for problem in report.problems if problem.file is not None and problem.line == 0]
    if unread:
        raise SearchUnavailable(f"{unread[0].file}: {unread[0].reason} (data of index [{report.index}])")
    if not report.rejected:
        return
    told = report.problems[:_MOST_BAD_DOCUMENTS_TOLD]
    click.echo(
        f"tocsin: {report.rejected} bad documents of index [{report.index}] left out, {report.loaded} searched"
        + (f"; the first {len(told)}:" if report.rejected > len(told) else ":"),
        err=True,
    )
    for problem in told:
        click.echo(f"  {printable(problem)}", err=True)
