"""What must be known of an ES|QL text before it is sent: its commands, the indices it reads, the columns it groups by.

No parser of the language: strings, quoted names, comments and brackets are told apart from the rest, and the rest is
cut at its pipes. What a cluster will refuse may be misread here, which does no harm.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

_PIECE = re.compile(
    r'"""(?:.*?)"""+'  # a text in three quotes
    r'|"(?:\\.|[^"\\\r\n])*(?:"|\\?\Z|(?=[\r\n]))'  # left open: up to the line's end, lest it be read from each quote
    r"|`(?:``|[^`])*`"
    r"|//[^\r\n]*"
    r"|/\*.*?(?:\*/|\Z)"
    r"|[\w@.]+"
    r"|[=!<>]=|=~"
    r"|\s+"
    r"|.",
    re.DOTALL,
)
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_NAME = re.compile(r"(?:`(?:``|[^`])*`|[\w@*-]+)(?:\s*\.\s*(?:`(?:``|[^`])*`|[\w@*-]+))*")
_NAME_PART = re.compile(r"`((?:``|[^`])*)`|[^`]+")
_WORD = re.compile(r"[^\W\d_]\w*")


@dataclass(frozen=True, slots=True)
class _Token:
    """``depth``: how many brackets are open around it."""

    text: str
    start: int
    depth: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def is_comment(self) -> bool:
        return self.text.startswith(("//", "/*"))

    @property
    def is_void(self) -> bool:
        return self.is_comment or self.text.isspace()

    def is_word(self, word: str) -> bool:
        return self.depth == 0 and self.text.upper() == word


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a query. ``name`` in upper case; ``tokens`` are those behind it, comments and blanks left out."""

    name: str
    tokens: tuple[_Token, ...]


class EsqlText:
    """A query's text, read as far as described above."""

    def __init__(self, text: str) -> None:
        self.text = text
        tokens = list(_tokens(text))
        settings_end = max((at for at, token in enumerate(tokens) if token.is_word(";")), default=-1)
        if any(not token.is_void for token in tokens[settings_end + 1 :]):
            # SET statements may stand before the query.
            tokens = tokens[settings_end + 1 :]
        self.commands = tuple(_command(part) for part in _split(tokens, "|"))

    @property
    def indices(self) -> tuple[str, ...]:
        """The index expressions that the source command names; () where it names none."""
        return tuple(_unquoted(self._source(part)) for part in self._sources())

    @property
    def index_span(self) -> tuple[int, int]:
        """Where in the text the index expressions stand; an empty span without any."""
        parts = self._sources()
        return (parts[0][0].start, parts[-1][-1].end) if parts else (0, 0)

    @property
    def metadata(self) -> tuple[str, ...]:
        """The metadata fields that the source command asks for."""
        if not self._is_reading_indices():
            return ()
        tokens = [token for token in self.commands[0].tokens if token.text not in ("[", "]")]
        at = next((at for at, token in enumerate(tokens) if token.text.upper() == "METADATA"), len(tokens))
        return tuple(_unquoted(token.text) for token in tokens[at + 1 :] if token.text != ",")

    def group_columns(self) -> tuple[str, ...]:
        """The names of what the last STATS groups by, as later RENAMEs leave them; () where it does not group."""
        last = max((at for at, command in enumerate(self.commands) if command.name == "STATS"), default=None)
        if last is None:
            return ()
        names = self._grouping(self.commands[last].tokens)
        for command in self.commands[last + 1 :]:
            for old, new in self._renames(command) if command.name == "RENAME" else ():
                names = [new if name == old else name for name in names]
        return tuple(names)

    def uses_parameter(self, name: str) -> bool:
        """Whether the text holds ``?name``, in any case."""
        return f"?{name}".lower() in self.text.lower()

    def _is_reading_indices(self) -> bool:
        return bool(self.commands) and self.commands[0].name in ("FROM", "TS")

    def _sources(self) -> list[list[_Token]]:
        if not self._is_reading_indices():
            return []
        tokens = list(self.commands[0].tokens)
        end = next((at for at, token in enumerate(tokens) if token.text.upper() in ("METADATA", "[")), len(tokens))
        return [part for part in _split(tokens[:end], ",") if part]

    def _source(self, tokens: Sequence[_Token]) -> str:
        return self.text[tokens[0].start : tokens[-1].end]

    def _grouping(self, tokens: Sequence[_Token]) -> list[str]:
        at = next((at for at, token in enumerate(tokens) if token.is_word("BY")), len(tokens))
        return [self._column(part) for part in _split(tokens[at + 1 :], ",") if part]

    def _column(self, tokens: Sequence[_Token]) -> str:
        """The name of one grouping: the one it is given, that of its field, or its own text."""
        at = next((at for at, token in enumerate(tokens) if token.is_word("=")), None)
        named = tokens if at is None else tokens[:at]
        source = self._source(named or tokens)
        return _unquoted(source) if _NAME.fullmatch(source) else source

    def _renames(self, command: Command) -> Iterator[tuple[str, str]]:
        """Old and new name, in order."""
        for part in _split(command.tokens, ","):
            at = next((at for at, token in enumerate(part) if token.is_word("AS") or token.is_word("=")), 0)
            if 0 < at < len(part) - 1:
                first, second = _unquoted(self._source(part[:at])), _unquoted(self._source(part[at + 1 :]))
                yield (first, second) if part[at].is_word("AS") else (second, first)


def _tokens(text: str) -> Iterator[_Token]:
    depth = 0
    for match in _PIECE.finditer(text):
        piece = match[0]
        if piece in _CLOSING:
            depth = max(depth - 1, 0)
        yield _Token(piece, match.start(), depth)
        if piece in _OPENING:
            depth += 1


def _split(tokens: Sequence[_Token], separator: str) -> list[list[_Token]]:
    """The tokens between the separators that stand in no bracket."""
    cuts = [-1, *(at for at, token in enumerate(tokens) if token.is_word(separator)), len(tokens)]
    return [list(tokens[start + 1 : end]) for start, end in pairwise(cuts)]


def _command(tokens: Sequence[_Token]) -> Command:
    said = [token for token in tokens if not token.is_void]
    if not said or _WORD.fullmatch(said[0].text) is None:
        return Command("", tuple(said))
    name, rest = said[0].text.upper(), said[1:]
    if name == "INLINE" and rest and rest[0].is_word("STATS"):
        name, rest = "STATS", rest[1:]
    return Command("STATS" if name == "INLINESTATS" else name, tuple(rest))


def _unquoted(name: str) -> str:
    """A name or index without its quotes: a doubled backtick means one, parts may be quoted one by one."""
    if name.startswith('"""') and name.endswith('"""') and len(name) >= 6:
        return name[3:-3]
    if name.startswith('"') and name.endswith('"') and len(name) >= 2:
        return name[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    parts = [match[0] if match[1] is None else match[1].replace("``", "`") for match in _NAME_PART.finditer(name)]
    return "".join(parts) or name
