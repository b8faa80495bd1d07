"""Renders the tree of a template: context stack, sections and the limits of templates.md 5.2."""

from typing import Final

from engine.model.jsonvalue import JsonValue
from engine.template.escaping import Escape
from engine.template.failure import TemplateError
from engine.template.jsontext import TooDeep
from engine.template.lambdas.calls import LAMBDAS
from engine.template.lambdas.contract import LambdaError, LambdaInput
from engine.template.objects import MISSING, DataArray, DataObject
from engine.template.parser import Body, LambdaBody, Section, Tree
from engine.template.tokens import WHITE_SPACE, Path, Variable
from engine.template.values import Variables, element_at, is_falsy, member_of, text_of

DEFAULT_MAX_CHARS: Final = 25_000_000

MAX_LOOKUPS: Final = 20_000_000
"""How many look-ups of a name in a context one rendering may need. Sections in sections over long arrays need no
output to take for ever; this bounds them to a few seconds."""

MAX_LAMBDA_DEPTH: Final = 10
MAX_LAMBDA_ERRORS: Final = 20
"""How many failures of lambdas one rendering tells of."""

_MAX_SHOWN_CHARS: Final = 200
"""How much of a lambda's source its error text shows."""

_NOTHING: Final = DataObject()
_SEARCHABLE: Final = frozenset({DataObject, DataArray})


def render_tree(
    tree: Tree, variables: Variables, escape: Escape | None, max_chars: int, errors: list[str] | None = None
) -> str:
    """The text of a template. Raises TemplateError at a limit, and for any other exception in its stead.

    To ``errors`` goes why a lambda failed; an error text stands in its place.
    """
    rendering = _Rendering(variables, escape, max_chars)
    try:
        rendering.render_whole(tree)
    finally:
        if errors is not None:
            errors.extend(rendering.lambda_errors)
    return "".join(rendering.parts)


class _Rendering:
    """One rendering in progress. ``contexts`` are searched from the last to the first; ``parts`` make the output.

    ``item`` is what ``.`` stands for: the last context, or a scalar, in which no name is looked up (what it has itself,
    like the ``length`` of a string, is no name). Inside of lambdas, ``base`` is the offset at which the text of the
    innermost one starts.
    """

    __slots__ = (
        "base",
        "chars_left",
        "contexts",
        "escape",
        "item",
        "lambda_depth",
        "lambda_errors",
        "lookups_left",
        "parts",
    )

    def __init__(self, variables: Variables, escape: Escape | None, max_chars: int) -> None:
        self.contexts: list[JsonValue] = [variables]
        self.item: JsonValue = variables
        self.parts: list[str] = []
        self.escape = escape
        self.chars_left = max_chars
        self.lookups_left = MAX_LOOKUPS
        self.base = 0
        self.lambda_depth = 0
        self.lambda_errors: dict[str, None] = {}

    def render_whole(self, tree: Tree) -> None:
        self.charge(tree, 1, 0)
        self.render(tree.body)

    def render(self, body: Body) -> None:
        append, escape, chars_left = self.parts.append, self.escape, self.chars_left
        innermost = self.contexts[-1]
        member_of_innermost = innermost.get if type(innermost) is DataObject else _NOTHING.get
        start = 0
        try:
            for text, tag, start in body:
                append(text)
                if type(tag) is Variable:
                    # The usual case in line: the name is found in the innermost context, on objects reached before.
                    value = member_of_innermost(tag.first)
                    for key in tag.rest:
                        if type(value) is not DataObject:
                            value = None
                            break
                        value = value.get(key)
                    if value is None:
                        value = resolve(self.contexts, tag.path) if tag.path else self.item
                    if type(value) is not str:
                        value = text_of(value)
                    if escape is not None and tag.is_escaped:
                        value = escape(value)
                    chars_left -= len(value)
                    if chars_left < 0:
                        raise _output_too_long(start)
                    append(value)
                elif type(tag) is Section:
                    self.chars_left = chars_left
                    self._render_section(tag, start)
                    chars_left = self.chars_left
            self.chars_left = chars_left
        except TemplateError:
            raise
        except TooDeep:
            raise TemplateError(start, "the value is nested too deeply") from None
        except Exception as unexpected:  # noqa: BLE001 - whatever happens, the action still runs (templates.md 5.1)
            # Its text may hold values of variables, which must not get into messages.
            raise TemplateError(start, f"unexpected {type(unexpected).__name__}") from None

    def _render_section(self, section: Section, start: int) -> None:
        opening = section.opening
        value = resolve(self.contexts, opening.path) if opening.path else self.item
        if value is MISSING and section.called is not None:
            if not opening.is_inverted:
                self._put_lambda(section.called, start)
            return
        if is_falsy(value) is not opening.is_inverted:
            return
        is_pushed = value is not True and not opening.is_inverted
        items = value if type(value) is DataArray and is_pushed else [value]
        self.charge(section, len(items), start)
        if section.only_text is not None:
            self.parts.append(section.only_text * len(items))
            return
        if not is_pushed:
            self.render(section.body)
            return
        around = self.item
        for index in range(len(items)):
            self.item = item = element_at(items, index)
            if type(item) in _SEARCHABLE:
                self.contexts.append(item)
                self.render(section.body)
                self.contexts.pop()
            else:
                self.render(section.body)
        self.item = around

    def _put_lambda(self, body: LambdaBody, start: int) -> None:
        """Put out what the lambda makes of its body, unescaped, or why it could not (templates.md 6).

        What the body renders to counts as output too, so that its length is bounded as well.
        """
        try:
            text = self._call_lambda(body)
        except LambdaError as error:
            failure = TemplateError(self.base + start, f"{body.name}: {error}")
            if len(self.lambda_errors) < MAX_LAMBDA_ERRORS:
                self.lambda_errors[str(failure)] = None
            text = failure.text_for(body.text(), _MAX_SHOWN_CHARS)
        self.chars_left -= len(text)
        if self.chars_left < 0:
            raise _output_too_long(start)
        self.parts.append(text)

    def _call_lambda(self, body: LambdaBody) -> str:
        """The lambda's result. Raises LambdaError, and TemplateError at a limit of the whole rendering."""
        rendered = self._render_lambda_body(body)
        if body.name.startswith("Format"):
            rendered = rendered.strip(WHITE_SPACE)

        def charge(steps: int) -> None:
            self.spend(steps, body.start)

        try:
            return LAMBDAS[body.name](LambdaInput(rendered, self.item, charge))
        except (LambdaError, TemplateError):
            raise
        except TooDeep:
            raise LambdaError("the value is nested too deeply") from None
        except Exception as unexpected:  # noqa: BLE001 - as in `render`
            raise LambdaError(f"unexpected {type(unexpected).__name__}") from None

    def _render_lambda_body(self, body: LambdaBody) -> str:
        if self.lambda_depth == MAX_LAMBDA_DEPTH:
            raise LambdaError(f"lambdas nested deeper than {MAX_LAMBDA_DEPTH}")
        try:
            tree = body.tree()
        except TemplateError as error:
            raise LambdaError(f"its text cannot be read at offset {error.offset}, {error.reason}") from None
        around = self.parts, self.base, self.lambda_depth
        self.parts, self.base, self.lambda_depth = [], self.base + body.start, self.lambda_depth + 1
        try:
            self.render_whole(tree)
            return "".join(self.parts)
        except TemplateError as error:
            raise TemplateError(body.start + error.offset, error.reason) from None
        finally:
            self.parts, self.base, self.lambda_depth = around

    def charge(self, repeated: Tree | Section, passes: int, offset: int) -> None:
        """Take the work of passes over a body off what is left, before it is done."""
        self.chars_left -= passes * repeated.text_chars
        if self.chars_left < 0:
            raise _output_too_long(offset)
        self.spend(passes * (len(repeated.body) + 1) * len(self.contexts), offset)

    def spend(self, steps: int, offset: int) -> None:
        """Take steps off what is left."""
        self.lookups_left -= steps
        if self.lookups_left < 0:
            raise TemplateError(offset, "rendering takes too many steps")


def resolve(contexts: list[JsonValue], path: Path) -> JsonValue:
    """The settled value of a name: that of the innermost context in which the whole path exists, else MISSING."""
    for context in reversed(contexts):
        value = context
        for key in path:
            value = member_of(value, key)
            if value is MISSING:
                break
        else:
            return value
    return MISSING


def _output_too_long(offset: int) -> TemplateError:
    return TemplateError(offset, "the output exceeds the maximum length")
