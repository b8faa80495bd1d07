"""Renders the tree of a template: context stack, sections and the limits of templates.md 5.2."""

from typing import Final

from engine.model.jsonvalue import JsonValue
from engine.template.escaping import Escape
from engine.template.failure import TemplateError
from engine.template.jsontext import TooDeep
from engine.template.objects import MISSING, DataArray, DataObject
from engine.template.parser import Body, Path, Section, Tree, Variable
from engine.template.values import Variables, element_at, is_falsy, member_of, text_of

DEFAULT_MAX_CHARS: Final = 25_000_000

MAX_LOOKUPS: Final = 20_000_000
"""How many look-ups of a name in a context one rendering may need. Sections in sections over long arrays need no
output to take for ever; this bounds them to a few seconds."""

_NOTHING: Final = DataObject()
_SEARCHABLE: Final = frozenset({DataObject, DataArray})


def render_tree(tree: Tree, variables: Variables, escape: Escape | None, max_chars: int) -> str:
    """The text of a template. Raises TemplateError at a limit, and for any other exception in its stead."""
    rendering = _Rendering(variables, escape, max_chars)
    rendering.charge(0, passes=1, nodes=len(tree.body), chars=tree.text_chars)
    rendering.render(tree.body)
    return "".join(rendering.parts)


class _Rendering:
    """One rendering in progress. ``contexts`` are searched from the last to the first; ``parts`` make the output."""

    __slots__ = ("chars_left", "contexts", "escape", "lookups_left", "parts")

    def __init__(self, variables: Variables, escape: Escape | None, max_chars: int) -> None:
        self.contexts: list[JsonValue] = [variables]
        self.parts: list[str] = []
        self.escape = escape
        self.chars_left = max_chars
        self.lookups_left = MAX_LOOKUPS

    def render(self, body: Body) -> None:
        append, escape, chars_left = self.parts.append, self.escape, self.chars_left
        innermost = self.contexts[-1]
        member_of_innermost = innermost.get if type(innermost) is DataObject else _NOTHING.get
        tag: Variable | Section | None = None
        try:
            for text, tag in body:
                append(text)
                if type(tag) is Variable:
                    # The usual case in line: the name is found in the innermost context, on objects reached before.
                    value = member_of_innermost(tag.first)
                    for key in tag.rest:
                        if type(value) is not DataObject:
                            value = None
                            break
                        value = value.get(key)
                    if type(value) is not str:
                        value = text_of(resolve(self.contexts, tag.path) if value is None else value)
                    if escape is not None and tag.is_escaped:
                        value = escape(value)
                    chars_left -= len(value)
                    if chars_left < 0:
                        raise _output_too_long(tag.offset)
                    append(value)
                elif type(tag) is Section:
                    self.chars_left = chars_left
                    self._render_section(tag)
                    chars_left = self.chars_left
            self.chars_left = chars_left
        except TemplateError:
            raise
        except TooDeep:
            raise TemplateError(_offset(tag), "the value is nested too deeply") from None
        except Exception as unexpected:  # noqa: BLE001 - whatever happens, the action still runs (templates.md 5.1)
            # Its text may hold values of variables, which must not get into messages.
            raise TemplateError(_offset(tag), f"unexpected {type(unexpected).__name__}") from None

    def _render_section(self, section: Section) -> None:
        value = resolve(self.contexts, section.path)
        if is_falsy(value) is not section.is_inverted:
            return
        if section.is_inverted or value is True:
            self._charge_passes(section, 1)
            self.render(section.body)
            return
        items = value if type(value) is DataArray else [value]
        self._charge_passes(section, len(items))
        for index in range(len(items)):
            self.contexts.append(element_at(items, index))
            self.render(section.body)
            self.contexts.pop()

    def _charge_passes(self, section: Section, passes: int) -> None:
        self.charge(section.offset, passes=passes, nodes=len(section.body), chars=section.text_chars)

    def charge(self, offset: int, *, passes: int, nodes: int, chars: int) -> None:
        """Take the work of passes over a body off what is left, before it is done."""
        self.chars_left -= passes * chars
        if self.chars_left < 0:
            raise _output_too_long(offset)
        self.lookups_left -= passes * (nodes + 1) * len(self.contexts)
        if self.lookups_left < 0:
            raise TemplateError(offset, "rendering takes too many steps")


def resolve(contexts: list[JsonValue], path: Path) -> JsonValue:
    """The settled value of a name: that of the innermost context in which the whole path exists, else MISSING."""
    for context in reversed(contexts):
        if path and type(context) not in _SEARCHABLE:
            continue  # a scalar item: what it has itself (`length` of a string) is no name
        value = context
        for key in path:
            value = member_of(value, key)
            if value is MISSING:
                break
        else:
            return value
    return MISSING


def _offset(tag: Variable | Section | None) -> int:
    return tag.offset if tag else 0


def _output_too_long(offset: int) -> TemplateError:
    return TemplateError(offset, "the output exceeds the maximum length")
