"""YAML 1.2 text as nodes, built from the events of the parser: no recursion, no constructors, no surprises.

Scalars without quotes follow the core schema: ``22:00``, ``on`` and timestamps are strings.
"""

import math
import re
from collections.abc import Iterator

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from engine.model.jsonvalue import JsonValue
from tocsin.files.nodes import Malformed, Node, Tree, bounded

_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE, _FALSE = re.compile(r"true|True|TRUE"), re.compile(r"false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)
_OCTAL, _HEXADECIMAL = re.compile(r"0o([0-7]+)"), re.compile(r"0x([0-9a-fA-F]+)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TAG = "tag:yaml.org,2002:"
_LONGEST_NUMBER = 300


def parse_yaml(text: str) -> Node | None:
    """The one document in the text, None if it has none. Raises Malformed."""
    return _Builder().build(_events(text))


def _events(text: str) -> Iterator[Event]:
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except ReaderError as error:
        character = f"U+{ord(text[error.position]):04X}"
        raise Malformed(error.position, f"character {character} is not allowed", "remove it") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Malformed(mark.index if mark else 0, *_in_words(error)) from None
    except YAMLError as error:
        raise Malformed(0, f"is no valid YAML: {error}") from None


def _in_words(error: MarkedYAMLError) -> tuple[str, str]:
    message = error.problem or error.context or "unknown cause"
    if "'\\t'" in message:
        return "a tab stands where YAML allows none", "indent with spaces"
    if "cannot start any token" in message:
        return f"is no valid YAML: {message}", "put the text in quotes"
    if "mapping values are not allowed" in message:
        return "a ': ' stands where no member can begin", "put the text in quotes, or mend the indentation"
    return f"is no valid YAML: {message}", "look at the lines above, too"


class _Builder:
    """Turns events into a tree; ``_anchors`` holds the anchored values that are complete, by anchor."""

    def __init__(self) -> None:
        self._tree = Tree()
        self._anchors: dict[str, Node] = {}
        self._open_anchors: list[tuple[str | None, Node]] = []

    def build(self, events: Iterator[Event]) -> Node | None:
        documents = 0
        for event in events:
            offset = event.start_mark.index
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise Malformed(offset, "a second document begins", "write several rules as one list")
            elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
                self._begin(event, offset)
            elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
                self._end()
            elif isinstance(event, ScalarEvent):
                self._scalar(event, offset)
            elif isinstance(event, AliasEvent):
                self._alias(event, offset)
        return self._tree.root

    def _begin(self, event: MappingStartEvent | SequenceStartEvent, offset: int) -> None:
        is_object = isinstance(event, MappingStartEvent)
        tag = _tag(event)
        if tag not in (None, "!", "!!map" if is_object else "!!seq"):
            raise Malformed(offset, f"tag {tag} is not supported here", "remove the tag")
        if self._tree.expects_name:
            raise Malformed(offset, "the name of a member must be text", "put it in quotes")
        node = self._tree.begin({} if is_object else [], offset)
        self._open_anchors.append((event.anchor, node))

    def _end(self) -> None:
        self._tree.end()
        anchor, node = self._open_anchors.pop()
        if anchor is not None:
            self._anchors[anchor] = node

    def _scalar(self, event: ScalarEvent, offset: int) -> None:
        _check_text(event.value, offset)
        if self._tree.expects_name:
            if event.value == "<<" and event.implicit[0]:
                raise Malformed(offset, "merge keys (<<) are no part of YAML 1.2", "write the members out")
            self._tree.take_name(event.value, offset)
            return
        node = Node(_scalar_value(event, offset), offset)
        self._tree.add(node)
        if event.anchor is not None:
            self._anchors[event.anchor] = node

    def _alias(self, event: AliasEvent, offset: int) -> None:
        anchored = self._anchors.get(event.anchor)
        if self._tree.expects_name:
            raise Malformed(offset, "an alias cannot be the name of a member", "write the name out")
        if anchored is None:
            raise Malformed(offset, f"alias *{event.anchor} refers to nothing before it", "write the value out")
        self._tree.add_copy(anchored, offset)


def _tag(event: MappingStartEvent | SequenceStartEvent | ScalarEvent) -> str | None:
    return None if event.tag is None else str(event.tag).replace(_TAG, "!!")


def _check_text(text: str, offset: int) -> None:
    if _SURROGATE.search(text):
        raise Malformed(offset, "holds half of a surrogate pair", "write the character itself")


def _scalar_value(event: ScalarEvent, offset: int) -> JsonValue:
    tag = _tag(event)
    if tag in ("!", "!!str") or (tag is None and not event.implicit[0]):
        return event.value
    value = _plain_value(event.value, offset)
    if tag is not None and tag != f"!!{_type_name(value)}":
        raise Malformed(offset, f"tag {tag} does not fit the value, or is not supported", "remove the tag")
    return value


def _plain_value(text: str, offset: int) -> JsonValue:
    """What a scalar without quotes means in the core schema."""
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return _TRUE.fullmatch(text) is not None
    if len(text) > _LONGEST_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        return bounded(int(text))
    if octal := _OCTAL.fullmatch(text):
        return bounded(int(octal[1], 8))
    if hexadecimal := _HEXADECIMAL.fullmatch(text):
        return bounded(int(hexadecimal[1], 16))
    if _NOT_FINITE.fullmatch(text):
        raise Malformed(offset, f"{text} is not a finite number", "JSON knows neither NaN nor infinity")
    return _float(text, offset) if _FLOAT.fullmatch(text) else text


def _float(text: str, offset: int) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Malformed(offset, "is larger than any JSON number", "write it as text")
    return number


def _type_name(value: JsonValue) -> str:
    return {bool: "bool", int: "int", float: "float", str: "str"}.get(type(value), "null")
