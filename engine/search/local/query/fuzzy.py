"""Words that differ in few characters: those of an index that a fuzzy word may mean (embedded-search.md 4)."""

from engine.query.edit_distance import edit_distance
from engine.search.local.database import Run
from engine.search.local.fragment import Sql, sql, value
from engine.search.local.query.leaves import Target
from engine.search.local.tokens import SEPARATOR

_MOST_EXPANSIONS = 50
_LONGEST_AUTO = (3, 6)
_BYTES_PER_EDIT = 8
"""The database counts bytes: an edit of other than ASCII characters may be as many of its own."""


def allowed_edits(fuzziness: str, word: str) -> int:
    """How many characters may differ: a number, or ``AUTO`` and ``AUTO:low,high`` by the length of the word."""
    if not fuzziness.startswith("AUTO"):
        return int(fuzziness)
    _, _, bounds = fuzziness.partition(":")
    low, high = (int(bound) for bound in bounds.split(",")) if bounds else _LONGEST_AUTO
    return 0 if len(word) < low else 1 if len(word) < high else 2


def similar_words(target: Target, word: str, edits: int, prefix_length: int, *, swaps: bool, run: Run) -> list[str]:
    """The values (on text: tokens) of the field that close to a word, the closest 50."""
    column = target.column
    if column is None or (target.field.family == "text" and not _has_tokens(target)):
        return []
    if not edits:
        return [word]
    values = column.name if column.is_list else f"[{column.name}]"
    if target.field.family == "text":
        values = f"string_split({column.tokens}, '{SEPARATOR}')"
    found = run.fetch(_candidates(target.table, values, word, edits, prefix_length))
    ranked = sorted((edit_distance(word, str(row[0]), edits, swaps=swaps), str(row[0])) for row in found)
    return [each for distance, each in ranked if distance <= edits][:_MOST_EXPANSIONS]


def _has_tokens(target: Target) -> bool:
    """Whether tokens are there; they are asked for if not."""
    return target.column is not None and target.tokens.text == target.column.tokens


def _candidates(table: str, values: str, word: str, edits: int, prefix_length: int) -> Sql:
    near = f"length(x) BETWEEN {len(word) - edits} AND {len(word) + edits}"
    is_ascii = "strlen(x) = length(x)" if word.isascii() else "FALSE"
    most = f"CASE WHEN {is_ascii} THEN {edits} ELSE {edits * _BYTES_PER_EDIT} END"
    # Only words of about that length are compared at all: a comparison takes as long as both are long.
    distance = sql(f"CASE WHEN {near} THEN damerau_levenshtein(x, {{}}) ELSE 1000 END", value(word, "VARCHAR"))
    statement = (
        f"SELECT DISTINCT x FROM (SELECT unnest({values}) AS x FROM {table}) "
        f"WHERE x IS NOT NULL AND {near} AND starts_with(x, {{}}) AND {{}} <= {most}"
    )
    return sql(statement, value(word[:prefix_length], "VARCHAR"), distance)
