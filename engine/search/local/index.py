"""An index: its mapping and its documents, kept as one table with a column for each field."""

import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

import orjson

from engine.search.local.database import Database, Run
from engine.search.local.fragment import Sql
from engine.search.local.mapping import Field, IndexMapping
from engine.search.local.report import DocumentProblem, LoadReport
from engine.search.local.rows import NestedRow, Rejected, Row, RowBuilder
from engine.search.local.table import Column, Table

BATCH = 5000
"""Documents converted and inserted at once while the index is locked."""
_DOCUMENT_HEAD = "seq BIGINT, id VARCHAR, src VARCHAR, ignored VARCHAR"
_NESTED_HEAD = "seq BIGINT, parent BIGINT, root BIGINT"
"""Numbers of the object, of the object or document right around it, and of the document."""


class SourceDocument(NamedTuple):
    """A document on its way in: its JSON text and its parsed form, and where it came from."""

    text: str
    document: Mapping[str, object]
    id: str | None = None
    file: str | None = None
    line: int = 0


class _NewRow(NamedTuple):
    """A document about to be stored."""

    id: str | None
    text: str
    values: Row
    ignored: list[str]
    nested: list[NestedRow]


@dataclass(frozen=True, slots=True)
class IndexView:
    """An index as one search sees it, or the nested objects of one path in it.

    ``nested``: by path, the nested objects right below. Of nested objects ``path`` is their own, and ``documents`` the
    table of the documents that hold them.
    """

    name: str
    table: str
    fields: Mapping[str, Field]
    columns: Mapping[str, Column]
    objects: frozenset[str]
    nested: Mapping[str, "IndexView"] = field(default_factory=dict)
    path: str = ""
    documents: str | None = None

    def column(self, field_name: str) -> Column | None:
        """Where the field's values are; None while no document has one."""
        return self.columns.get(field_name)

    def nested_below(self) -> "Iterator[IndexView]":
        """All nested objects below, at any depth."""
        for each in self.nested.values():
            yield each
            yield from each.nested_below()

    def way_to(self, path: str) -> "list[IndexView]":
        """The nested objects from right below down to those of a path; [] if these are no nested objects below."""
        for each, view in self.nested.items():
            if each == path:
                return [view]
            if path.startswith(f"{each}.") and (rest := view.way_to(path)):
                return [view, *rest]
        return []


def made_id(index: str, ordinal: int) -> str:
    """The id of a document that came without one: the same whenever the same file is loaded again."""
    return f"{zlib.crc32(index.encode()):08x}-{ordinal:08d}"


def ordinal_of(index: str, document_id: str) -> int | None:
    """The inverse of `made_id`."""
    head, _, tail = document_id.partition("-")
    ordinal = int(tail) if tail.isdecimal() and tail.isascii() and len(tail) < 19 else -1
    return ordinal if ordinal >= 0 and document_id == made_id(index, ordinal) and head else None


@dataclass(slots=True)
class Index:
    """One index. Every method takes the index's lock, so that appending, DDL and the start of searches never meet;
    who holds it may call several of them as one step."""

    name: str
    database: Database
    table: str
    mapping: IndexMapping
    lock: threading.RLock = field(default_factory=threading.RLock)
    _builder: RowBuilder = field(init=False)
    _documents: Table = field(init=False)
    _nested: dict[str, Table] = field(default_factory=dict)
    _next_nested: dict[str, int] = field(default_factory=dict)
    _next_ordinal: int = 0
    _view: IndexView | None = None

    def __post_init__(self) -> None:
        self._builder = RowBuilder(self.mapping)
        lists = self._builder.lists
        self._documents = Table(self.table, "", self.mapping, lists, _DOCUMENT_HEAD)
        for at, path in enumerate(sorted(self.mapping.nested)):
            self._nested[path] = Table(f"{self.table}_n{at}", path, self.mapping, lists, _NESTED_HEAD)
            self._next_nested[path] = 0
        with self.database.open_run() as run:
            for table in self._tables():
                table.create(run)

    def _tables(self) -> list[Table]:
        return [self._documents, *self._nested.values()]

    def append(
        self,
        documents: Iterator[SourceDocument | DocumentProblem],
        report: LoadReport,
        *,
        numeric_detection: bool = False,
    ) -> bool:
        """Add the next `BATCH` documents as one transaction; False at the end. Rejected ones are told in the report.

        ``numeric_detection``: unmapped texts that are numbers become numbers, as in CSV.
        """
        with self.lock, self.database.open_run() as run:
            self._builder.numeric_detection = numeric_detection
            rows: list[_NewRow] = []
            count = 0
            # Documents are taken one by one: a document just parsed is still in the processor's cache.
            for count, document in enumerate(islice(documents, BATCH), 1):  # noqa: B007
                if isinstance(document, DocumentProblem):
                    report.reject(document)
                    continue
                try:
                    values, ignored, nested = self._builder.build(document.document)
                except Rejected as rejected:
                    report.reject(DocumentProblem(document.file, document.line, rejected.field, rejected.reason))
                else:
                    rows.append(_NewRow(document.id, document.text, values, ignored, nested))
            if rows:
                self._store(run, rows)
                report.loaded += len(rows)
            return count > 0

    @property
    def next_ordinal(self) -> int:
        """The ordinal of the next document stored."""
        return self._next_ordinal

    def taken_ids(self, ids: Sequence[str]) -> set[str]:
        """Those of the ids that documents have."""
        made = {ordinal: each for each in ids if (ordinal := ordinal_of(self.name, each)) is not None}
        condition, params = _has_id(list(ids), list(made))
        with self.lock, self.database.open_run() as run:
            run.execute(Sql(f"SELECT id, seq FROM {self.table} WHERE {condition}", params))
            return {made[seq] if known is None else known for known, seq in run.cursor.fetchall()}

    def view(self) -> IndexView:
        """The index as it stands; call it with the lock held."""
        if self._view is None:
            self._view = self._view_of(self._documents)
        return self._view

    def _view_of(self, table: Table) -> IndexView:
        fields = self.mapping.fields
        return IndexView(
            self.name,
            table.name,
            {name: each for name, each in fields.items() if each.scope == table.scope},
            dict(table.columns),
            frozenset(self.mapping.objects),
            {
                path: self._view_of(each)
                for path, each in self._nested.items()
                if self.mapping.scope_of(path) == table.scope
            },
            table.scope,
            self.table if table.scope else None,
        )

    def add_tokens(self, field_names: Iterable[str]) -> None:
        """Make the tokens of text fields searchable, from now on also those of new documents."""
        with self.lock, self.database.open_run() as run, self.database.open_run() as reader:
            for name in field_names:
                mapped = self.mapping.fields.get(name)
                if mapped is not None:
                    table = self._nested[mapped.scope] if mapped.scope else self._documents
                    table.add_tokens(run, reader, mapped)
            self._view = None

    def _store(self, run: Run, rows: list[_NewRow]) -> None:
        columns = {table.scope: table.columns_after() for table in self._tables()}
        run.execute(Sql("BEGIN"))
        try:
            for table in self._tables():
                table.alter(run, columns[table.scope])
            rows = self._replace_known_ids(run, rows)
            self._insert(run, rows, columns[""])
            inserted = self._insert_nested(run, rows, columns) if self._nested else {}
            run.execute(Sql("COMMIT"))
        except BaseException:
            run.cursor.rollback()
            raise
        for table in self._tables():
            table.columns = columns[table.scope]
        self._view = None
        self._next_ordinal += len(rows)
        for path, count in inserted.items():
            self._next_nested[path] += count

    def _replace_known_ids(self, run: Run, rows: list[_NewRow]) -> list[_NewRow]:
        """A document whose id is taken replaces the older one, also within the batch."""
        given = {row.id: at for at, row in enumerate(rows) if row.id is not None}
        if not given:
            return rows
        if self._next_ordinal:
            ordinals = [o for o in (ordinal_of(self.name, known) for known in given) if o is not None]
            condition, params = _has_id(list(given), ordinals)
            for table in self._nested.values():
                roots = f"root IN (SELECT seq FROM {self.table} WHERE {condition})"
                run.execute(Sql(f"DELETE FROM {table.name} WHERE {roots}", params))
            run.execute(Sql(f"DELETE FROM {self.table} WHERE {condition}", params))
        return [row for at, row in enumerate(rows) if row.id is None or given[row.id] == at]

    def _insert(self, run: Run, rows: list[_NewRow], columns: Mapping[str, Column]) -> None:
        ids: list[str | None] = [row.id for row in rows]
        ignored = [orjson.dumps(row.ignored).decode() if row.ignored else None for row in rows]
        heads = {
            "seq": Sql("?::BIGINT + unnest(range(0, ?::BIGINT))", (self._next_ordinal, len(rows))),
            "src": Sql("unnest(?::VARCHAR[])", ([row.text for row in rows],)),
        }
        for name, texts in (("id", ids), ("ignored", ignored)):
            if any(text is not None for text in texts):
                heads[name] = Sql("unnest(?::VARCHAR[])", (texts,))
        self._documents.insert(run, heads, [row.values for row in rows], columns)

    def _insert_nested(
        self, run: Run, rows: list[_NewRow], columns: Mapping[str, Mapping[str, Column]]
    ) -> dict[str, int]:
        """Store the nested objects of documents just numbered; how many there were for each path."""
        numbers: dict[str, list[tuple[int, int, int]]] = {path: [] for path in self._nested}
        values: dict[str, list[Row]] = {path: [] for path in self._nested}
        for root, row in enumerate(rows, self._next_ordinal):
            own: list[int] = []
            for nested in row.nested:
                number = self._next_nested[nested.path] + len(numbers[nested.path])
                own.append(number)
                numbers[nested.path].append((number, own[nested.parent] if nested.parent >= 0 else root, root))
                values[nested.path].append(nested.values)
        for path, table in self._nested.items():
            if numbers[path]:
                columns_of = zip(("seq", "parent", "root"), zip(*numbers[path], strict=True), strict=True)
                heads = {name: Sql("unnest(?::BIGINT[])", (list(listed),)) for name, listed in columns_of}
                table.insert(run, heads, values[path], columns[path])
        return {path: len(listed) for path, listed in numbers.items()}


def _has_id(ids: list[str], ordinals: list[int]) -> tuple[str, tuple[object, ...]]:
    """The condition that a document has one of the ids; ``ordinals`` are those of ids that were made."""
    condition = "id IN (SELECT unnest(?::VARCHAR[])) OR (id IS NULL AND seq IN (SELECT unnest(?::BIGINT[])))"
    return condition, (ids, ordinals)
