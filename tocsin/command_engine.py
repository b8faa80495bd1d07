"""The engine of one command: the session's rules, settings and connectors over its data and store."""

import glob
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from fnmatch import fnmatchcase
from pathlib import Path

import click
import orjson

from engine.model.errors import InvalidInput, Problem, SearchUnavailable
from engine.model.jsonvalue import JsonObject
from engine.model.rule import DEFAULT_SPACE
from engine.ports.clock import Clock
from engine.ports.search import SearchPort
from engine.search.local.engine import LocalSearch
from engine.search.local.report import LoadReport
from engine.service.clocks import SystemClock
from engine.store.sqlite import open_store
from tocsin.cli.text import printable
from tocsin.composition import Parts, compose
from tocsin.files.rules import RuleDefinition
from tocsin.session import Session

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
) -> AsyncIterator[Parts]:
    """The engine over the session's rules and data; closed again at the end.

    ``es`` is the URL of a cluster to search instead of the one of tocsin.yml; ``data`` goes before that one, too.
    ``is_following``: lines appended to the files of ``data`` are read, too, at each refresh; and a cluster need not
    answer yet. Raises InvalidInput, StoreUnavailable, StoreLocked, and SearchUnavailable or SearchError if there is no
    data where it was said to be.
    """
    search = (
        await _open_cluster(session, es, is_patient=is_following)
        if es is not None or (session.config.clusters and not data)
        else _open_files(session, clock, data, is_following=is_following)
    )
    parts = compose(
        store=open_store(store, patience_s=_STORE_PATIENCE_S),
        search=search,
        registry=session.registry,
        connectors=session.connectors,
        clock=clock,
        settings=session.config.engine,
        is_dry=is_dry,
    )
    await parts.store.open()
    try:
        if isinstance(search, LocalSearch):
            for report in await search.refresh():
                _tell_rejected(report)
        await parts.store.put_space_settings(DEFAULT_SPACE, session.config.space, None)
        yield parts
    finally:
        await parts.http.close()
        await search.close()
        await parts.store.close()


async def _open_cluster(session: Session, es: str | None, *, is_patient: bool) -> SearchPort:
    """The cluster at a URL, or the one of tocsin.yml; unless one is patient it must answer now."""
    from engine.search.cluster.search import ClusterSearch
    from tocsin.clusters import cluster_at

    settings = session.config.clusters[0] if es is None else cluster_at(es, session.config)
    search = ClusterSearch(settings, SystemClock())
    if not is_patient:
        try:
            await search.detect_product()
        except BaseException:
            await search.close()
            raise
    return search


def _open_files(
    session: Session, clock: Clock, data: Mapping[str, Sequence[str]], *, is_following: bool
) -> LocalSearch:
    _tell_missing_data(session, {source.name for source in session.config.data} | set(data))
    search = LocalSearch(clock.now)
    for source in session.config.data:
        _refuse_missing(source.name, source.globs)
        search.add_files(source.name, source.globs, mapping=_mapping(source.mapping), follow=source.follow)
    for name, globs in data.items():
        _refuse_missing(name, globs)
        search.add_files(name, globs, follow=is_following)
    return search


def _tell_missing_data(session: Session, names: set[str]) -> None:
    """A rule over an index that is not there sees no documents, as in a cluster: most likely not what was meant."""
    for rule in session.rules:
        for wanted in _indices_of(rule):
            if not any(fnmatchcase(name, wanted) for name in names):
                text = f"rule [{rule.id}] searches index [{wanted}], of which there is no data"
                click.echo(f"tocsin: {printable(text)} (add --data {printable(wanted)}=FILES)", err=True)


def _indices_of(rule: RuleDefinition) -> Iterator[str]:
    params = rule.body.get("params", {})
    given = params.get("index") if isinstance(params, dict) else None
    for text in given if isinstance(given, list) else [given]:
        for name in text.split(",") if isinstance(text, str) else []:
            # Neither exclusions nor names with dates in them are looked at.
            if not name.startswith(("-", "<")):
                yield name


def _refuse_missing(index: str, globs: Sequence[str]) -> None:
    """A file or glob without a match: an alert rule over nothing would say that all is well."""
    for pattern in globs:
        if not any(Path(found).is_file() for found in glob.iglob(pattern, recursive=True)):  # noqa: PTH207 - as the engine
            raise SearchUnavailable(f"no file matches {pattern} (data of index [{index}]; check the path)")


def _mapping(file: Path | None) -> JsonObject | None:
    """The explicit mapping of a data source. Raises InvalidInput if its file holds none."""
    if file is None:
        return None
    try:
        mapping = orjson.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidInput(
            [Problem(str(file), f"cannot be read: {error}", "give a JSON file with a mapping")]
        ) from None
    if not isinstance(mapping, dict):
        raise InvalidInput([Problem(str(file), "is no mapping", 'write {"properties": {...}}')])
    return mapping


def _tell_rejected(report: LoadReport) -> None:
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
