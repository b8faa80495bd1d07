"""Renders the tree of a template: context stack, sections and the limits of templates.md 5.2."""

from typing import Final

from engine.model.jsonvalue import JsonValue
from engine.template.escaping import Escape
from engine.template.failure import TemplateError
from engine.template.jsontext import TooDeep
from engine.template.lambdas.calls import LAMBDAS
from engine.template.lambdas.contract import LambdaError, LambdaInput
from engine.template.objects import MISSING, SETTLED, DataArray, DataObject, settle
from engine.template.parser import Body, LambdaBody, Node, Section, Tree
from engine.template.tokens import WHITE_SPACE, Path, Variable
from engine.template.values import Variables, is_falsy, member_of, text_of

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
        rendering.charge(tree.body, 1, 0)
        rendering.render(tree.body, 0)
    finally:
        if errors is not None and rendering.failures:
            errors.extend(rendering.lambda_errors)
    return "".join(rendering.parts)


class _Rendering:
    """One rendering in progress. ``contexts`` are searched from the last to the first; ``parts`` make the output.

    ``item`` is what ``.`` stands for: the last context, or a scalar, in which no name is looked up (what it has itself,
    like the ``length`` of a string, is no name). ``known`` is what nodes came to with these contexts and this item: a
    variable its text, a section its output, a lambda why it failed. So it is worked out once, however often the
    template says it. What is remembered of variables is part of the output; sections that are repeated together may
    have as many characters as the output.
    """

    __slots__ = (
        "chars_left",
        "contexts",
        "escape",
        "failures",
        "item",
        "known",
        "lambda_depth",
        "lambda_errors",
        "lookups_left",
        "memory_left",
        "parts",
    )

    def __init__(self, variables: Variables, escape: Escape | None, max_chars: int) -> None:
        self.contexts: list[JsonValue] = [variables]
        self.item: JsonValue = variables
        self.known: dict[Node | LambdaBody, str] = {}
        self.parts: list[str] = []
        self.escape = escape
        self.chars_left = self.memory_left = max_chars
        self.lookups_left = MAX_LOOKUPS
        self.lambda_depth = 0
        self.lambda_errors: dict[str, None] = {}
        self.failures = 0

    def render(self, body: Body, base: int) -> None:
        """Put out a body that was charged for. ``base`` is where it starts in the outermost template."""
        append, known, escape, chars_left = self.parts.append, self.known, self.escape, self.chars_left
        innermost = self.contexts[-1]
        member_of_innermost = innermost.get if type(innermost) is DataObject else _NOTHING.get
        pieces, last_text, _ = body
        start = 0
        try:
            for text, node, start in pieces:
                append(text)
                if type(node) is Variable:
                    value: JsonValue = known.get(node) if node.is_repeated else None
                    if value is None:
                        # The usual case in line: the name is found in the innermost context, on objects reached before.
                        value = member_of_innermost(node.first)
                        for key in node.rest:
                            if type(value) is not DataObject:
                                value = None
                                break
                            value = value.get(key)
                        if value is None:
                            value = resolve(self.contexts, node.path) if node.path else self.item
                        if type(value) is not str:
                            value = text_of(value)
                        if escape is not None and node.is_escaped:
                            value = escape(value)
                        if node.is_repeated:
                            known[node] = value
                    chars_left -= len(value)
                    if chars_left < 0:
                        raise _output_too_long(base + start)
                    append(value)
                elif type(node) is Section:
                    self.chars_left = chars_left
                    if node.is_repeated:
                        self._put_repeated_section(node, base + start)
                    else:
                        self._put_section(node, base + start)
                    chars_left = self.chars_left
            append(last_text)
            self.chars_left = chars_left
        except TemplateError:
            raise
        except TooDeep:
            raise TemplateError(base + start, "the value is nested too deeply") from None
        except Exception as unexpected:  # noqa: BLE001 - whatever happens, the action still runs (templates.md 5.1)
            # Its text may hold values of variables, which must not get into messages.
            raise TemplateError(base + start, f"unexpected {type(unexpected).__name__}") from None

    def _put_repeated_section(self, section: Section, start: int) -> None:
        """Put out a section as it came out before, or remember it.

        Text that tells of a lambda's failure says where it is, so that it is not the same at another place.
        """
        text = self.known.get(section)
        if text is not None:
            self._put(text, start)
            return
        first, failures, chars_left = len(self.parts), self.failures, self.chars_left
        self._put_section(section, start)
        chars = chars_left - self.chars_left
        if self.failures == failures and chars <= self.memory_left:
            self.memory_left -= chars
            self.known[section] = "".join(self.parts[first:])
            self.parts[first:] = [self.known[section]]

    def _put_section(self, section: Section, start: int) -> None:
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
        self.charge(section.body, len(items), start)
        if section.only_text is not None:
            self.parts.append(section.only_text * len(items))
            return
        body_start = start + section.body_start
        if not is_pushed:
            self.render(section.body, body_start)
            return
        contexts, body, render = self.contexts, section.body, self.render
        around = self.item, self.known
        known: dict[Node | LambdaBody, str] = {}
        self.known = known
        for index, item in enumerate(items):
            if type(item) not in SETTLED:
                item = items[index] = settle(item)
            self.item = item
            if type(item) in _SEARCHABLE:
                contexts.append(item)
                render(body, body_start)
                contexts.pop()
            else:
                render(body, body_start)
            if known:
                known.clear()
        self.item, self.known = around

    def _put_lambda(self, body: LambdaBody, start: int) -> None:
        """Put out what the lambda makes of its body, unescaped, or why it could not (templates.md 6).

        What the body renders to counts as output too, so that its length is bounded as well.
        """
        text, reason = "", self.known.get(body)
        if reason is None:
            failures = self.failures
            try:
                text = self._call_lambda(body, start + body.start)
            except LambdaError as error:
                reason = str(error)
                if self.failures == failures:
                    self.known[body] = reason
        if reason is not None:
            self.failures += 1
            failure = TemplateError(start, f"{body.name}: {reason}")
            if len(self.lambda_errors) < MAX_LAMBDA_ERRORS:
                self.lambda_errors[str(failure)] = None
            text = failure.text_for(body.text(), _MAX_SHOWN_CHARS)
        self._put(text, start)

    def _put(self, text: str, start: int) -> None:
        self.chars_left -= len(text)
        if self.chars_left < 0:
            raise _output_too_long(start)
        self.parts.append(text)

    def _call_lambda(self, body: LambdaBody, start: int) -> str:
        """The lambda's result. Raises LambdaError, and TemplateError at a limit of the whole rendering."""
        rendered = self._render_lambda_body(body, start)
        if body.name.startswith("Format"):
            rendered = rendered.strip(WHITE_SPACE)

        def charge(steps: int) -> None:
            self.spend(steps, start)

        try:
            return LAMBDAS[body.name](LambdaInput(rendered, self.item, charge))
        except (LambdaError, TemplateError):
            raise
        except TooDeep:
            raise LambdaError("the value is nested too deeply") from None
        except Exception as unexpected:  # noqa: BLE001 - as in `render`
            raise LambdaError(f"unexpected {type(unexpected).__name__}") from None

    def _render_lambda_body(self, body: LambdaBody, start: int) -> str:
        if self.lambda_depth == MAX_LAMBDA_DEPTH:
            raise LambdaError(f"lambdas nested deeper than {MAX_LAMBDA_DEPTH}")
        try:
            tree = body.tree()
        except TemplateError as error:
            raise LambdaError(f"its text cannot be read at offset {error.offset}, {error.reason}") from None
        parts, self.parts = self.parts, []
        self.lambda_depth += 1
        self.charge(tree.body, 1, start)
        self.render(tree.body, start)
        rendered = "".join(self.parts)
        self.parts = parts
        self.lambda_depth -= 1
        return rendered

    def charge(self, body: Body, passes: int, offset: int) -> None:
        """Take the work of passes over a body off what is left, before it is done."""
        pieces, _, text_chars = body
        self.chars_left -= passes * text_chars
        if self.chars_left < 0:
            raise _output_too_long(offset)
        self.lookups_left -= passes * (len(pieces) + 1) * len(self.contexts)
        if self.lookups_left < 0:
            raise _too_many_steps(offset)

    def spend(self, steps: int, offset: int) -> None:
        """Take steps off what is left."""
        self.lookups_left -= steps
        if self.lookups_left < 0:
            raise _too_many_steps(offset)


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


def _too_many_steps(offset: int) -> TemplateError:
    return TemplateError(offset, "rendering takes too many steps")
