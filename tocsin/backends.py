"""What a command searches: files, clusters, or both behind one router."""

import asyncio
import glob
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import orjson

from engine.model.errors import InvalidInput, Problem, SearchError, SearchUnavailable
from engine.model.jsonvalue import JsonObject
from engine.ports.clock import Clock
from engine.ports.search import SearchPort
from engine.search.expressions import split_expressions
from engine.search.router import SearchRouter
from engine.search.routes import Routes
from tocsin.cli.text import printable
from tocsin.clusters import clusters_of
from tocsin.files.rules import RuleDefinition
from tocsin.searched_indices import searched_indices
from tocsin.session import Session

if TYPE_CHECKING:
    from engine.search.local.engine import LocalSearch


async def open_search(
    session: Session, clock: Clock, *, data: Mapping[str, Sequence[str]], es: str | None, is_following: bool
) -> SearchPort:
    """The files of tocsin.yml and of ``data``, the clusters of tocsin.yml, and the one at the URL ``es``.

    ``is_following``: appended lines are read, too, and no cluster need answer yet; else those must that the session's
    rules search. Raises InvalidInput, and SearchUnavailable or SearchError where data is not where it was said to be.
    """
    clusters = clusters_of(session.config, es)
    has_files = bool(session.config.data or data) or not clusters
    files = _open_files(session, clock, data, is_following=is_following) if has_files else None
    names = tuple(dict.fromkeys([source.name for source in session.config.data] + list(data)))
    if files is not None and not clusters:
        _tell_missing_data(session, Routes(names, (), None))
        return files
    router = SearchRouter(files, names, clusters, next(iter(clusters)))
    _tell_hidden_indices(session, router.routes)
    try:
        if is_following:
            for cluster in clusters.values():
                cluster.open()
        else:
            searched = _clusters_searched(session, router.routes)
            await asyncio.gather(*(clusters[name].answer_now() for name in searched))
    except BaseException:
        await router.close()
        raise
    return router


def document_index(session: Session, es: str | None) -> str | None:
    """The index into which alert documents are written, with its cluster's name; None if nobody asked for that.

    Raises InvalidInput if there is no cluster to write to.
    """
    wanted = session.config.alert_documents
    if wanted is None:
        return None
    cluster = wanted.cluster or next(iter(clusters_of(session.config, es)), None)
    if cluster is None:
        remedy = "describe a cluster in clusters or give --es, or leave alert_documents out"
        raise InvalidInput([Problem("alert_documents", "needs a cluster to write to", remedy)])
    return f"{cluster}:{wanted.index}"


def files_behind(search: SearchPort) -> "LocalSearch | None":
    """The files among what is searched."""
    files = search.files if isinstance(search, SearchRouter) else search
    if files is None:
        return None
    from engine.search.local.engine import LocalSearch

    return files if isinstance(files, LocalSearch) else None


def _open_files(
    session: Session, clock: Clock, data: Mapping[str, Sequence[str]], *, is_following: bool
) -> "LocalSearch":
    # It takes some time to load: who searches clusters only does not wait for it.
    from engine.search.local.engine import LocalSearch

    search = LocalSearch(clock.now)
    for source in session.config.data:
        _refuse_missing(source.name, source.globs)
        search.add_files(source.name, source.globs, mapping=_mapping(source.mapping), follow=source.follow)
    for name, globs in data.items():
        _refuse_missing(name, globs)
        search.add_files(name, globs, follow=is_following)
    return search


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


def _clusters_searched(session: Session, routes: Routes) -> set[str]:
    found = set()
    for _, index in _searches(session):
        try:
            cluster = routes.of(index).cluster
        except SearchError:
            # Its run says what is wrong.
            continue
        if cluster is not None:
            found.add(cluster)
    return found


def _tell_missing_data(session: Session, routes: Routes) -> None:
    """A rule over an index that is not there sees no documents, as in a cluster: most likely not what was meant."""
    for rule, wanted in _expressions(session):
        if not routes.in_files(wanted):
            text = f"rule [{rule.id}] searches index [{wanted}], of which there is no data"
            click.echo(f"tocsin: {printable(text)} (add --data {printable(wanted)}=FILES)", err=True)


def _tell_hidden_indices(session: Session, routes: Routes) -> None:
    """A wildcard that matches an index of the files means no other: the cluster may have such indices, too."""
    for rule, wanted in _expressions(session):
        names = routes.in_files(wanted)
        if "*" in wanted and wanted.strip("*") and names:
            text = f"rule [{rule.id}] searches index [{wanted}] in files only ({', '.join(names)})"
            click.echo(
                f"tocsin: {printable(text)}; write {routes.default}:{printable(wanted)} for the cluster", err=True
            )


def _expressions(session: Session) -> Iterator[tuple[RuleDefinition, str]]:
    """What the rules search, without what they exclude."""
    for rule, index in _searches(session):
        for wanted in split_expressions(index):
            if not wanted.startswith("-"):
                yield rule, wanted


def _searches(session: Session) -> Iterator[tuple[RuleDefinition, tuple[str, ...]]]:
    """The rules with what they search, as far as it is known before they run."""
    views = {definition.id: definition for definition in session.data_views}
    for rule in session.rules:
        index = searched_indices(rule, views)
        if index:
            yield rule, index
