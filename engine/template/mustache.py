"""Templates: compiled once per text, rendered any number of times, never raising (templates.md 5)."""

from engine.ports.connector import EscapeMode
from engine.template.escaping import ESCAPES
from engine.template.failure import TemplateError
from engine.template.parser import Tree, parse
from engine.template.renderer import DEFAULT_MAX_CHARS, render_tree
from engine.template.values import Variables


class Template:
    """A compiled template; immutable, so that any number of renderings may use it at once. See `compile_template`."""

    __slots__ = ("_failure", "_tree", "text")

    def __init__(self, text: str, tree: Tree | None, failure: TemplateError | None) -> None:
        self.text = text
        self._tree = tree
        self._failure = failure

    @property
    def is_literal(self) -> bool:
        """Whether the text holds no tags and so renders to itself."""
        return self._tree is None and self._failure is None

    def names(self) -> frozenset[str]:
        """The names that the template refers to, as written, inside and outside of sections; ``.`` included."""
        return self._tree.names if self._tree else frozenset()

    def render(
        self,
        variables: Variables,
        mode: EscapeMode,
        *,
        max_chars: int = DEFAULT_MAX_CHARS,
        errors: list[str] | None = None,
    ) -> str:
        """The text with the variables put in. Never raises: what fails renders to an error text (templates.md 5.1).

        ``max_chars`` bounds the output of templates with tags. To ``errors`` goes what was wrong, without the source.
        """
        failure = self._failure
        if self._tree:
            try:
                return render_tree(self._tree, variables, ESCAPES[mode], max_chars, errors)
            except TemplateError as error:
                failure = error
        if failure is None:
            return self.text
        if errors is not None:
            errors.append(str(failure))
        return failure.text_for(self.text, max_chars)


def compile_template(text: str) -> Template:
    """Compile a template. Never raises: a malformed one compiles to one that renders its error text."""
    if "{{" not in text:
        return Template(text, None, None)
    try:
        return Template(text, parse(text), None)
    except TemplateError as error:
        return Template(text, None, error)
