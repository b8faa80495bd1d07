"""Which fields a KQL text names: what must be known of an index to compile it (data-views.md 4)."""

from collections.abc import Iterator

from engine.query.kql.parser import parse_kql
from engine.query.kql.syntax import And, FieldTest, MatchAll, NestedGroup, Node, Not, Or, Range


def field_names(text: object, *, allow_leading_wildcards: bool = True) -> tuple[str, ...]:
    """The names, and patterns with ``*``, each once in the order of the text; in a nested group with its path.

    Raises KqlError.
    """
    tree = parse_kql(text, allow_leading_wildcards=allow_leading_wildcards)
    return tuple(dict.fromkeys(_names(tree)))


def _names(tree: Node) -> Iterator[str]:
    pending: list[tuple[Node, str]] = [(tree, "")]
    while pending:
        node, prefix = pending.pop()
        match node:
            case And(children) | Or(children):
                pending += [(child, prefix) for child in reversed(children)]
            case Not(child):
                pending.append((child, prefix))
            case NestedGroup(path, query):
                pending.append((query, f"{prefix}{path.as_name()}."))
            case Range(field) | FieldTest(field) if field is not None:
                yield prefix + field.as_name()
            case FieldTest() | MatchAll():
                pass
