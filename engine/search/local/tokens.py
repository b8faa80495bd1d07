"""The stored form of tokens.

Tokens of one document are stored as one text: a separator before, between and after them, so that a term, a phrase or
a prefix is found as a part of it. Between the values of an array stands a gap that no phrase can cross.
"""

from collections.abc import Iterable

from engine.query.analysis import analyze

SEPARATOR = "\x1f"
GAP = f"{SEPARATOR}\x1e"


def stored_tokens(values: str | Iterable[str], analyzer: str) -> str:
    """The stored form of a document's tokens."""
    texts = [values] if isinstance(values, str) else list(values)
    runs = [phrase_part(analyze(text, analyzer)) for text in texts]
    return GAP.join(runs)


def phrase_part(tokens: Iterable[str]) -> str:
    """What the stored form of a document contains if the tokens follow one another in it."""
    # Only an analyser that leaves a value whole lets the separator into a token.
    return SEPARATOR + "".join(token.replace(SEPARATOR, " ") + SEPARATOR for token in tokens)
