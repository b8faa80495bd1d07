"""JSON text as nodes: strict (RFC 8259) and iterative, with the place of every value; duplicate members are errors."""

import math
import re

from engine.model.jsonvalue import JsonValue
from tocsin.files.nodes import Malformed, Node, Tree, bounded

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"')
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", re.ASCII)
_WORD = re.compile(r"[-+.\w]+|.", re.DOTALL)
_LITERALS: dict[str, JsonValue] = {"true": True, "false": False, "null": None}
_CHARACTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LONGEST_EXACT = 20


def parse_json(text: str) -> Node | None:
    """The JSON value in the text, None if there is only white space. Raises Malformed."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._tree = Tree()

    def read(self) -> Node | None:
        if self._next() == "":
            return None
        while not (self._read_value() and self._end_what_ends()):
            pass
        if self._next() != "":
            raise Malformed(self._at, "something follows the end of the JSON value", "write several rules as one list")
        return self._tree.root

    def _read_value(self) -> bool:
        """Read a value, or only the beginning of an object or list; True when the value is complete."""
        character, offset = self._next(), self._at
        if character not in ("{", "["):
            self._tree.add(Node(self._scalar(character), offset))
            return True
        self._tree.begin({} if character == "{" else [], offset)
        self._at += 1
        if self._next() == ("}" if character == "{" else "]"):
            self._at += 1
            self._tree.end()
            return True
        self._read_name()
        return False

    def _end_what_ends(self) -> bool:
        """After a complete value: end the objects and lists that end here; False if another value follows."""
        while self._tree.depth:
            closing = "}" if self._tree.is_in_object else "]"
            character = self._next()
            if character not in (",", closing):
                raise Malformed(self._at, f"',' or '{closing}' expected", "look at the value before it")
            self._at += 1
            if character == ",":
                self._read_name()
                return False
            self._tree.end()
        return True

    def _read_name(self) -> None:
        """In an object, read the name of the next member and the colon."""
        if not self._tree.is_in_object:
            return
        if self._next() != '"':
            raise Malformed(self._at, "the name of a member in double quotes expected", "is there a ',' too many?")
        offset = self._at
        self._tree.take_name(self._string(), offset)
        if self._next() != ":":
            raise Malformed(self._at, "':' expected after the name of a member", "add it")
        self._at += 1

    def _scalar(self, character: str) -> JsonValue:
        if character == '"':
            return self._string()
        word = _WORD.match(self._text, self._at)
        if word is None:
            raise Malformed(self._at, "the file ends where a value should be", "look for missing brackets")
        if word[0] in _LITERALS:
            self._at = word.end()
            return _LITERALS[word[0]]
        number = _NUMBER.match(self._text, self._at)
        if number is None or number.end() != word.end():
            raise Malformed(self._at, f"{word[0][:20]!r} is no JSON value", "write text in double quotes")
        self._at = number.end()
        return _number(number)

    def _string(self) -> str:
        match = _STRING.match(self._text, self._at)
        if match is None:
            remedy = "end it with a double quote; write line breaks as \\n and backslashes as \\\\"
            raise Malformed(
                self._at, "text without end, or with an escape or control character that JSON forbids", remedy
            )
        offset, self._at = self._at, match.end()
        return _unescaped(match[0][1:-1], offset)

    def _next(self) -> str:
        """The next character that is no white space, "" at the end."""
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at
        return self._text[self._at : self._at + 1]


def _number(match: re.Match[str]) -> int | float:
    if match[1] is None and match[2] is None and len(match[0]) <= _LONGEST_EXACT:
        return bounded(int(match[0]))
    number = float(match[0])
    if not math.isfinite(number):
        raise Malformed(match.start(), "is larger than any JSON number", "write it as text")
    return number


def _unescaped(text: str, offset: int) -> str:
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(_escaped_character, text)
    try:
        # \ud83d\ude00 is one character, written as the two halves of a surrogate pair.
        return plain.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise Malformed(offset, "holds half of a surrogate pair", "write the character itself") from None


def _escaped_character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _CHARACTERS.get(escape[2], escape[2])
