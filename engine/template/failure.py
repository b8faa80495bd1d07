"""Why a template could not be parsed or rendered, and the text that then stands in its place (templates.md 5.1)."""


class TemplateError(Exception):
    """A template is at fault at ``offset`` (characters from its start). Never leaves `engine.template`.

    ``reason`` speaks of the template only, never of a variable's value.
    """

    def __init__(self, offset: int, reason: str) -> None:
        self.offset, self.reason = offset, reason
        super().__init__(f"template error at offset {offset} ({reason})")

    def text_for(self, source: str, max_chars: int) -> str:
        """What the string renders to instead; a source that alone exceeds the limit is cut."""
        shown = source if len(source) <= max_chars else source[:max_chars] + "…"
        return f"{self} in: {shown}"
