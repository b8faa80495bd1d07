"""Queries on ``_id`` and ``_index``."""

import re
from collections.abc import Iterable
from dataclasses import replace

from engine.search.local.errors import shard_failure
from engine.search.local.fragment import FALSE, TRUE, Sql, sql, value
from engine.search.local.index import IndexView, ordinal_of
from engine.search.local.query import nodes
from engine.search.local.query.wildcards import wildcard_expression


def is_metadata(name: str) -> bool:
    """Whether a field name is that of metadata which queries may use."""
    return name in ("_id", "_index")


def id_condition(view: IndexView, ids: Iterable[str]) -> Sql:
    """Documents with one of the ids. Documents that came without an id are found by their ordinal."""
    wanted = list(ids)
    ordinals = [found for found in (ordinal_of(view.name, each) for each in wanted) if found is not None]
    if not wanted:
        return FALSE
    if view.documents is not None:
        documents = replace(view, table=view.documents, documents=None)
        return sql("(root IN (SELECT seq FROM " + documents.table + " WHERE {}))", id_condition(documents, wanted))
    given = sql("list_contains({}, id)", value(wanted, "VARCHAR[]"))
    if not ordinals:
        return given
    return sql("({} OR (id IS NULL AND list_contains({}, seq)))", given, value(ordinals, "BIGINT[]"))


def metadata_condition(view: IndexView, query: nodes.Query) -> Sql:
    """The condition of a query on metadata. Raises SearchError 400 for queries that make no sense there."""
    name = getattr(query, "field", "")
    if isinstance(query, nodes.Term | nodes.Match | nodes.MatchPhrase):
        values = [str(query.value)]
    elif isinstance(query, nodes.Terms):
        values = [str(each) for each in query.values]
    elif name == "_index" and isinstance(query, nodes.Prefix):
        return TRUE if view.name.startswith(query.value) else FALSE
    elif name == "_index" and isinstance(query, nodes.Wildcard):
        return TRUE if re.fullmatch(wildcard_expression(query.value, "(?s:.)"), view.name) else FALSE
    else:
        kind = type(query).__name__.lower()
        raise shard_failure(view.name, "query_shard_exception", f"field [{name}] does not support [{kind}] queries")
    if name == "_id":
        return id_condition(view, values)
    return TRUE if view.name in values else FALSE
