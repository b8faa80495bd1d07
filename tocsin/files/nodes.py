"""Values that know their place in a text, and the one builder of them for YAML and JSON: iterative and bounded."""

import copy
from dataclasses import dataclass, field

from engine.model.jsonvalue import JsonValue

MAX_DEPTH = 100
MAX_VALUES = 500_000
MAX_ALIASED_VALUES = 20_000
"""What all aliases together may stand for; without a bound a few lines stand for billions of values."""


class Malformed(Exception):
    """The text is not a document that can be read: at which character, what is wrong, the remedy."""

    def __init__(self, offset: int, message: str, remedy: str = "") -> None:
        self.offset, self.message, self.remedy = offset, message, remedy
        super().__init__(message)


@dataclass(slots=True)
class Node:
    """A value with the offset of its first character, and of its key if it is a member of an object.

    ``members``: by name for objects, by position for lists.
    """

    value: JsonValue
    offset: int
    key_offset: int | None = None
    members: "dict[str | int, Node]" = field(default_factory=dict)


@dataclass(slots=True)
class _Open:
    """An object or list that is being built; ``name`` is the member whose value comes next."""

    node: Node
    name: str | None = None
    name_offset: int = 0


class Tree:
    """Builds nodes from what a reader finds, in the order of the text. Every step may raise Malformed."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[_Open] = []
        self._values = 0
        self._aliased_values = 0

    @property
    def depth(self) -> int:
        """How many objects and lists are open."""
        return len(self._open)

    @property
    def is_in_object(self) -> bool:
        """Whether the innermost open thing is an object."""
        return bool(self._open) and isinstance(self._open[-1].node.value, dict)

    @property
    def expects_name(self) -> bool:
        """Whether the name of a member has to come next (or the end of the object)."""
        return self.is_in_object and self._open[-1].name is None

    def begin(self, value: JsonValue, offset: int) -> Node:
        """An empty object or list begins."""
        self.check_depth(1, offset)
        node = Node(value, offset)
        self.add(node)
        self._open.append(_Open(node))
        return node

    def end(self) -> None:
        """The innermost object or list ends."""
        self._open.pop()

    def take_name(self, name: str, offset: int) -> None:
        """The name of the member whose value comes next."""
        parent = self._open[-1]
        if name in parent.node.value:
            raise Malformed(offset, f"member {name!r} is given twice", "keep one of the two")
        parent.name, parent.name_offset = name, offset

    def add(self, node: Node) -> None:
        """A value comes: a member or element of what is open, or the whole."""
        self._values += 1
        if self._values > MAX_VALUES:
            raise Malformed(node.offset, f"holds more than {MAX_VALUES} values", "split the file")
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if parent.name is None:
            parent.node.members[len(parent.node.value)] = node
            parent.node.value.append(node.value)
        else:
            node.key_offset = parent.name_offset
            parent.node.members[parent.name] = node
            parent.node.value[parent.name] = node.value
            parent.name = None

    def add_copy(self, anchored: Node, offset: int) -> None:
        """An independent copy of a node comes: what is made of one place must not change the other."""
        size, height = _measure(anchored)
        self.check_depth(height, offset)
        self._aliased_values += size
        if self._aliased_values > MAX_ALIASED_VALUES:
            message = f"aliases stand for more than {MAX_ALIASED_VALUES} values"
            raise Malformed(offset, message, "write values out, or split the file")
        node = copy.deepcopy(anchored)
        node.offset, node.key_offset = offset, None
        self.add(node)

    def check_depth(self, height: int, offset: int) -> None:
        """Refuse ``height`` more levels inside of what is open if they are too many."""
        if self.depth + height > MAX_DEPTH:
            raise Malformed(offset, f"is nested more than {MAX_DEPTH} levels deep", "make the structure flatter")


def _measure(node: Node) -> tuple[int, int]:
    """How many values a node holds, itself included, and how many levels of objects and lists it is high."""
    size, height, level = 0, 0, [node]
    while level:
        size += len(level)
        height += any(isinstance(each.value, (dict, list)) for each in level)
        level = [member for each in level for member in each.members.values()]
    return size, height


def bounded(number: int) -> int | float:
    """Integers beyond 64 bits become floats, as in most readers of JSON."""
    return number if -(2**63) <= number < 2**63 else float(number)
