"""The tables of an index: documents with a column for each field, and nested objects in a table for each path."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import orjson

from engine.model.jsonvalue import JsonObject
from engine.search.local.database import Run
from engine.search.local.fragment import Sql
from engine.search.local.mapping import Field, IndexMapping
from engine.search.local.rows import Row
from engine.search.local.tokens import stored_tokens

_BATCH = 5000


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


@dataclass(slots=True)
class Table:
    """A table of the documents, or of the nested objects of a path (``scope``; "" = the documents).

    ``head`` declares the columns that are no fields. ``lists`` names the columns in which some row had several values.
    """

    name: str
    scope: str
    mapping: IndexMapping
    lists: set[str]
    head: str
    columns: dict[str, Column] = field(default_factory=dict)

    def create(self, run: Run) -> None:
        """Make the table."""
        self.columns = {name: self._new_column(each) for name, each in self._fields()}
        declared = "".join(f", {column.name} {column.declared_type}" for column in self.columns.values())
        run.execute(Sql(f"CREATE TABLE {self.name} ({self.head}{declared})"))

    def _fields(self) -> Iterable[tuple[str, Field]]:
        return ((name, each) for name, each in self.mapping.fields.items() if each.scope == self.scope)

    def _new_column(self, mapped: Field) -> Column:
        twin = self.mapping.twin_of(mapped)
        name = mapped.column
        return Column(name, mapped.sql_type, name in self.lists, None if twin is None else twin.column)

    def columns_after(self) -> dict[str, Column]:
        """The columns that the table needs for what was built."""
        columns = dict(self.columns)
        for name, mapped in self._fields():
            column = columns.get(name)
            if column is None:
                columns[name] = self._new_column(mapped)
            elif mapped.column in self.lists and not column.is_list:
                columns[name] = replace(column, is_list=True)
        return columns

    def alter(self, run: Run, columns: Mapping[str, Column]) -> None:
        """Make the table have the columns."""
        for name, column in columns.items():
            old = self.columns.get(name)
            if old is None:
                run.execute(Sql(f"ALTER TABLE {self.name} ADD COLUMN {column.name} {column.declared_type}"))
            elif column.is_list and not old.is_list:
                one = column.name
                using = f"CASE WHEN {one} IS NULL THEN NULL ELSE [{one}] END"
                alter = f"ALTER TABLE {self.name} ALTER COLUMN {one} TYPE {column.declared_type} USING {using}"
                run.execute(Sql(alter))

    def insert(self, run: Run, heads: Mapping[str, Sql], rows: list[Row], columns: Mapping[str, Column]) -> None:
        """Add rows; ``heads``: for columns that are no fields, expressions that unnest to as many values."""
        self._finish_values(rows, columns)
        used = {name for row in rows for name in row}
        kept = [column for column in columns.values() if column.name in used]
        made = [column.tokens for column in columns.values() if column.tokens in used]
        shape = {column.name: _json_shape(column) for column in kept} | dict.fromkeys(made, "VARCHAR")
        expressions = [Sql(f"{each.text} AS {name}", each.params) for name, each in heads.items()]
        if shape:
            documents = [orjson.dumps(row).decode() for row in rows]
            rowwise = f"from_json(unnest(?::VARCHAR[]), '{orjson.dumps(shape).decode()}') AS doc"
            expressions.append(Sql(rowwise, (documents,)))
        target = ", ".join([*heads, *shape])
        picked = ", ".join([*heads, *(f"doc.{name}" for name in shape)])
        unnested = ", ".join(each.text for each in expressions)
        statement = f"INSERT INTO {self.name} ({target}) SELECT {picked} FROM (SELECT {unnested})"
        run.execute(Sql(statement, tuple(param for each in expressions for param in each.params)))

    def _finish_values(self, rows: list[Row], columns: Mapping[str, Column]) -> None:
        """Make lists of what is stored in lists, sorted and (but for numbers) without repetitions; add tokens."""
        for name, column in columns.items():
            if column.tokens is not None:
                self._add_row_tokens(rows, column, self.mapping.fields[name].analyzer)
        for name, column in columns.items():
            if not column.is_list:
                continue
            for row in rows:
                known = row.get(column.name)
                if known is not None:
                    values = known if isinstance(known, list) else [known]
                    row[column.name] = finish_list(self.mapping.fields[name], values)

    def _add_row_tokens(self, rows: list[Row], column: Column, analyzer: str) -> None:
        for row in rows:
            known = row.get(column.name)
            if known is None and column.twin is not None:
                known = row.get(column.twin)
            if known is not None and column.tokens is not None:
                row[column.tokens] = stored_tokens(known, analyzer)  # type: ignore[arg-type]

    def add_tokens(self, run: Run, reader: Run, text_field: Field) -> None:
        """Make the tokens of a text field a column of its own, if they are none yet."""
        column = self.columns.get(text_field.name)
        if column is None or column.tokens is not None:
            return
        tokens, texts = f"{column.name}_tokens", f"{self.name}_texts"
        run.execute(Sql("BEGIN"))
        run.execute(Sql(f"CREATE TABLE {texts} (text {column.declared_type}, tokens VARCHAR)"))
        reader.execute(Sql(f"SELECT DISTINCT {column.values} FROM {self.name} WHERE {column.values} IS NOT NULL"))
        while rows := reader.cursor.fetchmany(_BATCH):
            found = [row[0] for row in rows]
            made = [stored_tokens(text, text_field.analyzer) for text in found]
            insert = f"INSERT INTO {texts} SELECT unnest(?::{column.declared_type}[]), unnest(?::VARCHAR[])"
            run.execute(Sql(insert, (found, made)))
        run.execute(Sql(f"ALTER TABLE {self.name} ADD COLUMN {tokens} VARCHAR"))
        run.execute(Sql(f"UPDATE {self.name} SET {tokens} = x.tokens FROM {texts} AS x WHERE {column.values} = x.text"))
        run.execute(Sql(f"DROP TABLE {texts}"))
        run.execute(Sql("COMMIT"))
        self.columns[text_field.name] = replace(column, tokens=tokens)


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
