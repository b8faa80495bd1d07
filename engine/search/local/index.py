"""An index: its mapping and its documents, kept as one table with a column for each field."""

import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import NamedTuple

import orjson

from engine.model.jsonvalue import JsonObject
from engine.search.local.database import Database, Run
from engine.search.local.fragment import Sql
from engine.search.local.mapping import Field, IndexMapping
from engine.search.local.report import DocumentProblem, LoadReport
from engine.search.local.rows import Rejected, Row, RowBuilder
from engine.search.local.tokens import stored_tokens

BATCH = 5000
"""Documents converted and inserted at once while the index is locked."""


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


@dataclass(frozen=True, slots=True)
class Column:
    """How a field is stored: as one value, or (once a document had several) as a list.

    ``twin``: of a text, the column of the keyword that holds its values where its own has none. ``tokens``: of a text,
    the column of its tokens, once they were asked for.
    """

    name: str
    sql_type: str
    is_list: bool = False
    twin: str | None = None
    tokens: str | None = None

    @property
    def values(self) -> str:
        """The expression of the field's values."""
        return self.name if self.twin is None else f"coalesce({self.name}, {self.twin})"

    @property
    def declared_type(self) -> str:
        return f"{self.sql_type}[]" if self.is_list else self.sql_type


@dataclass(frozen=True, slots=True)
class IndexView:
    """An index as one search sees it."""

    name: str
    table: str
    fields: Mapping[str, Field]
    columns: Mapping[str, Column]
    objects: frozenset[str]

    def column(self, field_name: str) -> Column | None:
        """Where the field's values are; None while no document has one."""
        return self.columns.get(field_name)


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
    _columns: dict[str, Column] = field(default_factory=dict)
    _next_ordinal: int = 0
    _view: IndexView | None = None

    def __post_init__(self) -> None:
        self._builder = RowBuilder(self.mapping)
        self._columns = {name: self._new_column(each) for name, each in self.mapping.fields.items()}
        declared = "".join(f", {column.name} {column.declared_type}" for column in self._columns.values())
        with self.database.open_run() as run:
            run.execute(
                Sql(f"CREATE TABLE {self.table} (seq BIGINT, id VARCHAR, src VARCHAR, ignored VARCHAR{declared})")
            )

    def _new_column(self, mapped: Field) -> Column:
        twin = self.mapping.twin_of(mapped)
        return Column(
            mapped.column,
            mapped.sql_type,
            mapped.column in self._builder.lists,
            None if twin is None else twin.column,
        )

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
                    values, ignored = self._builder.build(document.document)
                except Rejected as rejected:
                    report.reject(DocumentProblem(document.file, document.line, rejected.field, rejected.reason))
                else:
                    rows.append(_NewRow(document.id, document.text, values, ignored))
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
            self._view = IndexView(
                self.name,
                self.table,
                dict(self.mapping.fields),
                dict(self._columns),
                frozenset(self.mapping.objects),
            )
        return self._view

    def add_tokens(self, field_names: Iterable[str]) -> None:
        """Make the tokens of text fields searchable, from now on also those of new documents."""
        with self.lock, self.database.open_run() as run:
            for name in field_names:
                column = self._columns.get(name)
                if column is not None and column.tokens is None:
                    self._add_tokens(run, self.mapping.fields[name], column)
            self._view = None

    def _add_tokens(self, run: Run, text_field: Field, column: Column) -> None:
        tokens, texts = f"{column.name}_tokens", f"{self.table}_texts"
        run.execute(Sql("BEGIN"))
        run.execute(Sql(f"CREATE TABLE {texts} (text {column.declared_type}, tokens VARCHAR)"))
        with self.database.open_run() as reader:
            reader.execute(Sql(f"SELECT DISTINCT {column.values} FROM {self.table} WHERE {column.values} IS NOT NULL"))
            while rows := reader.cursor.fetchmany(BATCH):
                found = [row[0] for row in rows]
                made = [stored_tokens(text, text_field.analyzer) for text in found]
                insert = f"INSERT INTO {texts} SELECT unnest(?::{column.declared_type}[]), unnest(?::VARCHAR[])"
                run.execute(Sql(insert, (found, made)))
        run.execute(Sql(f"ALTER TABLE {self.table} ADD COLUMN {tokens} VARCHAR"))
        run.execute(
            Sql(f"UPDATE {self.table} SET {tokens} = x.tokens FROM {texts} AS x WHERE {column.values} = x.text")
        )
        run.execute(Sql(f"DROP TABLE {texts}"))
        run.execute(Sql("COMMIT"))
        self._columns[text_field.name] = replace(column, tokens=tokens)

    def _store(self, run: Run, rows: list[_NewRow]) -> None:
        columns = self._columns_after()
        run.execute(Sql("BEGIN"))
        try:
            self._alter(run, columns)
            rows = self._replace_known_ids(run, rows)
            self._insert(run, rows, columns)
            run.execute(Sql("COMMIT"))
        except BaseException:
            run.cursor.rollback()
            raise
        self._columns = columns
        self._view = None
        self._next_ordinal += len(rows)

    def _columns_after(self) -> dict[str, Column]:
        """The columns that the table needs for what was built."""
        columns = dict(self._columns)
        for name, mapped in self.mapping.fields.items():
            column = columns.get(name)
            if column is None:
                columns[name] = self._new_column(mapped)
            elif mapped.column in self._builder.lists and not column.is_list:
                columns[name] = replace(column, is_list=True)
        return columns

    def _alter(self, run: Run, columns: dict[str, Column]) -> None:
        for name, column in columns.items():
            old = self._columns.get(name)
            if old is None:
                run.execute(Sql(f"ALTER TABLE {self.table} ADD COLUMN {column.name} {column.declared_type}"))
            elif column.is_list and not old.is_list:
                one = column.name
                using = f"CASE WHEN {one} IS NULL THEN NULL ELSE [{one}] END"
                alter = f"ALTER TABLE {self.table} ALTER COLUMN {one} TYPE {column.declared_type} USING {using}"
                run.execute(Sql(alter))

    def _replace_known_ids(self, run: Run, rows: list[_NewRow]) -> list[_NewRow]:
        """A document whose id is taken replaces the older one, also within the batch."""
        given = {row.id: at for at, row in enumerate(rows) if row.id is not None}
        if not given:
            return rows
        if self._next_ordinal:
            ordinals = [o for o in (ordinal_of(self.name, known) for known in given) if o is not None]
            condition, params = _has_id(list(given), ordinals)
            run.execute(Sql(f"DELETE FROM {self.table} WHERE {condition}", params))
        return [row for at, row in enumerate(rows) if row.id is None or given[row.id] == at]

    def _insert(self, run: Run, rows: list[_NewRow], columns: dict[str, Column]) -> None:
        stored = [row.values for row in rows]
        self._finish_values(stored, columns)
        used = {name for row in stored for name in row}
        kept = [column for column in columns.values() if column.name in used]
        made = [column.tokens for column in columns.values() if column.tokens in used]
        shape = {column.name: _json_shape(column) for column in kept} | dict.fromkeys(made, "VARCHAR")
        ids: list[str | None] = [row.id for row in rows]
        ignored = [orjson.dumps(row.ignored).decode() if row.ignored else None for row in rows]
        params: list[object] = [self._next_ordinal, len(rows), [row.text for row in rows]]
        lists = {"src": "unnest(?::VARCHAR[])"}
        for name, texts in (("id", ids), ("ignored", ignored)):
            if any(text is not None for text in texts):
                lists[name] = "unnest(?::VARCHAR[])"
                params.append(texts)
        if shape:
            lists["doc"] = f"from_json(unnest(?::VARCHAR[]), '{orjson.dumps(shape).decode()}')"
            params.append([orjson.dumps(row).decode() for row in stored])
        names = ["seq", *(name for name in lists if name != "doc")]
        target = ", ".join([*names, *shape])
        picked = ", ".join([*names, *(f"doc.{name}" for name in shape)])
        unnested = ", ".join(f"{expression} AS {name}" for name, expression in lists.items())
        statement = (
            f"INSERT INTO {self.table} ({target}) SELECT {picked} FROM "
            f"(SELECT ?::BIGINT + unnest(range(0, ?::BIGINT)) AS seq, {unnested})"
        )
        run.execute(Sql(statement, tuple(params)))

    def _finish_values(self, stored: list[Row], columns: dict[str, Column]) -> None:
        """Make lists of what is stored in lists, sorted and (but for numbers) without repetitions; add tokens."""
        for name, column in columns.items():
            if column.tokens is not None:
                self._add_row_tokens(stored, column, self.mapping.fields[name].analyzer)
        for name, column in columns.items():
            if not column.is_list:
                continue
            for row in stored:
                known = row.get(column.name)
                if known is not None:
                    values = known if isinstance(known, list) else [known]
                    row[column.name] = finish_list(self.mapping.fields[name], values)

    def _add_row_tokens(self, stored: list[Row], column: Column, analyzer: str) -> None:
        for row in stored:
            known = row.get(column.name)
            if known is None and column.twin is not None:
                known = row.get(column.twin)
            if known is not None and column.tokens is not None:
                row[column.tokens] = stored_tokens(known, analyzer)  # type: ignore[arg-type]


def _has_id(ids: list[str], ordinals: list[int]) -> tuple[str, tuple[object, ...]]:
    """The condition that a document has one of the ids; ``ordinals`` are those of ids that were made."""
    condition = "id IN (SELECT unnest(?::VARCHAR[])) OR (id IS NULL AND seq IN (SELECT unnest(?::BIGINT[])))"
    return condition, (ids, ordinals)


def finish_list(mapped: Field, values: list[object]) -> list[object]:
    """Several values as they are kept: in order, each once where the type says so."""
    if len(values) == 1 or mapped.family in ("text", "geo_point", "geo_shape"):
        return values
    if mapped.family in ("keyword", "ip"):
        values = list(set(values))
    return sorted(values)  # type: ignore[type-var]


def _json_shape(column: Column) -> object:
    if column.sql_type.startswith("STRUCT"):
        shape: JsonObject | str = {"lon": "DOUBLE", "lat": "DOUBLE"}
    else:
        shape = column.sql_type
    return [shape] if column.is_list else shape
